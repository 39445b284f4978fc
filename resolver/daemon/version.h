// SPDX-License-Identifier: Apache-2.0
//
// The version of this build, as CMake's project() has it.
#pragma once

#include <string_view>

namespace cenote::daemon {

extern const std::string_view kVersion;

}  // namespace cenote::daemon
