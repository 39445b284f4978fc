// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/published.h"

void use() {
    cenote::Published<int> published(std::make_shared<const int>(1));
#ifdef MISUSE
    auto copy = published;
#endif
    published.publish(nullptr);
}
