// SPDX-License-Identifier: Apache-2.0
//
// Where the sources of this build are.
//
// One file knows the path, so that all others compile to the same objects in every clone and a compiler cache
// serves them all.
//
// Threads: any.   Memory: literals.   Failure: none.
#pragma once

#include "resolver/base/fd.h"

namespace cenote::testing_support {

/// The folder of the top CMakeLists.txt.
[[nodiscard]] Path source_folder();

}  // namespace cenote::testing_support
