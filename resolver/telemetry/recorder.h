// SPDX-License-Identifier: Apache-2.0
//
// The content of a Recorder, which the Hub reads.
//
// Threads:  one thread writes, any thread reads.   Memory: fixed.   Failure: full tables are counted.
#pragma once

#include "resolver/telemetry/activity.h"
#include "resolver/telemetry/combinations.h"
#include "resolver/telemetry/hit.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::telemetry {

struct alignas(64) Recorder::State {
    /// `all_sinkholes`: null without a Hub.
    State(std::uint64_t seed_of_all, const HitSettings& settings, RecentSinkholes::List* all_sinkholes)
        : sinkhole_list(all_sinkholes == nullptr ? own_list : *all_sinkholes),
          seed(seed_of_all),
          hit_settings(settings) {}

    static constexpr std::size_t kSamples = 1024;
    static constexpr std::size_t kHits = 4096;
    static constexpr std::size_t kUpstreamQueries = 512;
    static constexpr std::size_t kSources = static_cast<std::size_t>(Source::None) + 1;
    static constexpr std::size_t kExceptionRows = GroupRow::kRows;

    void add(Counter counter) noexcept { counters[static_cast<std::size_t>(counter)].add(1); }
    void sample(const QueryEvent& event, std::uint64_t client) noexcept;
    enum class Identified : std::uint8_t { No, Yes };
    /// `identity`: what the client has proved, for Identified::Yes.
    template <Identified Is>
    void record(const QueryEvent& event, Key identity) noexcept;
    template <Identified Is>
    void hit(const QueryEvent& event, Key identity) noexcept;
    void signal(const QueryEvent& event, std::uint64_t client) noexcept;

    std::array<Tally<std::uint64_t>, kCounterCount> counters;
    struct Latency {
        std::array<Tally<std::uint64_t>, Histogram::kBuckets> buckets;
        Tally<std::uint64_t> sum_us;
    };
    std::array<Latency, kSources> latency;  // by Source
    Combinations combinations;
    std::array<GroupRow, GroupRow::kRows> groups;
    std::array<ExceptionRow, kExceptionRows> exceptions;  // by key; keys beyond share the last row
    ClientTable bypass;
    using Signals = std::array<Tally<std::uint64_t>, kSignalCount>;
    std::array<Signals, GroupRow::kRows> signals;  // by group, as `groups`
    RecentSinkholes::List own_list{nullptr};
    RecentSinkholes::List& sinkhole_list;
    RecentSinkholes sinkholes{sinkhole_list};

    Ring<AnswerSample> samples{kSamples};
    Ring<Hit> hits{kHits};
    Ring<UpstreamQuery> upstream{kUpstreamQueries};
    const std::uint64_t seed;  // seed of the hashes of clients
    const HitSettings& hit_settings;
    std::uint32_t forgotten = 0;  // HitSettings::forget at the last refresh()
};

}  // namespace cenote::telemetry
