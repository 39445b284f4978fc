// SPDX-License-Identifier: Apache-2.0
//
// The version of this build, from project() in CMakeLists.txt.
//
// Threads: a constant.   Memory: none.   Failure: none.
#pragma once

#include <string_view>

namespace cenote::daemon {

extern const std::string_view kVersion;

}  // namespace cenote::daemon
