// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/recorder.h"

#include <algorithm>
#include <cstring>

#include "resolver/base/random.h"

namespace cenote::telemetry {
namespace {

/// The counter of a value of an enumeration, whose counters follow `first` in the order of its values.
template <typename Value>
constexpr Counter counter_of(Counter first, Value value) noexcept {
    return static_cast<Counter>(static_cast<std::uint8_t>(first) + static_cast<std::uint8_t>(value));
}

static_assert(counter_of(Counter::QueriesUdp, QueryTransport::Tcp) == Counter::QueriesTcp);
static_assert(counter_of(Counter::QueriesUdp, QueryTransport::Tls) == Counter::QueriesTls);
static_assert(counter_of(Counter::QueriesUdp, QueryTransport::Https) == Counter::QueriesHttps);
static_assert(counter_of(Counter::QueriesUdp, QueryTransport::Quic) == Counter::QueriesQuic);
static_assert(counter_of(Counter::Unlisted, QueryVerdict::Observe) == Counter::Observed);
static_assert(counter_of(Counter::Unlisted, QueryVerdict::Advise) == Counter::Advised);
static_assert(counter_of(Counter::Unlisted, QueryVerdict::Restrict) == Counter::Restricted);
static_assert(counter_of(Counter::Unlisted, QueryVerdict::Block) == Counter::Blocked);
static_assert(counter_of(Counter::Unlisted, QueryVerdict::Allow) == Counter::Allowed);
static_assert(counter_of(Counter::Unlisted, QueryVerdict::Exception) == Counter::Excepted);
static_assert(counter_of(Counter::Unlisted, QueryVerdict::Local) == Counter::Local);
static_assert(counter_of(Counter::Sinkholed, Source::Local) == Counter::AnsweredLocally);
static_assert(counter_of(Counter::Sinkholed, Source::Cache) == Counter::Cached);
static_assert(counter_of(Counter::Sinkholed, Source::Stale) == Counter::Stale);
static_assert(counter_of(Counter::Sinkholed, Source::Upstream) == Counter::Forwarded);
static_assert(counter_of(Counter::Sinkholed, Source::Failure) == Counter::Failed);
static_assert(counter_of(Counter::Sinkholed, Source::None) == Counter::Dropped);

Counter counter_of(wire::Rcode rcode) noexcept {
    switch (rcode) {
        case wire::Rcode::NoError: return Counter::Noerror;
        case wire::Rcode::NXDomain: return Counter::Nxdomain;
        case wire::Rcode::ServFail: return Counter::Servfail;
        case wire::Rcode::Refused: return Counter::Refused;
        default: return Counter::RcodeOther;
    }
}

/// The settings of a recorder without a Hub.
const HitSettings& no_hits() noexcept {
    static const HitSettings kNone;
    return kNone;
}

/// Names of usual length are two pieces of one size, which may overlap, without a call of memcpy().
[[gnu::always_inline]] inline std::uint8_t copy_name(ByteView name, std::array<std::uint8_t, 255>& to) noexcept {
    constexpr std::size_t kPiece = 16;
    const std::size_t size = std::min(name.size(), to.size());
    if (size >= kPiece && size <= 2 * kPiece) {
        std::memcpy(to.data(), name.data(), kPiece);
        std::memcpy(to.data() + size - kPiece, name.data() + size - kPiece, kPiece);
    } else {
        std::copy_n(name.begin(), size, to.begin());
    }
    return static_cast<std::uint8_t>(size);
}

}  // namespace

Recorder::Recorder() : Recorder(random_u64(), no_hits(), nullptr) {}
Recorder::Recorder(std::uint64_t seed, const HitSettings& hits, RecentSinkholes::List* sinkholes)
    : state_(std::make_unique<State>(seed, hits, sinkholes)) {}
Recorder::~Recorder() = default;

void Recorder::count(Counter counter) noexcept { state_->add(counter); }

template <Recorder::State::Identified Is>
inline void Recorder::State::hit(const QueryEvent& event, Key identity) noexcept {
    Hit* const hit = hits.slot();
    if (hit == nullptr) return add(Counter::HitsLost);
    const std::uint64_t client = sketch_hash(event.client, hit_settings.seed.load(std::memory_order_relaxed));
    const std::uint64_t episode = client ^ hit_settings.episode.load(std::memory_order_relaxed);
    static_cast<QueryFacts&>(*hit) = event;
    hit->client_cell = sketch_cell(client);
    hit->episode_cell = sketch_cell(episode);
    hit->client = event.identity == IdentityLevel::None ? IpAddress() : event.client;
    hit->identity_key = Is == Identified::Yes && event.identity == IdentityLevel::Address ? identity : kKeyNone;
    hit->name_size = copy_name(event.name, hit->name_bytes);
    hits.publish();
}

bool Recorder::wants_upstream() const noexcept { return state_->hit_settings.upstream.load(std::memory_order_relaxed); }

bool Recorder::wants_all_upstream() const noexcept {
    return state_->hit_settings.upstream_all.load(std::memory_order_relaxed);
}

void Recorder::record(const UpstreamQuery& query) noexcept {
    if (!state_->upstream.push(query)) state_->add(Counter::HitsLost);
}

void Recorder::refresh() noexcept {
    const std::uint32_t forget = state_->hit_settings.forget.load(std::memory_order_acquire);
    if (forget == state_->forgotten) return;
    state_->forgotten = forget;
    state_->bypass.clear();
}

/// Inlined into both of its callers, so that none of them pays for a call more.
template <Recorder::State::Identified Is>
[[gnu::always_inline]] inline void Recorder::State::record(const QueryEvent& event, Key identity) noexcept {
    add(counter_of(Counter::QueriesUdp, event.transport));
    add(counter_of(Counter::Unlisted, event.verdict));
    add(counter_of(Counter::Sinkholed, event.source));
    if (event.source != Source::None) {
        add(counter_of(event.rcode));
        Latency& times = latency[static_cast<std::size_t>(event.source)];
        times.buckets[Histogram::bucket_of(event.latency_us)].add(1);
        times.sum_us.add(event.latency_us);
    }
    if (!combinations.add(event)) add(Counter::CombinationsOverflow);

    GroupRow& group = groups[GroupRow::of(event.group_key)];
    group.queries.add(1);
    group.last_seen.raise(event.at.time_since_epoch().count());
    const std::uint64_t client = sketch_hash(event.client, seed);
    group.clients.add(client);
    if (event.exception_key != kKeyNone) exceptions[GroupRow::of(event.exception_key)].add(event.at);
    if (event.signal != Signal::None) signal(event, client);
    // A way around that is sinkholed itself is asked for again and again: that is no turning.
    if (event.source == Source::Sinkhole && !event.bypass) sinkholes.note(client, event.at);

    if (event.bypass) {
        const IdentityLevel level = std::min(event.identity, hit_settings.identity.load(std::memory_order_relaxed));
        const IpAddress kept = level == IdentityLevel::None ? IpAddress() : event.client;
        if (!bypass.add(client, kept, event.service_key, event.at)) add(Counter::BypassOverflow);
    }

    const bool open = event.verdict == QueryVerdict::Forward;  // without clients, samples give open names alone
    if (event.source != Source::None &&
        (open || hit_settings.identity.load(std::memory_order_relaxed) != IdentityLevel::None))
        sample(event, client);
    if (hit_settings.wanted.load(std::memory_order_relaxed) &&
        (event.directive_key != kKeyNone || hit_settings.all.load(std::memory_order_relaxed)))
        hit<Is>(event, identity);
}

void Recorder::record(const QueryEvent& event) noexcept { state_->record<State::Identified::No>(event, kKeyNone); }

void Recorder::record(const QueryEvent& event, Key identity) noexcept {
    state_->record<State::Identified::Yes>(event, identity);
}

/// Samples are a part of the answers on purpose: what finds no room is not counted.
void Recorder::State::sample(const QueryEvent& event, std::uint64_t client) noexcept {
    AnswerSample* const sample = samples.slot();
    if (sample == nullptr) return;
    sample->client_hash = client;
    const bool hash_only = hit_settings.identity.load(std::memory_order_relaxed) == IdentityLevel::None;
    sample->client = hash_only ? IpAddress() : event.client;
    sample->open = event.verdict == QueryVerdict::Forward && event.rcode == wire::Rcode::NoError;
    sample->name_size = copy_name(event.name, sample->name_bytes);
    samples.publish();
}

/// `client`: its hash. Neither it nor the name is kept.
void Recorder::State::signal(const QueryEvent& event, std::uint64_t client) noexcept {
    Signals& of_group = signals[GroupRow::of(event.group_key)];
    of_group[static_cast<std::size_t>(event.signal)].add(1);
    const bool way_around = event.signal == Signal::Resolver || event.signal == Signal::Vpn;
    if (way_around && RecentSinkholes::has(sinkhole_list, client, event.at))
        of_group[static_cast<std::size_t>(Signal::Turning)].add(1);
}

}  // namespace cenote::telemetry
