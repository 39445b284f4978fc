// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/answer.h"

#include <algorithm>

#include "resolver/wire/fold.h"

namespace cenote::wire {
namespace {

constexpr std::uint16_t kOpcodeBits = 0x7800;
constexpr std::size_t kRecordFixed = 10;  // TYPE, CLASS, TTL, RDLENGTH

bool equal_but_case(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](std::uint8_t x, std::uint8_t y) { return fold_byte(x) == fold_byte(y); });
}

}  // namespace

MatchStatus match_reply(ByteView packet, ByteView sent, bool exact_case) noexcept {
    std::size_t name_end = kHeaderSize;
    if (packet.size() < kHeaderSize || !skip_name(sent, name_end)) return MatchStatus::NoMatch;
    if (load_u16(&packet[0]) != load_u16(&sent[0])) return MatchStatus::WrongId;
    if ((load_u16(&packet[2]) & (kFlagQr | kOpcodeBits)) != kFlagQr) return MatchStatus::NoMatch;
    const std::size_t end = name_end + 4;
    if (load_u16(&packet[4]) != 1 || packet.size() < end || sent.size() < end) return MatchStatus::NoMatch;
    const auto part = [](ByteView bytes, std::size_t from, std::size_t to) { return bytes.subspan(from, to - from); };
    const ByteView name = part(packet, kHeaderSize, name_end);
    const ByteView sent_name = part(sent, kHeaderSize, name_end);
    const bool same_name =
        exact_case ? std::equal(name.begin(), name.end(), sent_name.begin()) : equal_but_case(name, sent_name);
    const bool same_kind = std::memcmp(&packet[name_end], &sent[name_end], 4) == 0;
    return same_name && same_kind ? MatchStatus::Match : MatchStatus::NoMatch;
}

void age_answer(MutableBytes message, std::uint32_t age_s, std::uint32_t lowest_s, std::uint32_t highest_s) noexcept {
    std::size_t at = kHeaderSize;
    if (message.size() < kHeaderSize || !skip_name(message, at)) return;
    at += 4;
    const unsigned count = load_u16(&message[6]) + unsigned{load_u16(&message[8])};
    for (unsigned i = 0; i < count; ++i) {
        if (!skip_name(message, at) || message.size() - at < kRecordFixed) return;
        std::uint8_t* ttl = &message[at + 4];
        const std::uint32_t stored = load_u32(ttl);
        const std::uint32_t left = stored > age_s ? stored - age_s : 0;
        store_u32(ttl, std::min(std::max(left, lowest_s), highest_s));
        at += kRecordFixed + load_u16(&message[at + 8]);
    }
}

}  // namespace cenote::wire
