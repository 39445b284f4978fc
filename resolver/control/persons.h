// SPDX-License-Identifier: Apache-2.0
//
// Users by their names: what a name in a document counts for on this machine. Control plane.
//
// Threads: pure but for the user database, which may wait for the network where users live there.
// Failure: a name that the database does not have may do nothing.
#pragma once

#include <string>

#include "resolver/control/options.h"

namespace cenote::control {

/// Whether a user of this name may agree to exceptions here.
[[nodiscard]] bool may_approve(const std::string& name, const Options& options);
/// Whether a user of this name may look, and so ask for exceptions, here.
[[nodiscard]] bool may_look(const std::string& name, const Options& options);

}  // namespace cenote::control
