// SPDX-License-Identifier: Apache-2.0
//
// The daemon as one request sees it: the control socket, in the name of a session or in the page's own.
//
// A connection is made when it is first needed, and serves the further verbs of the request. Nothing but verbs of the
// control socket leads to the daemon from here.
//
// Threads:  one at a time.
// Time:     follow() reads the clock.
// Memory:   a connection, and the reply.
// Failure:  an Error with one sentence; a daemon that is gone or silent costs kWithin, a long report kReportWithin.
#pragma once

#include <memory>
#include <string>

#include "resolver/control/control.h"
#include "resolver/pages/site.h"

namespace cenote::web {

class DaemonLink final : public pages::Daemon {
public:
    static constexpr milliseconds kWithin{5000};
    static constexpr milliseconds kReportWithin{30000};  // what reads logs or the whole history
    static constexpr seconds kLookAgain{10};             // at the session, while a stream lasts

    explicit DaemonLink(Path socket) : socket_(std::move(socket)) {}

    /// From now on verbs are asked for in the name of this session.
    void set_session(std::string session) { session_ = std::move(session); }

    Result<control::Response> ask(const std::string& verb, pages::Json args,
                                  const std::function<void(const control::Response&)>& on_more) override;
    Status follow(const std::string& verb, pages::Json args,
                  const std::function<bool(const control::Response*)>& on_more) override;

    /// In the page's own name. A reply that is not ok is a Response, so that a refusal differs from a daemon that is
    /// gone.
    Result<control::Response> ask_for_itself(const std::string& verb, pages::Json args);

private:
    Result<control::Response> call(const control::Request& request,
                                   const std::function<void(const control::Response&)>& on_more);
    [[nodiscard]] bool session_holds() const;

    Path socket_;
    std::string session_;
    std::unique_ptr<control::ControlClient> client_;  // null until it is needed, and after a failure
    control::Patience patience_;
};

}  // namespace cenote::web
