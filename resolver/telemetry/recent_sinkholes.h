// SPDX-License-Identifier: Apache-2.0
//
// Which clients were sinkholed within the last ten minutes, and two seconds at most: what is needed to see that a
// client turns from a sinkholed name to a way around this resolver.
//
// A row is 32 bits of a keyed hash of a client and a time. The key is random and ends with the process, only has()
// reads a row, and forget() clears what is older: nothing of a client stays.
//
// Each worker notes in a table of its own. The queries of a client go to several workers, so has() looks into the
// tables of all of them, which are a list.
//
// Threads:  note() by one thread, all others by any. Tables outlive all that use the list.
// Time:     an argument.
// Memory:   64 KiB.
// Failure:  two clients in one row: the later one stays, and a turning of the earlier one is not seen.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "resolver/base/clock.h"

namespace cenote::telemetry {

class RecentSinkholes {
public:
    static constexpr std::size_t kRows = 8192;
    static constexpr seconds kKept{600};
    using List = std::atomic<const RecentSinkholes*>;

    /// Puts itself at the head of the list; one at a time.
    explicit RecentSinkholes(List& list) noexcept : older_(list.load(std::memory_order_relaxed)) {
        list.store(this, std::memory_order_release);
    }
    RecentSinkholes(const RecentSinkholes&) = delete;
    RecentSinkholes& operator=(const RecentSinkholes&) = delete;
    ~RecentSinkholes() = default;

    /// `client`: its hash.
    void note(std::uint64_t client, Ticks at) noexcept {
        rows_[client % kRows].store((client & kTag) | moment_of(at), std::memory_order_relaxed);
    }
    /// Whether a table of the list has the client.
    [[nodiscard]] static bool has(const List& list, std::uint64_t client, Ticks at) noexcept {
        for (const auto* table = list.load(std::memory_order_acquire); table != nullptr; table = table->older_) {
            const std::uint64_t row = table->rows_[client % kRows].load(std::memory_order_relaxed);
            if (row != 0 && (row & kTag) == (client & kTag) && !is_old(row, at)) return true;
        }
        return false;
    }
    void forget(Ticks now) noexcept {
        for (std::atomic<std::uint64_t>& each : rows_) {
            std::uint64_t row = each.load(std::memory_order_relaxed);
            if (row != 0 && is_old(row, now)) each.compare_exchange_strong(row, 0, std::memory_order_relaxed);
        }
    }

private:
    static constexpr std::uint64_t kTag = 0xffff'ffff'0000'0000;  // the rest of a row is a moment, never 0
    static constexpr unsigned kMomentBits = 30;                   // 1.07 s: a shift is cheaper than a division

    static std::uint64_t moment_of(Ticks at) noexcept {
        return static_cast<std::uint32_t>((at.time_since_epoch().count() >> kMomentBits) + 1);
    }
    /// Clocks of two workers may have been read in the other order: a row may be a little ahead.
    static bool is_old(std::uint64_t row, Ticks now) noexcept {
        constexpr auto kMoments = static_cast<std::uint64_t>((Ticks::duration(kKept).count() >> kMomentBits) + 1);
        return moment_of(now) > (row & ~kTag) + kMoments;
    }

    std::array<std::atomic<std::uint64_t>, kRows> rows_{};
    const RecentSinkholes* const older_;
};

}  // namespace cenote::telemetry
