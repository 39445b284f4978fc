// SPDX-License-Identifier: Apache-2.0
//
// A proof in a few lines of shell, for people without Cenote: dig asks, and each line says what is expected.
//
// Threads: pure.   Memory: the text.   Failure: a plan without names gives an Error.
#pragma once

#include <string>

#include "resolver/proof/plan.h"

namespace cenote::cli {

/// Ends with exit code 1 when an answer deviates. `client`: the address that is to run it.
Result<std::string> proof_script(const proof::Plan& plan, const SocketAddress& node, const IpAddress& client,
                                 const std::string& made);

}  // namespace cenote::cli
