// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/dnssec_strip.h"

#include <algorithm>
#include <array>

#include "resolver/wire/chain_writer.h"

namespace cenote::wire {

// Names of later records may point into a record that is removed, so the message is rewritten record by record. The
// function is not inlined, so that other answers do not pay for a frame of this size.
[[gnu::noinline]] bool strip_dnssec(const Query& query, ReplyBuffer& reply) noexcept {
    std::array<std::uint8_t, kMessageMax> copy;
    if (reply.size > copy.size()) return false;
    std::copy_n(reply.space.begin(), reply.size, copy.begin());
    const ByteView message = ByteView(copy).first(reply.size);
    const Question question{.name = query.name, .type = query.type, .rr_class = query.rr_class};
    ChainWriter writer(question, reply.space, DnssecRecords::Strip);
    writer.add_part(message, ChainWriter::kAll);
    const std::size_t size = writer.finish(static_cast<Rcode>(message[3] & 0x0f));
    if (size != 0) reply.size = size;
    return size != 0;
}

}  // namespace cenote::wire
