// SPDX-License-Identifier: Apache-2.0
//
// What an exception may be, wherever it comes from: each answer says why not, and is empty where it may. Private to
// daemon.
//
// Threads:  the control thread.
// Failure:  none.
#pragma once

#include <string>

#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// nullptr: there is none.
[[nodiscard]] const policy::Directive* find_directive(const Running& running, const std::string& id);
[[nodiscard]] std::string unknown_directive(const Running& running, const std::string& id);

/// By its directive, as it is now.
[[nodiscard]] std::string why_no_exceptions(const Running& running, const policy::Directive& directive);
/// For these clients.
[[nodiscard]] std::string why_not_client(const Running& running, const policy::Directive& directive,
                                         const Prefix& client);
[[nodiscard]] std::string why_not_group(const Running& running, const std::string& id);
/// From `from` to `to`.
[[nodiscard]] std::string why_not_so_long(const Running& running, const policy::Directive& directive, WallTime from,
                                          WallTime to);
/// As a whole, made on another node and still open. Its directive may be unknown yet.
[[nodiscard]] std::string why_not_as_at_home(const Running& running, const rules::ExceptionDocument& document);

}  // namespace cenote::daemon
