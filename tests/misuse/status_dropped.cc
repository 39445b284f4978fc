// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/fd.h"

void use() {
    if (!cenote::publish_file("set", {}, 0600)) return;
#ifdef MISUSE
    cenote::publish_file("set", {}, 0600);
#endif
}
