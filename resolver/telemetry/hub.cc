// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/hash.h"
#include "resolver/base/random.h"
#include "resolver/telemetry/recorder.h"

namespace cenote::telemetry {
namespace {

using Counts = std::map<std::uint64_t, std::uint64_t>;

std::vector<Combination> combinations_of(const Counts& counts) {
    std::vector<Combination> rows;
    rows.reserve(counts.size());
    for (const auto& [packed, count] : counts) {
        rows.push_back({Combinations::verdict_of(packed), Combinations::service_of(packed),
                        Combinations::directive_of(packed), Combinations::group_of(packed),
                        Combinations::role_of(packed), Combinations::transport_of(packed), count});
    }
    return rows;
}

/// The name as text; nullopt: it has bytes that do not occur in host names.
std::optional<std::string> host_name(ByteView wire) {
    std::string text;
    for (std::size_t at = 0; at < wire.size() && wire[at] != 0; at += wire[at] + std::size_t{1}) {
        if (!text.empty()) text += '.';
        for (const std::uint8_t byte : wire.subspan(at + 1, wire[at])) text += static_cast<char>(byte);
    }
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    return text.empty() || text.find_first_not_of(kLetters) != std::string::npos ? std::nullopt : std::optional(text);
}

}  // namespace

Hub::Hub() : seed_(random_u64()) {}
Hub::~Hub() = default;

Recorder& Hub::add_recorder() {
    const MutexLock lock(mutex_);
    recorders_.push_back(std::unique_ptr<Recorder>(new Recorder(seed_, hit_settings_, &sinkholes_)));
    return *recorders_.back();
}

Metrics Hub::collect() const {
    const MutexLock lock(mutex_);
    Metrics metrics;
    Counts combinations;
    for (const auto& recorder : recorders_) {
        const Recorder::State& state = *recorder->state_;
        for (std::size_t i = 0; i < kCounterCount; ++i) metrics.counters[i] += state.counters[i].load();
        for (std::size_t source = 0; source < metrics.latency.size(); ++source) {
            Histogram& latency = metrics.latency[source];
            for (std::size_t i = 0; i < Histogram::kBuckets; ++i)
                latency.buckets[i] += state.latency[source].buckets[i].load();
            latency.sum_us += state.latency[source].sum_us.load();
        }
        state.combinations.for_each([&](std::uint64_t packed, std::uint64_t count) { combinations[packed] += count; });
    }
    metrics.set(Counter::Queries, metrics.get(Counter::QueriesUdp) + metrics.get(Counter::QueriesTcp) +
                                      metrics.get(Counter::QueriesTls) + metrics.get(Counter::QueriesHttps) +
                                      metrics.get(Counter::QueriesQuic));
    metrics.combinations = combinations_of(combinations);
    for (std::size_t row = 0; row < GroupRow::kRows; ++row) collect_row(row, metrics);
    metrics.bypass = bypass_clients();
    return metrics;
}

std::uint64_t Hub::counted(Counter counter) const {
    const MutexLock lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& recorder : recorders_) sum += recorder->state_->counters[static_cast<std::size_t>(counter)].load();
    return sum;
}

std::vector<BypassClient> Hub::bypass_clients() const {
    std::map<std::uint64_t, BypassClient> by_hash;
    const auto add = [&](std::uint64_t hashed, const IpAddress& client, Key service, std::uint64_t count,
                         Ticks last_seen) {
        BypassClient& row = by_hash[hashed];
        if (hit_settings_.identity.load(std::memory_order_relaxed) != IdentityLevel::None && client != IpAddress())
            row.client = client;
        row.count += count;
        if (last_seen < row.last_seen) return;
        row.last_seen = last_seen;
        row.service = service;
    };
    for (const auto& recorder : recorders_) recorder->state_->bypass.for_each(add);
    std::vector<BypassClient> rows;
    for (const auto& [hashed, row] : by_hash) rows.push_back(row);
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return a.count != b.count ? a.count > b.count : a.client < b.client;
    });
    return rows;
}

void Hub::collect_row(std::size_t row, Metrics& metrics) const {
    GroupActivity group{GroupRow::key_of(row), 0, 0, {}};
    ExceptionUse exception{GroupRow::key_of(row), 0, Ticks::max(), {}};
    ClientSketch::Registers clients{};
    std::array<std::uint64_t, kSignalCount> signals{};
    for (const auto& recorder : recorders_) {
        const Recorder::State& state = *recorder->state_;
        if (const ExceptionRow& used = state.exceptions[row]; used.count.load() != 0) {
            exception.count += used.count.load();
            exception.first_seen = std::min(exception.first_seen, Ticks(Ticks::duration(used.first_seen.load())));
            exception.last_seen = std::max(exception.last_seen, Ticks(Ticks::duration(used.last_seen.load())));
        }
        for (std::size_t i = 0; i < kSignalCount; ++i) signals[i] += state.signals[row][i].load();
        const GroupRow& from = state.groups[row];
        const auto queries = from.queries.load();
        if (queries == 0) continue;
        group.queries += queries;
        group.last_seen = std::max(group.last_seen, Ticks(Ticks::duration(from.last_seen.load())));
        from.clients.merge_into(clients);
    }
    if (exception.count != 0) metrics.exceptions.push_back(exception);
    for (std::size_t i = 0; i < kSignalCount; ++i)
        if (signals[i] != 0) metrics.signals.push_back({static_cast<Signal>(i), group.group, signals[i]});
    if (group.queries == 0) return;
    group.clients = ClientSketch::estimate(clients);
    metrics.groups.push_back(group);
}

void Hub::want_hits(bool wanted, std::uint64_t seed, bool all) noexcept {
    hit_settings_.all.store(all, std::memory_order_relaxed);
    hit_settings_.seed.store(seed, std::memory_order_relaxed);
    hit_settings_.wanted.store(wanted, std::memory_order_relaxed);
}

/// Spreads the number over 64 bits (the finaliser of SplitMix64): XOR with it makes another hash of a client.
void Hub::set_episode(std::uint64_t number) noexcept {
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    hit_settings_.episode.store(number ^ (number >> 31), std::memory_order_relaxed);
}

void Hub::set_identity(IdentityLevel identity) {
    const MutexLock lock(mutex_);
    if (hit_settings_.identity.exchange(identity, std::memory_order_relaxed) > identity) forget();
}

void Hub::forget_clients() {
    const MutexLock lock(mutex_);
    forget();
}

/// The workers see the level at the latest with the number.
void Hub::forget() {
    clients_.clear();
    hit_settings_.forget.fetch_add(1, std::memory_order_release);
}

std::vector<Recorder*> Hub::all_recorders() const {
    const MutexLock lock(mutex_);
    std::vector<Recorder*> all;
    for (const auto& recorder : recorders_) all.push_back(recorder.get());
    return all;
}

void Hub::take_hits(const std::function<void(const Hit&)>& take) {
    Hit hit;
    for (Recorder* recorder : all_recorders())
        for (std::size_t i = 0; i < Recorder::State::kHits && recorder->state_->hits.pop(hit); ++i) take(hit);
}

void Hub::want_upstream(bool wanted, bool all) noexcept {
    hit_settings_.upstream_all.store(all, std::memory_order_relaxed);
    hit_settings_.upstream.store(wanted, std::memory_order_relaxed);
}

void Hub::take_upstream(const std::function<void(const UpstreamQuery&)>& take) {
    UpstreamQuery query;
    for (Recorder* recorder : all_recorders())
        for (std::size_t i = 0; i < Recorder::State::kUpstreamQueries && recorder->state_->upstream.pop(query); ++i)
            take(query);
}

Histogram Metrics::all_latency() const noexcept {
    Histogram all;
    for (const Histogram& each : latency) {
        for (std::size_t i = 0; i < Histogram::kBuckets; ++i) all.buckets[i] += each.buckets[i];
        all.sum_us += each.sum_us;
    }
    return all;
}

void Hub::forget_sinkholes(Ticks now) {
    const MutexLock lock(mutex_);
    for (const auto& recorder : recorders_) recorder->state_->sinkholes.forget(now);
}

void Hub::count_samples() {
    const MutexLock lock(mutex_);
    const bool keeps_clients = hit_settings_.identity.load(std::memory_order_relaxed) != IdentityLevel::None;
    AnswerSample sample;
    for (const auto& recorder : recorders_) {
        for (std::size_t i = 0; i < Recorder::State::kSamples && recorder->state_->samples.pop(sample); ++i) {
            const auto bytes = sample.name();
            if (const auto name = sample.open ? host_name(bytes) : std::nullopt) names_.add(*name, sample.client_hash);
            if (keeps_clients && sample.client != IpAddress())
                clients_.add(sample.client.to_string(), hash64(bytes, seed_));
        }
    }
}

std::vector<TopRow> Hub::top_names(std::size_t rows, std::uint64_t clients_min) const {
    const MutexLock lock(mutex_);
    return names_.most(rows, clients_min);
}

std::vector<TopRow> Hub::top_clients(std::size_t rows) const {
    const MutexLock lock(mutex_);
    return clients_.most(rows);
}

}  // namespace cenote::telemetry
