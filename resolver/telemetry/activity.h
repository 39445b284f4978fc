// SPDX-License-Identifier: Apache-2.0
//
// Activity by group: how many queries, the time of the last one, and an estimate of the number of different clients.
//
// Clients are counted with HyperLogLog (Flajolet et al., 2007): 128 registers a group, an error of about 9 %, nearly
// exact below a hundred. Recorders are merged by taking the larger of each register.
//
// Threads:  one thread writes, any thread reads.
// Memory:   GroupRow::kRows rows; groups beyond that share the last one.
// Failure:  ClientTable::add() returns false when there is no row for a client.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/telemetry/keys.h"
#include "resolver/telemetry/tally.h"

namespace cenote::telemetry {

class ClientSketch {
public:
    static constexpr std::size_t kRegisters = 128;
    using Registers = std::array<std::uint8_t, kRegisters>;

    /// `hashed`: the hash of a client, with the same seed in all sketches that are merged.
    void add(std::uint64_t hashed) noexcept {
        const auto zeros = std::countl_zero(hashed | kRegisters);
        registers_[hashed % kRegisters].raise(static_cast<std::uint8_t>(zeros + 1));
    }
    void merge_into(Registers& registers) const noexcept;
    [[nodiscard]] static std::uint64_t estimate(const Registers& registers) noexcept;

private:
    std::array<Tally<std::uint8_t>, kRegisters> registers_;
};

struct GroupRow {
    static constexpr std::size_t kRows = 1024;
    [[nodiscard]] static std::size_t of(Key key) noexcept { return key < kRows - 1 ? key : kRows - 1; }
    [[nodiscard]] static Key key_of(std::size_t row) noexcept {
        return row < kRows - 1 ? static_cast<Key>(row) : kKeyOther;
    }

    Tally<std::uint64_t> queries;
    Tally<Ticks::rep> last_seen;
    ClientSketch clients;
};

struct ExceptionRow {
    Tally<std::uint64_t> count;
    Tally<Ticks::rep> first_seen;
    Tally<Ticks::rep> last_seen;

    void add(Ticks at) noexcept {
        if (count.load() == 0) first_seen.raise(at.time_since_epoch().count());
        last_seen.raise(at.time_since_epoch().count());
        count.add(1);
    }
};

/// One row a client, in one of a few places that its hash selects; a client that finds them all in use is not kept.
class ClientTable {
public:
    static constexpr std::size_t kRows = 2048;

    /// `hashed`: the hash of the client. False: no free row.
    bool add(const IpAddress& client, std::uint64_t hashed, Key service, Ticks at) noexcept;
    /// fn(client, service, count, last_seen) for each.
    template <typename Fn>
    void for_each(Fn fn) const {
        for (const Row& row : rows_) {
            // The address is written once, before the first count is stored with release.
            if (const auto count = row.count.load(std::memory_order_acquire); count != 0)
                fn(row.client(), row.service.load(), count, Ticks(Ticks::duration(row.last_seen.load())));
        }
    }

private:
    static constexpr std::size_t kProbes = 8;
    struct Row {
        std::array<std::atomic<std::uint64_t>, 2> address{};
        std::atomic<std::uint64_t> count{0};
        Tally<Ticks::rep> last_seen;
        std::atomic<Key> service{kKeyNone};

        [[nodiscard]] IpAddress client() const noexcept;
    };
    std::array<Row, kRows> rows_;
};

}  // namespace cenote::telemetry
