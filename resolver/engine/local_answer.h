// SPDX-License-Identifier: Apache-2.0
//
// Answers that never go upstream: local records, special-use names, what the server says of itself, ANY.
//
// Threads: pure. Data plane.   Memory: the caller's buffer.   Failure: none.
#pragma once

#include "resolver/engine/local_names.h"
#include "resolver/engine/snapshot.h"
#include "resolver/wire/reply.h"

namespace cenote::engine {

void write_local(const wire::Query& query, const LocalAnswer& local, const Snapshot& snapshot,
                 const wire::OptContent& opt, wire::ReplyBuffer& reply) noexcept;

}  // namespace cenote::engine
