// SPDX-License-Identifier: Apache-2.0
//
// The version of this build, from project() in CMakeLists.txt, and the revision of its sources.
//
// Threads: a constant.   Memory: none.   Failure: none.
#pragma once

#include <string_view>

namespace cenote::daemon {

extern const std::string_view kVersion;
extern const std::string_view kRevision;  // CENOTE_REVISION, which tools/package gives; empty: not known

}  // namespace cenote::daemon
