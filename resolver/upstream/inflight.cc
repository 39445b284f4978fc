// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/inflight.h"

#include <algorithm>
#include <bit>

#include "resolver/base/check.h"
#include "resolver/base/hash.h"

namespace cenote::upstream {

void Inflight::grow(std::uint32_t exchanges, std::uint32_t waiters) {
    const auto had_exchanges = static_cast<std::uint32_t>(exchanges_.size());
    const auto had_waiters = static_cast<std::uint32_t>(waiters_.size());
    if (exchanges > had_exchanges) {
        exchanges_.resize(exchanges);
        for (std::uint32_t i = exchanges; i-- > had_exchanges;) {
            exchanges_[i].index = i;
            exchanges_[i].newer = std::exchange(free_exchange_, i);
        }
        buckets_.assign(std::bit_ceil(std::size_t{2} * exchanges), kNone);
        zones_.reset(exchanges);
        for (std::uint32_t i = oldest_; i != kNone; i = exchanges_[i].newer) {
            exchanges_[i].next_in_bucket = std::exchange(bucket(exchanges_[i].hash), i);
            exchanges_[i].zones = zones_.places_of(exchanges_[i].query.question.name);
            zones_.add(exchanges_[i].zones);
        }
    }
    if (waiters > had_waiters) {
        waiters_.resize(waiters);
        for (std::uint32_t i = waiters; i-- > had_waiters;) waiters_[i].next = std::exchange(free_waiter_, i);
    }
}

std::uint64_t Inflight::hash_of(const Query& query) const noexcept {
    const wire::Question& question = query.question;
    const std::uint64_t rest = (std::uint64_t{static_cast<std::uint16_t>(question.type)} << 32) |
                               (std::uint64_t{static_cast<std::uint16_t>(question.rr_class)} << 8) |
                               (query.dnssec_ok ? 2U : 0U) | (query.checking_disabled ? 1U : 0U);
    return hash64(question.name.wire(), seed_ ^ rest);
}

Exchange* Inflight::find(const Query& query, std::uint64_t hash) noexcept {
    for (std::uint32_t i = bucket(hash); i != kNone; i = exchanges_[i].next_in_bucket)
        if (exchanges_[i].hash == hash && exchanges_[i].query == query) return &exchanges_[i];
    return nullptr;
}

Exchange* Inflight::find(const AttemptRef& ref) noexcept {
    if (ref.exchange >= exchanges_.size()) return nullptr;
    Exchange& exchange = exchanges_[ref.exchange];
    return exchange.generation == ref.generation && !exchange.ending ? &exchange : nullptr;
}

Exchange* Inflight::take_free(const Query& query) noexcept {
    if (free_exchange_ == kNone) return nullptr;
    Exchange& exchange = exchanges_[free_exchange_];
    free_exchange_ = exchange.newer;

    static_cast<ExchangeState&>(exchange) = ExchangeState{};
    ++exchange.generation;
    exchange.query = query;
    return &exchange;
}

Exchange* Inflight::open_probe(const Query& query) noexcept {
    Exchange* const exchange = take_free(query);
    if (exchange != nullptr) exchange->probe = true;
    return exchange;
}

Exchange* Inflight::open(const Query& query, std::uint64_t hash, const ZoneCounts::Places& zones) noexcept {
    Exchange* const exchange = take_free(query);
    if (exchange == nullptr) return nullptr;
    zones_.add(zones);
    exchange->zones = zones;
    exchange->hash = hash;
    exchange->next_in_bucket = std::exchange(bucket(exchange->hash), exchange->index);
    exchange->older = std::exchange(newest_, exchange->index);
    (exchange->older == kNone ? oldest_ : exchanges_[exchange->older].newer) = exchange->index;
    ++used_;
    return exchange;
}

bool Inflight::join(Exchange& exchange, Waiter waiter) noexcept {
    if (free_waiter_ == kNone) return false;
    const std::uint32_t index = free_waiter_;
    free_waiter_ = waiters_[index].next;
    waiters_[index] = {waiter, std::exchange(exchange.first_waiter, index)};
    ++exchange.waiter_count;
    ++waiters_used_;
    return true;
}

void Inflight::copy_waiters(const Exchange& exchange, std::vector<Waiter>& into) const noexcept {
    into.clear();
    for (std::uint32_t i = exchange.first_waiter; i != kNone; i = waiters_[i].next) into.push_back(waiters_[i].waiter);
    std::reverse(into.begin(), into.end());
}

void Inflight::unlink(Exchange& exchange) noexcept {
    exchange.ending = true;
    if (exchange.probe) return;
    zones_.remove(exchange.zones);
    std::uint32_t* link = &bucket(exchange.hash);
    while (*link != exchange.index) link = &exchanges_[*link].next_in_bucket;
    *link = exchange.next_in_bucket;
    (exchange.older == kNone ? oldest_ : exchanges_[exchange.older].newer) = exchange.newer;
    (exchange.newer == kNone ? newest_ : exchanges_[exchange.newer].older) = exchange.older;
    --used_;
}

void Inflight::close(Exchange& exchange) noexcept {
    CENOTE_DCHECK(exchange.ending);
    for (std::uint32_t i = exchange.first_waiter; i != kNone;) {
        const std::uint32_t next = waiters_[i].next;
        waiters_[i].next = std::exchange(free_waiter_, i);
        i = next;
    }
    waiters_used_ -= exchange.waiter_count;
    exchange.first_waiter = kNone;
    exchange.waiter_count = 0;
    exchange.newer = std::exchange(free_exchange_, exchange.index);
}

}  // namespace cenote::upstream
