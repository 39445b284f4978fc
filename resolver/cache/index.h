// SPDX-License-Identifier: Apache-2.0
//
// Where the entries of a shard lie: open addressing, eight bytes a slot, removal by moving later ones back.
//
// The tag is all there is of the hash: it gives the home slot, so that nothing needs to look at entries to move.
//
// Threads:  whoever holds the shard.
// Memory:   the caller's, zeroed.
// Failure:  none; whoever owns it makes sure that an eighth of the slots stays empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::cache {

class Index {
public:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t place;  // location + 1; 0: empty
    };
    static constexpr std::uint32_t kNowhere = 0xffffffff;

    explicit Index(std::span<Slot> slots) noexcept : slots_(slots) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The location with this tag for which `is_it` holds, or kNowhere.
    template <typename Predicate>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, Predicate is_it) const noexcept {
        for (auto i = home(tag); slots_[i].place != 0; i = next(i)) {
            if (slots_[i].tag == tag && is_it(slots_[i].place - 1)) return slots_[i].place - 1;
        }
        return kNowhere;
    }
    void insert(std::uint32_t tag, std::uint32_t location) noexcept;
    void relocate(std::uint32_t tag, std::uint32_t from, std::uint32_t to) noexcept;
    void erase(std::uint32_t tag, std::uint32_t location) noexcept;

private:
    [[nodiscard]] std::size_t home(std::uint32_t tag) const noexcept { return (tag * slots_.size()) >> 32; }
    [[nodiscard]] std::size_t next(std::size_t i) const noexcept { return i + 1 == slots_.size() ? 0 : i + 1; }
    [[nodiscard]] std::size_t slot_of(std::uint32_t tag, std::uint32_t location) const noexcept;

    std::span<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace cenote::cache
