// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/recorder.h"

#include <algorithm>

#include "resolver/base/hash.h"
#include "resolver/base/random.h"

namespace cenote::telemetry {
namespace {

Counter counter_of(QueryTransport transport) noexcept {
    switch (transport) {
        case QueryTransport::Udp: return Counter::QueriesUdp;
        case QueryTransport::Tcp: break;
    }
    return Counter::QueriesTcp;
}

/// Counter::Queries: there is no further counter.
Counter counter_of(QueryVerdict verdict) noexcept {
    switch (verdict) {
        case QueryVerdict::Forward: break;
        case QueryVerdict::Observe: return Counter::Observed;
        case QueryVerdict::Advise: return Counter::Advised;
        case QueryVerdict::Restrict: return Counter::Restricted;
        case QueryVerdict::Block: return Counter::Blocked;
        case QueryVerdict::Allow: return Counter::Allowed;
        case QueryVerdict::Exception: return Counter::Excepted;
        case QueryVerdict::Local: return Counter::Local;
    }
    return Counter::Queries;
}

Counter counter_of(Source source) noexcept {
    switch (source) {
        case Source::Cache: return Counter::Cached;
        case Source::Stale: return Counter::Stale;
        case Source::Upstream: return Counter::Forwarded;
        case Source::None: return Counter::Dropped;
        case Source::Sinkhole:  // counted by verdict
        case Source::Local:
        case Source::Failure: break;  // counted by RCODE
    }
    return Counter::Queries;
}

Counter counter_of(wire::Rcode rcode) noexcept {
    switch (rcode) {
        case wire::Rcode::NoError: return Counter::Noerror;
        case wire::Rcode::NXDomain: return Counter::Nxdomain;
        case wire::Rcode::ServFail: return Counter::Servfail;
        case wire::Rcode::Refused: return Counter::Refused;
        default: return Counter::RcodeOther;
    }
}

}  // namespace

Recorder::Recorder() : Recorder(random_u64()) {}
Recorder::Recorder(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}
Recorder::~Recorder() = default;

void Recorder::count(Counter counter) noexcept { state_->add(counter); }

void Recorder::record(const QueryEvent& event) noexcept {
    State& state = *state_;
    state.add(Counter::Queries);
    state.add(counter_of(event.transport));
    if (const auto more = counter_of(event.verdict); more != Counter::Queries) state.add(more);
    if (const auto more = counter_of(event.source); more != Counter::Queries) state.add(more);
    if (event.source != Source::None) {
        state.add(counter_of(event.rcode));
        state.latency[Histogram::bucket_of(event.latency_us)].add(1);
        state.latency_sum_us.add(event.latency_us);
    }
    if (!state.combinations.add(event)) state.add(Counter::CombinationsOverflow);

    GroupRow& group = state.groups[GroupRow::of(event.group_key)];
    group.queries.add(1);
    group.last_seen.raise(event.at.time_since_epoch().count());
    const std::uint64_t client = hash64(event.client.octets(), state.seed);
    group.clients.add(client);
    if (event.exception_key != kKeyNone) state.exceptions[GroupRow::of(event.exception_key)].add(event.at);
    if (event.bypass && !state.bypass.add(event.client, client, event.service_key, event.at))
        state.add(Counter::BypassOverflow);

    if (event.source != Source::None && state.samples.has_room()) state.sample(event);
}

void Recorder::State::sample(const QueryEvent& event) noexcept {
    AnswerSample sample;
    sample.client = event.client;
    sample.open = event.verdict == QueryVerdict::Forward && event.rcode == wire::Rcode::NoError;
    sample.name_size = static_cast<std::uint8_t>(std::min(event.name.size(), sample.name_bytes.size()));
    std::copy_n(event.name.begin(), sample.name_size, sample.name_bytes.begin());
    samples.push(sample);
}

}  // namespace cenote::telemetry
