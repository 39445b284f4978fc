// SPDX-License-Identifier: Apache-2.0
//
// Counts what happens: each worker counts into a recorder of its own, and collect() sums them up.
//
// Threads:  a Recorder is written by one thread; every number in it may be read by any. Hub: any thread, a lock inside.
// Time:     events contain it.
// Memory:   a Recorder is about 2.7 MiB, whatever happens; record() and count() never allocate.
// Failure:  what no longer fits is counted: combinations_overflow, bypass_overflow, hits_lost.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "resolver/base/mutex.h"
#include "resolver/base/ring.h"
#include "resolver/telemetry/counters.h"
#include "resolver/telemetry/event.h"
#include "resolver/telemetry/histogram.h"
#include "resolver/telemetry/hit.h"
#include "resolver/telemetry/keys.h"
#include "resolver/telemetry/recent_sinkholes.h"
#include "resolver/telemetry/top.h"
#include "resolver/telemetry/upstream_query.h"

namespace cenote::telemetry {

/// How often one directive gave one verdict on the names of one role of one service, for one group over one transport.
struct Combination {
    QueryVerdict verdict = QueryVerdict::Forward;
    Key service = kKeyNone;
    Key directive = kKeyNone;
    Key group = kKeyNone;
    RoleNumber role = 0;
    QueryTransport transport = QueryTransport::Udp;
    std::uint64_t count = 0;
};

struct GroupActivity {
    Key group = kKeyNone;
    std::uint64_t queries = 0;
    std::uint64_t clients = 0;  // estimated number of different addresses since the start
    Ticks last_seen{};
};

struct ExceptionUse {
    Key exception = kKeyNone;
    std::uint64_t count = 0;
    Ticks first_seen{};
    Ticks last_seen{};
};

/// A client that queried ways around this resolver (services of category bypass over which there is a directive).
struct BypassClient {
    IpAddress client;        // unspecified: [privacy] or the directive does not allow to keep it
    Key service = kKeyNone;  // the last one queried
    std::uint64_t count = 0;
    Ticks last_seen{};
};

/// How often a group gave a signal.
struct SignalCount {
    Signal signal = Signal::None;
    Key group = kKeyNone;
    std::uint64_t count = 0;
};

/// All recorders together at one moment.
struct Metrics {
    std::array<std::uint64_t, kCounterCount> counters{};
    std::array<double, kGaugeCount> gauges{};
    std::array<Histogram, static_cast<std::size_t>(Source::None)> latency{};  // by Source
    std::vector<Combination> combinations;
    std::vector<GroupActivity> groups;
    std::vector<ExceptionUse> exceptions;
    std::vector<BypassClient> bypass;  // most queries first
    std::vector<SignalCount> signals;  // by group; no zeros

    [[nodiscard]] std::uint64_t get(Counter counter) const noexcept {
        return counters[static_cast<std::size_t>(counter)];
    }
    /// The latency of replies of all sources.
    [[nodiscard]] Histogram all_latency() const noexcept;
    void set(Counter counter, std::uint64_t value) noexcept { counters[static_cast<std::size_t>(counter)] = value; }
    void set(Gauge gauge, double value) noexcept { gauges[static_cast<std::size_t>(gauge)] = value; }
};

class Recorder {
public:
    /// A recorder without a Hub; collect() sums up only those that add_recorder() made.
    Recorder();
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// Records a query with a verdict, when it is answered or dropped.
    void record(const QueryEvent& event) noexcept;
    /// The same of a client that has proved an identity beside its address.
    void record(const QueryEvent& event, Key identity) noexcept;
    /// Whether queries to upstream servers are wanted, and whether those for names that no directive covers are.
    [[nodiscard]] bool wants_upstream() const noexcept;
    [[nodiscard]] bool wants_all_upstream() const noexcept;
    void record(const UpstreamQuery& query) noexcept;
    /// Counts anything else.
    void count(Counter counter) noexcept;
    /// Removes the clients of before the last Hub::forget_clients(). To be called by the writer now and then.
    void refresh() noexcept;

private:
    friend class Hub;
    struct State;
    Recorder(std::uint64_t seed, const HitSettings& hits, RecentSinkholes::List* sinkholes);

    std::unique_ptr<State> state_;
};

/// Owns the recorders and reads them.
class Hub {
public:
    Hub();
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Lives as long as the Hub.
    Recorder& add_recorder();
    [[nodiscard]] Metrics collect() const;
    /// One counter of Recorder::count(), for a look each second.
    [[nodiscard]] std::uint64_t counted(Counter counter) const;

    /// Whether workers make hits, the secret seed of their sketches, whether queries that no directive covers are hits
    /// too, and the number of the span of ten minutes. The workers see a change with one of their next queries.
    void want_hits(bool wanted, std::uint64_t seed, bool all = false) noexcept;
    /// The same for queries to upstream servers.
    void want_upstream(bool wanted, bool all) noexcept;
    void take_upstream(const std::function<void(const UpstreamQuery&)>& take);
    void set_episode(std::uint64_t number) noexcept;
    /// What recorders and top_clients() keep of clients beside keyed hashes. A lower level does what forget_clients()
    /// does.
    void set_identity(IdentityLevel identity);
    /// Removes all that is kept of clients, but for the keyed hashes in counts: here at once, in a recorder when its
    /// thread calls refresh().
    void forget_clients();
    /// Takes the hits of all workers, those of one worker in their order. Called by one thread only.
    void take_hits(const std::function<void(const Hit&)>& take);

    /// Clears what is kept of sinkholed clients for Signal::Turning and is older than ten minutes. Call it every
    /// second.
    void forget_sinkholes(Ticks now);
    /// Adds the answers sampled since the last call to top_names() and top_clients(). Call it about every second: a
    /// recorder keeps a thousand samples.
    void count_samples();
    /// Host names that resolve and that no directive matches; TopRow::others counts clients.
    [[nodiscard]] std::vector<TopRow> top_names(std::size_t rows, std::uint64_t clients_min = 0) const;
    /// Addresses as text, none for IdentityLevel::None; TopRow::others counts names.
    [[nodiscard]] std::vector<TopRow> top_clients(std::size_t rows) const;

private:
    [[nodiscard]] std::vector<Recorder*> all_recorders() const;
    void forget() CENOTE_REQUIRES(mutex_);
    void collect_row(std::size_t row, Metrics& metrics) const CENOTE_REQUIRES(mutex_);
    [[nodiscard]] std::vector<BypassClient> bypass_clients() const CENOTE_REQUIRES(mutex_);

    const std::uint64_t seed_;  // seed of the hashes of clients, the same in all recorders
    HitSettings hit_settings_;
    RecentSinkholes::List sinkholes_{nullptr};
    mutable Mutex mutex_;
    TopTable names_ CENOTE_GUARDED_BY(mutex_);
    TopTable clients_ CENOTE_GUARDED_BY(mutex_);
    std::vector<std::unique_ptr<Recorder>> recorders_ CENOTE_GUARDED_BY(mutex_);
};

}  // namespace cenote::telemetry
