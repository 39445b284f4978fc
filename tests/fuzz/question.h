// SPDX-License-Identifier: Apache-2.0
//
// The question that a message has itself, so that a target gets past the check of the question.
//
// Threads:  pure.
// Memory:   plain values.
// Failure:  false: the message has no question that can be read.
#pragma once

#include "resolver/wire/query.h"

namespace cenote::fuzz {

inline bool question_of(ByteView packet, wire::Question& question) {
    if (packet.size() < wire::kHeaderSize) return false;
    std::size_t end = 0;
    if (!question.name.read_uncompressed(packet.subspan(wire::kHeaderSize), end)) return false;
    ByteReader reader(packet.subspan(wire::kHeaderSize + end));
    question.type = static_cast<wire::RrType>(reader.u16());
    question.rr_class = static_cast<wire::RrClass>(reader.u16());
    return reader.ok();
}

}  // namespace cenote::fuzz
