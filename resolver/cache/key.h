// SPDX-License-Identifier: Apache-2.0
//
// The key of the cache: the question, and the two bits of a query that lead to other answers (DO, RFC 3225; CD, RFC
// 4035 §3.2.2).
//
// Threads:  a plain value.
// Memory:   refers to the name, which must outlive it. A key is made for a call and not kept.
// Failure:  none.
#pragma once

#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::cache {

struct Key {
    const wire::Name& name;  // folded
    wire::RrType type;
    wire::RrClass rr_class;
    bool dnssec_ok;
    bool checking_disabled;
};

}  // namespace cenote::cache
