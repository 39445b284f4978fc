// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/query_message.h"

#include "resolver/base/check.h"
#include "resolver/wire/query.h"

namespace cenote::quic {

QueryMessage::State QueryMessage::add(ByteView bytes, Fin fin) {
    if (bytes.size() > kQueryBytesMax - bytes_.size()) return State::Broken;
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    const bool has_length = bytes_.size() >= kLengthSize;
    const std::size_t whole = has_length ? kLengthSize + load_u16(bytes_.data()) : kQueryBytesMax;
    if (bytes_.size() > whole) return State::Broken;
    if (fin == Fin::No) return State::Incomplete;
    return bytes_.size() == whole && may_be_sent(message()) ? State::Complete : State::Broken;
}

bool may_be_sent(ByteView message) noexcept {
    if (message.size() < wire::kHeaderSize || load_u16(message.data()) != 0) return false;
    wire::Query query;
    const wire::ParseStatus status = wire::parse_query(message, query);
    return status != wire::ParseStatus::Keepalive && !query.edns.wants_keepalive;
}

std::vector<std::uint8_t> with_length(ByteView message) {
    CENOTE_CHECK(message.size() <= kQueryBytesMax - kLengthSize);
    std::vector<std::uint8_t> bytes(kLengthSize);
    store_u16(bytes.data(), static_cast<std::uint16_t>(message.size()));
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

}  // namespace cenote::quic
