// SPDX-License-Identifier: Apache-2.0
//
// The question of a message: QNAME, QTYPE and QCLASS, without anything else that a query carries.
//
// Threads:  a plain value.
// Memory:   the name lies inside.
// Failure:  none.
#pragma once

#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::wire {

struct Question {
    Name name;  // folded
    RrType type{};
    RrClass rr_class = RrClass::IN;

    friend bool operator==(const Question& a, const Question& b) noexcept {
        return a.type == b.type && a.rr_class == b.rr_class && a.name == b.name;
    }
};

}  // namespace cenote::wire
