// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/time_text.h"

void use() {
    static_cast<void>(cenote::parse_duration("30s").ok());
#ifdef MISUSE
    cenote::parse_duration("30s");
#endif
}
