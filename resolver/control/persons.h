// SPDX-License-Identifier: Apache-2.0
//
// Users by their names: the rights that a name in a document has on this machine. Control plane.
//
// Threads: any; a look-up in the user database blocks, where that is on the network.
// Memory: values.   Failure: a name that is not in the database has no right.
#pragma once

#include <string>

#include "resolver/control/options.h"

namespace cenote::control {

/// Whether a user of this name may agree to exceptions here.
[[nodiscard]] bool may_approve(const std::string& name, const Options& options);
/// Whether a user of this name may read, and so ask for exceptions, here.
[[nodiscard]] bool may_look(const std::string& name, const Options& options);

}  // namespace cenote::control
