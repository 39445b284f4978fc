// SPDX-License-Identifier: Apache-2.0
//
// Deadlines of a fixed number of things: a binary heap with the place of each thing, so that any can move.
//
// Threads:  one thread. Data plane.
// Memory:   only grow() allocates.
// Failure:  none.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "resolver/base/clock.h"

namespace cenote::upstream {

class Deadlines {
public:
    /// Makes room for things numbered from 0 to `count` - 1.
    void grow(std::uint32_t count) {
        if (count <= place_.size()) return;
        heap_.reserve(count);
        place_.resize(count, kAbsent);
    }

    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] Ticks next_at() const noexcept { return heap_.front().at; }
    [[nodiscard]] std::uint32_t next() const noexcept { return heap_.front().thing; }

    /// Sets the deadline of `thing`, which may have one already.
    void set(std::uint32_t thing, Ticks at) noexcept {
        std::uint32_t place = place_[thing];
        if (place == kAbsent) {
            place = static_cast<std::uint32_t>(heap_.size());
            heap_.push_back({at, thing});
            place_[thing] = place;
        }
        heap_[place].at = at;
        sift_down(sift_up(place));
    }

    void remove(std::uint32_t thing) noexcept {
        const std::uint32_t place = std::exchange(place_[thing], kAbsent);
        if (place == kAbsent) return;
        const Entry last = heap_.back();
        heap_.pop_back();
        if (place == heap_.size()) return;
        put(place, last);
        sift_down(sift_up(place));
    }

private:
    static constexpr std::uint32_t kAbsent = 0xffffffff;
    struct Entry {
        Ticks at;
        std::uint32_t thing;
    };

    void put(std::uint32_t place, const Entry& entry) noexcept {
        heap_[place] = entry;
        place_[entry.thing] = place;
    }

    std::uint32_t sift_up(std::uint32_t place) noexcept {
        const Entry entry = heap_[place];
        while (place > 0 && entry.at < heap_[(place - 1) / 2].at) {
            put(place, heap_[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        put(place, entry);
        return place;
    }

    void sift_down(std::uint32_t place) noexcept {
        const Entry entry = heap_[place];
        for (;;) {
            std::uint32_t child = 2 * place + 1;
            if (child >= heap_.size()) break;
            if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
            if (entry.at <= heap_[child].at) break;
            put(place, heap_[child]);
            place = child;
        }
        put(place, entry);
    }

    std::vector<Entry> heap_;
    std::vector<std::uint32_t> place_;
};

}  // namespace cenote::upstream
