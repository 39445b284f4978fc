// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/slab.h"

void use() {
    cenote::Slab<int> slab(1);
#ifdef MISUSE
    auto copy = slab;
#endif
    slab.take();
}
