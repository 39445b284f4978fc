// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the web page: its settings, the links and sessions of its users, and what is asked in their name.
//
// Threads:  the control thread.
// Time:     reads the clocks.
// Memory:   the reply.
// Failure:  a Response with an error for people.
#pragma once

#include <functional>
#include <string_view>

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// web-login: a link that signs the user in once.
[[nodiscard]] control::Response web_login(Running& running, const control::Peer& peer, const control::Request& request);
/// web-settings: [web] and what the page needs beside it.
[[nodiscard]] control::Response web_settings(Running& running, const control::Peer& peer,
                                             const control::Request& request);
/// web-listens: a stream that lasts as long as the page is served.
void web_listens(Running& running, const control::Peer& peer, const control::Request& request,
                 const control::Reply& reply);
/// web-session: begins a session with the token of a link or the name of a user, or looks one up.
[[nodiscard]] control::Response web_session(Running& running, const control::Peer& peer,
                                            const control::Request& request);
/// web-sign-out: ends a session.
[[nodiscard]] control::Response web_sign_out(Running& running, const control::Peer& peer,
                                             const control::Request& request);

/// Whether the web page's server may use the verb in its own name.
[[nodiscard]] bool is_of_web(std::string_view verb);
/// Whether it may use the verb in the name of a user: verbs that only read.
[[nodiscard]] bool is_for_web_users(std::string_view verb);
/// The user of a session with the rights of this moment; an Error: there is none, it has no right any more, or `peer`
/// may not ask in its name.
[[nodiscard]] Result<control::Peer> user_of_session(Running& running, const control::Peer& peer,
                                                    const control::Request& request);
/// The same for as long as a reply lasts; what it gives is a second old at most.
[[nodiscard]] std::function<control::Peer()> user_at_present(Running& running, const control::Peer& peer,
                                                             const control::Request& request,
                                                             const control::Peer& user);

}  // namespace cenote::daemon
