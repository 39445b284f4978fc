// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace cenote {

void check_failed(const char* condition, const char* file, int line) noexcept {
    // The process is in an unknown state: no allocation and no log, only one line and a core file.
    std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
    std::abort();
}

}  // namespace cenote
