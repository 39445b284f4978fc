// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/rate_table.h"

#include <algorithm>

#include "resolver/base/check.h"
#include "resolver/base/hash.h"
#include "resolver/base/random.h"

namespace cenote::engine {
namespace {

using Duration = Ticks::duration;

constexpr Duration::rep kSecond = std::chrono::duration_cast<Duration>(seconds{1}).count();

}  // namespace

RateTable::RateTable(ClientPrefix prefix, std::uint32_t per_second)
    : prefix_(prefix), seed_(random_u64()), places_(kPlaces) {
    set_rate(per_second);
}

void RateTable::set_rate(std::uint32_t per_second) noexcept {
    CENOTE_CHECK(per_second > 0);
    cost_.store(kSecond / per_second, std::memory_order_relaxed);
}

RateTable::Place& RateTable::place_of(const IpAddress& client) noexcept {
    return places_[hash64(prefix_.of(client).octets(), seed_) % kPlaces];
}

bool RateTable::take_answer(const IpAddress& client, Standing standing, Ticks now) noexcept {
    return charge(place_of(client).answers[static_cast<std::size_t>(standing)], cost_.load(std::memory_order_relaxed),
                  kSecond * kBurst.count(), now.time_since_epoch().count());
}

bool RateTable::take_notice(const IpAddress& client, Standing standing, Ticks now) noexcept {
    return charge(place_of(client).notices[static_cast<std::size_t>(standing)],
                  cost_.load(std::memory_order_relaxed) / kNoticesPerQuery, kSecond, now.time_since_epoch().count());
}

/// An account that has not been used for the time of its burst is full (GCRA of ITU-T I.371: one number for a bucket).
bool RateTable::charge(Account& account, Ticks::rep cost, Ticks::rep burst, Ticks::rep now) noexcept {
    Ticks::rep before = account.load(std::memory_order_relaxed);
    while (true) {
        const Ticks::rep after = std::max(before, now) + cost;
        if (after - now > burst) return false;
        if (account.compare_exchange_weak(before, after, std::memory_order_relaxed)) return true;
    }
}

}  // namespace cenote::engine
