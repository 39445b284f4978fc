// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/fd.h"

void use() {
    cenote::UniqueFd fd;
#ifdef MISUSE
    auto copy = fd;
#endif
    auto moved = std::move(fd);
}
