// SPDX-License-Identifier: Apache-2.0
//
// An entry in the log of a shard: this header, the tags of its links, the scrubbed message. The message begins with its
// question (folded), so the key is not kept a second time.
//
// Threads:  the thread that holds the mutex of the shard.
// Memory:   lives in the log; a filler uses the first 16 bytes only.
#pragma once

#include <cstring>

#include "resolver/cache/cache.h"

namespace cenote::cache {

/// Entries are placed and measured in units of 16 bytes.
inline constexpr std::size_t kUnit = 16;

struct Entry {
    static constexpr std::uint8_t kAlive = 1;  // not a filler, and not erased
    static constexpr std::uint8_t kNegative = 2;
    static constexpr std::uint8_t kNxdomain = 4;
    static constexpr std::uint8_t kDnssecOk = 8;
    static constexpr std::uint8_t kCheckingDisabled = 16;
    static constexpr std::uint8_t kLinksIncomplete = 32;
    static constexpr std::uint8_t kLinksToLocal = 64;
    static constexpr std::uint8_t kRefreshed = 128;  // by an answer that could not be kept: no longer stale data
    static constexpr std::uint8_t kUsesMax = 3;

    std::uint32_t units;
    std::uint32_t fingerprint;
    std::uint32_t ttl_s;
    std::uint16_t message_size;
    std::uint8_t flags;
    std::uint8_t uses : 2;  // since eviction last passed the entry, at most kUsesMax
    std::uint8_t link_count : 6;
    Ticks stored;
    std::uint64_t generation;

    [[nodiscard]] bool alive() const noexcept { return (flags & kAlive) != 0; }
    [[nodiscard]] std::size_t tags_size() const noexcept { return link_count * sizeof(Links::tags[0]); }
    std::uint8_t* tags() noexcept { return reinterpret_cast<std::uint8_t*>(this) + sizeof(Entry); }
    MutableBytes message() noexcept { return {tags() + tags_size(), message_size}; }

    [[nodiscard]] bool holds(const Key& key) noexcept;
};
static_assert(sizeof(Entry) == 32);

[[nodiscard]] inline std::uint8_t key_flags(const Key& key) noexcept {
    return static_cast<std::uint8_t>((key.dnssec_ok ? Entry::kDnssecOk : 0) |
                                     (key.checking_disabled ? Entry::kCheckingDisabled : 0));
}

/// Whether the question of a scrubbed message is that of the key.
[[nodiscard]] inline bool asks(ByteView message, const Key& key) noexcept {
    const auto name = key.name.wire();
    if (message.size() < wire::kHeaderSize + name.size() + 4) return false;
    const auto* at = message.data() + wire::kHeaderSize;
    return std::memcmp(at, name.data(), name.size()) == 0 &&
           load_u16(at + name.size()) == static_cast<std::uint16_t>(key.type) &&
           load_u16(at + name.size() + 2) == static_cast<std::uint16_t>(key.rr_class);
}

inline bool Entry::holds(const Key& key) noexcept {
    return (flags & (kDnssecOk | kCheckingDisabled)) == key_flags(key) && asks(message(), key);
}

}  // namespace cenote::cache
