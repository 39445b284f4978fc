// SPDX-License-Identifier: Apache-2.0
//
// How many queries a second each client may send: [limits].rate. A client is a prefix (ClientPrefix).
//
// The address of a datagram may be forged, so that its queries must not count against those that show the address: a
// query over a connection, or with a cookie of this server. Both have an account of their own, of the same rate.
//
// Threads:  shared by all workers; the limit holds for their queries together.
// Time:     an argument.
// Memory:   kPlaces places of 32 bytes, 1 MiB. Places are found by keyed hash; two clients with the same place share a
//           limit.
// Failure:  none.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "resolver/base/address_counts.h"
#include "resolver/base/clock.h"

namespace cenote::engine {

/// Whether the address of a client is shown to be its own.
enum class Standing : std::uint8_t { Claimed, Shown };

class RateTable {
public:
    static constexpr std::size_t kPlaces = 32768;
    static constexpr seconds kBurst{4};  // of unused time that an account keeps: bursts of four times the rate
    static constexpr std::int64_t kNoticesPerQuery = 8;

    /// `per_second`: queries of one client; above 0.
    RateTable(ClientPrefix prefix, std::uint32_t per_second);

    /// The same limits for the queries from now on; what was used before stays used. Control plane.
    void set_rate(std::uint32_t per_second) noexcept;
    /// Charges one query to the client; false: it is over the rate.
    [[nodiscard]] bool take_answer(const IpAddress& client, Standing standing, Ticks now) noexcept;
    /// Charges a notice, a reply without records to a query over the rate. There are kNoticesPerQuery times as many of
    /// them a second as answers; false: the client gets none.
    [[nodiscard]] bool take_notice(const IpAddress& client, Standing standing, Ticks now) noexcept;

private:
    /// The time at which the rate has made up for all that was charged; in units of Ticks.
    using Account = std::atomic<Ticks::rep>;
    struct Place {
        std::array<Account, 2> answers;  // by Standing
        std::array<Account, 2> notices;
    };

    [[nodiscard]] Place& place_of(const IpAddress& client) noexcept;
    static bool charge(Account& account, Ticks::rep cost, Ticks::rep burst, Ticks::rep now) noexcept;

    ClientPrefix prefix_;
    std::uint64_t seed_;
    std::atomic<Ticks::rep> cost_;  // of one query
    std::vector<Place> places_;
};

}  // namespace cenote::engine
