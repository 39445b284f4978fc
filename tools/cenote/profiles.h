// SPDX-License-Identifier: Apache-2.0
//
// Settings by which clients use the encrypted services of this resolver: configuration profiles, policies and commands
// in the form of each system. The same resolver gives the same text at every time. Private to the tool.
//
// Threads:  pure.
// Memory:   the text.
// Failure:  Result with one line: what the system cannot use.
#pragma once

#include <string>

#include "tools/cenote/reachable.h"

namespace cenote::cli {

/// A configuration profile (.mobileconfig) for iOS, iPadOS, macOS and visionOS.
Result<std::string> apple_profile(const ReachableResolver& resolver);
/// What to type, and the policy of the Android Management API.
Result<std::string> android_profile(const ReachableResolver& resolver);
/// Commands for PowerShell.
Result<std::string> windows_profile(const ReachableResolver& resolver);
/// Policies of Chrome, which Edge has as well.
Result<std::string> chrome_profile(const ReachableResolver& resolver);
/// policies.json of Firefox.
Result<std::string> firefox_profile(const ReachableResolver& resolver);

}  // namespace cenote::cli
