// SPDX-License-Identifier: Apache-2.0
//
// Counts by verdict, service, directive, group, role and transport, in a table of fixed size.
//
// Threads:  add() by one writer; for_each() by any thread, which may miss rows that are added at the same time.
// Memory:   512 KiB; rows are never freed, because keys are never reused.
// Failure:  add() returns false when the table is full; the query is counted in a row for its verdict alone, with
//           kKeyOther for service and group.
#pragma once

#include <array>
#include <atomic>

#include "resolver/telemetry/event.h"
#include "resolver/telemetry/tally.h"

namespace cenote::telemetry {

class Combinations {
public:
    static constexpr std::size_t kRowsMax = 16384;

    bool add(const QueryEvent& event) noexcept {
        if (add(pack(event), kRowsMax - kRowsReserved)) return true;
        QueryEvent other;
        other.verdict = event.verdict;
        other.service_key = kKeyOther;
        other.directive_key = event.directive_key == kKeyNone ? kKeyNone : kKeyOther;
        other.group_key = kKeyOther;
        add(pack(other), kRowsMax);
        return false;
    }

    /// Calls `take(packed, count)` for each row; the functions below extract the fields of `packed`.
    template <typename Take>
    void for_each(Take take) const {
        for (const Row& row : rows_) {
            const auto packed = row.packed.load(std::memory_order_relaxed);  // once set, it does not change
            if (packed != 0) take(packed, row.count.load());
        }
    }

    static QueryVerdict verdict_of(std::uint64_t packed) noexcept {
        return static_cast<QueryVerdict>(packed >> 48 & 0xf);
    }
    static RoleNumber role_of(std::uint64_t packed) noexcept { return static_cast<RoleNumber>(packed >> 52 & 0xf); }
    static QueryTransport transport_of(std::uint64_t packed) noexcept {
        return static_cast<QueryTransport>(packed >> 56 & 0xf);
    }
    static Key service_of(std::uint64_t packed) noexcept { return static_cast<Key>(packed >> 32); }
    static Key directive_of(std::uint64_t packed) noexcept { return static_cast<Key>(packed >> 16); }
    static Key group_of(std::uint64_t packed) noexcept { return static_cast<Key>(packed); }

private:
    static constexpr std::size_t kSlots = 2 * kRowsMax;
    static constexpr std::size_t kRowsReserved = 16;  // for the rows of each verdict alone
    struct Row {
        std::atomic<std::uint64_t> packed{0};  // 0: empty
        Tally<std::uint64_t> count;
    };

    bool add(std::uint64_t packed, std::size_t rows_max) noexcept {
        auto i = home(packed);
        for (; rows_[i].packed.load(std::memory_order_relaxed) != packed; i = (i + 1) % kSlots) {
            if (rows_[i].packed.load(std::memory_order_relaxed) != 0) continue;
            if (used_ >= rows_max) return false;
            ++used_;
            rows_[i].packed.store(packed, std::memory_order_relaxed);
            break;
        }
        rows_[i].count.add(1);
        return true;
    }

    static std::uint64_t pack(const QueryEvent& event) noexcept {
        constexpr std::uint64_t kUsed = 1ULL << 63;
        return kUsed | static_cast<std::uint64_t>(event.transport) << 56 |
               static_cast<std::uint64_t>(event.role) << 52 | static_cast<std::uint64_t>(event.verdict) << 48 |
               static_cast<std::uint64_t>(event.service_key) << 32 |
               static_cast<std::uint64_t>(event.directive_key) << 16 | event.group_key;
    }
    static std::size_t home(std::uint64_t packed) noexcept {
        constexpr std::uint64_t kGolden =
            0x9e3779b97f4a7c15;  // Fibonacci hashing; keys are not chosen by clients, so no secret is needed
        return static_cast<std::size_t>((packed * kGolden) >> 32) % kSlots;
    }

    std::array<Row, kSlots> rows_;
    std::size_t used_ = 0;
};

}  // namespace cenote::telemetry
