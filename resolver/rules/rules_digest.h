// SPDX-License-Identifier: Apache-2.0
//
// The digest of rules that policy_document.h has, for a policy of the past, whose set may be gone. Control plane.
//
// Threads: any.   Memory: values.   Failure: none.
#pragma once

#include <string>

#include "resolver/policy/options.h"

namespace cenote::rules {

/// `catalogue`: the digest of the services that was stored with the policy.
std::string rules_digest(const policy::Options& options, const std::string& catalogue);

}  // namespace cenote::rules
