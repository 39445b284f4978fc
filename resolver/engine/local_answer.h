// SPDX-License-Identifier: Apache-2.0
//
// Answers that need no upstream: local records, special-use names, class CHAOS, type ANY, and what the resolver
// announces of itself.
//
// Threads: pure. Data plane.   Memory: the caller's buffer.   Failure: none.
#pragma once

#include "resolver/engine/local_names.h"
#include "resolver/engine/snapshot.h"
#include "resolver/wire/chain_writer.h"
#include "resolver/wire/reply.h"

namespace cenote::engine {

struct QueryContext;

void write_local(const QueryContext& context, const Snapshot& snapshot, const wire::OptContent& opt,
                 wire::ReplyBuffer& reply) noexcept;

/// The CNAME among the records of a local name if a query of this type follows it (RFC 1034 §4.3.2); otherwise null.
[[nodiscard]] const LocalRecord* alias_of(const LocalAnswer& local, wire::RrType type) noexcept;

/// Ends a chain of CNAMEs with the records of a local name; returns the rcode of the whole answer.
[[nodiscard]] wire::Rcode add_local(const wire::Question& question, const LocalAnswer& local,
                                    wire::ChainWriter& chain) noexcept;

}  // namespace cenote::engine
