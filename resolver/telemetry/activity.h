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

/// One row a client, in one of a few places that its hash selects; a client that finds them all in use is not kept. A
/// row has the address only where add() was given one.
class ClientTable {
public:
    static constexpr std::size_t kRows = 2048;

    /// `hashed`: the keyed hash of the client. `client`: its address, unspecified where only the hash may be kept.
    /// False: no free row.
    bool add(std::uint64_t hashed, const IpAddress& client, Key service, Ticks at) noexcept;
    /// Removes all rows. By the writer.
    void clear() noexcept;
    /// fn(hashed, client, service, count, last_seen) for each; `client` is unspecified where it is not kept.
    template <typename Fn>
    void for_each(Fn fn) const {
        for (const Row& row : rows_) {
            // The hash is written before the first count is stored with release. A count that falls meanwhile is that
            // of a row that was removed, which may be another client's by now.
            const auto count = row.count.load(std::memory_order_acquire);
            if (count == 0) continue;
            const auto hashed = row.hashed.load(std::memory_order_acquire);
            const IpAddress client = row.client();
            if (row.count.load(std::memory_order_relaxed) >= count)
                fn(hashed, client, row.service.load(), count, Ticks(Ticks::duration(row.last_seen.load())));
        }
    }

private:
    static constexpr std::size_t kProbes = 8;
    struct Row {
        std::atomic<std::uint64_t> hashed{0};
        std::array<std::atomic<std::uint64_t>, 2> address{};
        std::atomic<std::uint32_t> version{0};  // of the address; odd: there is one
        std::atomic<std::uint64_t> count{0};
        Tally<Ticks::rep> last_seen;
        std::atomic<Key> service{kKeyNone};

        [[nodiscard]] bool has_address() const noexcept { return version.load(std::memory_order_relaxed) % 2 == 1; }
        [[nodiscard]] IpAddress client() const noexcept;
        void set_client(const IpAddress& client) noexcept;
        void clear() noexcept;
    };
    std::array<Row, kRows> rows_;
};

}  // namespace cenote::telemetry
