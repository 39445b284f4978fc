// SPDX-License-Identifier: Apache-2.0
//
// Keys for which upstream has failed recently (RFC 9520), apart from the answers, so that failures evict no good data.
//
// Threads:  the thread that holds the mutex of the shard.
// Memory:   the caller's, zeroed: sets of four slots; a new key replaces the one that expires first.
// Failure:  a key may be removed early; then upstream is queried once more.
#pragma once

#include <array>
#include <span>

#include "resolver/base/clock.h"
#include "resolver/cache/key.h"

namespace cenote::cache {

class Failures {
public:
    struct Slot {
        Ticks until;
        std::uint32_t fingerprint;
        std::uint16_t type;
        std::uint16_t rr_class;
        wire::EdeCode code;
        std::uint8_t key_flags;
        std::uint8_t doublings;
        std::uint8_t name_size;  // 0: empty
        std::array<std::uint8_t, wire::Name::kBytesMax> name;

        [[nodiscard]] bool holds(std::uint32_t key_fingerprint, const Key& key) const noexcept;
    };
    static constexpr std::size_t kWays = 4;
    static constexpr seconds kLongest{300};  // RFC 9520 §3.2: at most five minutes

    /// `slots` is a multiple of kWays.
    explicit Failures(std::span<Slot> slots) noexcept : slots_(slots) {}

    /// The failure that still holds for this key, or null.
    [[nodiscard]] const Slot* find(std::uint32_t fingerprint, const Key& key, Ticks now) const noexcept;
    void add(std::uint32_t fingerprint, const Key& key, wire::EdeCode code, seconds first_life, Ticks now) noexcept;
    void forget(std::uint32_t fingerprint, const Key& key) noexcept;
    /// Forgets the name, and with `below` all names below it.
    void erase(const wire::Name& name, bool below) noexcept;

private:
    [[nodiscard]] std::span<Slot> set_of(std::uint32_t fingerprint) const noexcept;

    std::span<Slot> slots_;
    Ticks last_until_{};  // the latest of all slots: find() is quick while nothing fails
};

}  // namespace cenote::cache
