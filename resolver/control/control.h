// SPDX-License-Identifier: Apache-2.0
//
// The control socket: the daemon's side and the tool's side. Control plane.
//
// The user of a connection is the one in the socket's peer credentials (unix(7), SO_PEERCRED), whatever the request
// contains. A user without any right gets an error and the connection is closed; the others share the connections by
// the limits of Options, so that no user can keep root or an admin out.
//
// Threads:  a ControlServer belongs to its loop's thread; a ControlClient belongs to one thread, which it blocks.
// Memory:   Options::clients_max connections of at most kLineMax bytes each way.
// Failure:  Result with one clear line: no daemon, no permission, a protocol of another version.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "resolver/control/options.h"
#include "resolver/control/protocol.h"
#include "resolver/loop/loop.h"

namespace cenote::control {

enum class Right : std::uint8_t { None, Publish, Read, Approve, Admin };

struct Peer {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;
    std::string actor;  // user name: that of the login uid, where the process is proved to be the peer, else of uid
    Right right = Right::None;
    bool may_approve = false;
    bool may_inspect = false;  // what shows clients and single queries
};

/// Peer::actor, as a daemon would name this process.
[[nodiscard]] std::string own_actor();

class ControlServer {
public:
    /// Called for each request on the loop's thread; `reply` may be called several times (more = true but for the
    /// last), then or later, as long as the server lives.
    using Reply = std::function<void(const Response&)>;
    using Handler = std::function<void(const Peer& peer, const Request& request, Reply reply)>;

    /// Makes the socket (mode 0666: rights are checked by credentials), in the place of one without a listener.
    static Result<std::unique_ptr<ControlServer>> start(loop::Loop& loop, const Options& options, Handler handler);
    virtual ~ControlServer() = default;
    /// Takes other groups and limits; the socket stays. A client that has lost its right gets the reply to the request
    /// under way and no other.
    virtual void apply(const Options& options) = 0;
    /// Connections that were refused at a limit of their number, since the start.
    [[nodiscard]] virtual std::uint64_t refused() const noexcept = 0;
};

class ControlClient {
public:
    /// Null where no daemon listens at `socket`; an Error where one cannot be reached.
    static Result<std::unique_ptr<ControlClient>> connect_if_there(const Path& socket);
    /// The same, but where no daemon listens it is an Error, too.
    static Result<std::unique_ptr<ControlClient>> connect(const Path& socket);
    virtual ~ControlClient() = default;
    /// Sends the request and blocks until the last reply; `on_more` gets the replies before it.
    virtual Result<Response> call(const Request& request, const std::function<void(const Response&)>& on_more) = 0;
};

}  // namespace cenote::control
