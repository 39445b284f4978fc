// SPDX-License-Identifier: Apache-2.0
//
// Completions from upstream, and the replies to the queries that wait for them.
#include <algorithm>
#include <string_view>
#include <utility>

#include "resolver/engine/local_answer.h"
#include "resolver/engine/query_context.h"
#include "resolver/engine/reveal.h"

namespace cenote::engine {

using telemetry::Source;
using wire::EdeCode;
using wire::Rcode;

namespace {

constexpr std::uint16_t kPaddedTo = 468;  // of answers (RFC 8467 §4.1)

/// The extended error of a failure (RFC 8914 §4.23, §4.24): that of the upstream server where it sent one.
EdeCode failure_code(const upstream::Completion& completion) noexcept {
    if (completion.shape.has_error) return completion.shape.error_code;
    switch (completion.ending) {
        case upstream::Ending::Unreachable: return EdeCode::NetworkError;
        case upstream::Ending::Overloaded: return EdeCode::Other;
        default: return EdeCode::NoReachableAuthority;
    }
}

bool says_blocked(const wire::AnswerInfo& shape) noexcept {
    return shape.has_error && (shape.error_code == EdeCode::Blocked || shape.error_code == EdeCode::Censored ||
                               shape.error_code == EdeCode::Filtered || shape.error_code == EdeCode::BlockedUpstream);
}

telemetry::QueryVerdict verdict_word(const QueryContext& context) noexcept {
    using telemetry::QueryVerdict;
    if (!context.judged) return context.local.kind == LocalKind::None ? QueryVerdict::Forward : QueryVerdict::Local;
    const policy::Cell& cell = context.cell();
    // A canary name keeps its answer, but a directive that applies to it is counted.
    const bool ours = context.local.kind != LocalKind::None && context.local.kind != LocalKind::MinimalAny;
    if (ours && (context.local.kind != LocalKind::Canary || cell.step == policy::Step::None))
        return QueryVerdict::Local;
    if (cell.allowed && cell.step < policy::Step::Block) return QueryVerdict::Allow;
    if (cell.exception != policy::Cell::kNone) return QueryVerdict::Exception;
    switch (cell.step) {
        case policy::Step::None: return QueryVerdict::Forward;
        case policy::Step::Observe: return QueryVerdict::Observe;
        case policy::Step::Advise: return QueryVerdict::Advise;
        case policy::Step::Restrict: return QueryVerdict::Restrict;
        case policy::Step::Block: return QueryVerdict::Block;
    }
    return QueryVerdict::Forward;
}

/// The signal of a query for a local name, or for a name of a service of category bypass (`event.bypass`).
telemetry::Signal signal_of(const QueryContext& context, const telemetry::QueryEvent& event) noexcept {
    using telemetry::QueryVerdict;
    using telemetry::Signal;
    using namespace std::string_view_literals;
    constexpr auto kDesignated = "\4_dns\10resolver\4arpa\0"sv;  // RFC 9462 §4, folded
    constexpr telemetry::RoleNumber kApi = static_cast<std::uint8_t>(domainset::Role::Api) + 1;
    if (context.local.kind == LocalKind::Canary) return Signal::Canary;
    // An answer with records leads to this resolver, which is no way around.
    if (context.local.kind == LocalKind::Designation) {
        const auto byte = [](char c) { return static_cast<std::uint8_t>(c); };
        const bool is_it = std::ranges::equal(event.name, kDesignated, {}, {}, byte);
        return is_it && !event.has_answer ? Signal::Designated : Signal::None;
    }
    if (context.local.kind == LocalKind::Nodata) return Signal::None;
    // What an allow or an exception opens is no way around.
    if (!event.bypass || event.verdict < QueryVerdict::Observe || event.verdict > QueryVerdict::Block)
        return Signal::None;
    return event.role == kApi || event.role == 0 ? Signal::Resolver : Signal::Vpn;
}

}  // namespace

void Engine::complete(const upstream::Query& query, const upstream::Completion& completion,
                      std::span<const upstream::Waiter> waiters, Ticks now) noexcept {
    if (!completion.asked.empty()) record_asked(query, completion.asked, waiters, now);
    cache::Links links;
    if (completion.ending == upstream::Ending::Answered) {
        if (snapshot_->policy != nullptr) links = reveal(*snapshot_->policy, snapshot_->local, completion.answer);
        wire::AnswerInfo shape = completion.shape;
        if (links.to_local) {  // only the records up to the local name are used
            shape.rcode = Rcode::NoError;
            shape.negative = false;
            shape.ttl_s = find_local_cut(completion.answer, snapshot_->local).ttl_s;
        }
        cache_.store(cache_key_of(query), completion.answer, shape, links, now);
    } else if (completion.ending != upstream::Ending::Overloaded) {  // our own limit is no failure of upstream
        cache_.store_failure(cache_key_of(query), failure_code(completion), now);
    }
    for (const upstream::Waiter waiter : waiters) answer_waiter(query, completion, links, handle_of(waiter), now);
}

bool Engine::wants_asked() const noexcept { return recorder_.wants_upstream(); }

/// The directive over the name for one of those who wait for it; kKeyNone: there is none. A part of a chain of aliases
/// is not the name that a directive covers.
telemetry::Key Engine::directive_over(const upstream::Query& query, std::span<const upstream::Waiter> waiters,
                                      Ticks now) noexcept {
    for (const upstream::Waiter waiter : waiters) {
        const PendingQuery* waiting = pending_.find(handle_of(waiter));
        if (waiting == nullptr) continue;
        const Client client = waiting->client;
        QueryContext context(client, now);
        resume(context, *waiting);
        if (!admit_late(context) || !context.judged || context.verdict.cell >= snapshot_->cell_keys.size() ||
            !(context.query.name == query.question.name))
            continue;
        if (const telemetry::Key key = snapshot_->cell_keys[context.verdict.cell].directive; key != telemetry::kKeyNone)
            return key;
    }
    return telemetry::kKeyNone;
}

void Engine::record_asked(const upstream::Query& query, std::span<const upstream::Asked> asked,
                          std::span<const upstream::Waiter> waiters, Ticks now) noexcept {
    static_assert(static_cast<int>(telemetry::UpstreamWay::Https) == static_cast<int>(upstream::Asked::Way::Https));
    telemetry::UpstreamQuery made;
    made.directive_key = directive_over(query, waiters, now);
    if (made.directive_key == telemetry::kKeyNone && !recorder_.wants_all_upstream()) return;
    const ByteView name = query.question.name.wire();
    made.name_size = static_cast<std::uint8_t>(name.size());
    std::ranges::copy(name, made.name_bytes.begin());
    made.type = query.question.type;
    for (const upstream::Asked& each : asked) {
        made.asked = each.at;
        made.answered = each.answered;
        made.server = each.server;
        made.way = static_cast<telemetry::UpstreamWay>(each.way);
        made.rcode = each.rcode;
        recorder_.record(made);
    }
}

/// Restores a waiting query, and looks it up in the present policy, which may be another by now.
void Engine::resume(QueryContext& context, const PendingQuery& waiting) const noexcept {
    waiting.restore(context.query);
    context.since = waiting.since;
    context.late = true;
    context.look_up(snapshot_->policy.get());
}

void Engine::answer_waiter(const upstream::Query& query, const upstream::Completion& completion,
                           const cache::Links& links, SlabHandle handle, Ticks now) noexcept {
    PendingQuery* waiting = pending_.find(handle);
    if (waiting == nullptr) return;  // answered from stale data already, or a refresh ahead
    const Client client = waiting->client;
    QueryContext context(client, now);
    resume(context, *waiting);
    context.waiting = handle;
    context.completed_query = &query;
    context.completion = &completion;
    wire::ReplyBuffer reply{.space = late_, .limit = reply_limit(client, context.query), .size = 0};
    const Outcome outcome =
        admit_late(context) ? answer_late(context, links, waiting->aside, reply) : refuse(context, reply);
    if (outcome == Outcome::Pending) return;
    pending_.remove(handle);
    if (outcome == Outcome::Answered && reply.size != 0) sink_.send(client, reply.written(), context.since);
    if (context.refusal == Refusal::None) record(context, outcome, reply);
}

/// `aside`: the completion is for a name other than QNAME.
Outcome Engine::answer_late(QueryContext& context, const cache::Links& links, bool aside,
                            wire::ReplyBuffer& reply) noexcept {
    const upstream::Completion& completion = *context.completion;
    const bool answered = completion.ending == upstream::Ending::Answered;
    if (alias_of(context.local, context.query.type) != nullptr)
        return answer_locally(context, answered ? StaleToo::No : StaleToo::Yes, reply);
    if (context.is_sinkholed())
        return answer_sinkholed(context,
                                reply);  // the answer for the CNAME's target is in the cache, or the policy has changed
    if (answered && !aside) {
        context.source = Source::Upstream;
        wire::OptContent opt = own_opt(context);
        if (says_blocked(completion.shape)) opt.add({.code = EdeCode::BlockedUpstream, .text = {}, .short_text = {}});
        std::ranges::copy(completion.answer, late_.begin());
        reply.size = completion.answer.size();
        const cache::Options& cache = snapshot_->cache;
        const auto highest =
            completion.shape.negative ? std::min(cache.max_ttl, cache.negative_max_ttl) : cache.max_ttl;
        wire::age_answer(reply.space.first(reply.size), 0,
                         static_cast<std::uint32_t>(std::min(cache.min_ttl, highest).count()),
                         static_cast<std::uint32_t>(highest.count()));
        return finish(context, links, opt, reply);
    }
    if (const auto served = serve_cached(context, StaleToo::Yes, reply)) return *served;
    give_up(context, completion, reply);
    return Outcome::Answered;
}

void Engine::give_up(QueryContext& context, const upstream::Completion& completion, wire::ReplyBuffer& reply) noexcept {
    std::string_view text;
    switch (completion.ending) {
        case upstream::Ending::TimedOut: text = "no upstream server answered in time"; break;
        case upstream::Ending::Unreachable: text = "no upstream server could be reached"; break;
        case upstream::Ending::Overloaded: text = "too many queries wait for upstream"; break;
        case upstream::Ending::Failed: text = "upstream servers gave no usable answer"; break;
        case upstream::Ending::Answered: text = "the policy changed while this was asked"; break;
    }
    fail(context, Rcode::ServFail, {.code = failure_code(completion), .text = text, .short_text = {}}, reply);
}

void Engine::on_client_response_timeout(const upstream::Query&, std::span<const upstream::Waiter> waiters,
                                        Ticks now) noexcept {
    for (const upstream::Waiter waiter : waiters) {
        PendingQuery* waiting = pending_.find(handle_of(waiter));
        if (waiting == nullptr) continue;
        const Client client = waiting->client;
        QueryContext context(client, now);
        resume(context, *waiting);
        wire::ReplyBuffer reply{.space = late_, .limit = reply_limit(client, context.query), .size = 0};
        if (!admit_late(context) || context.is_sinkholed()) continue;
        const bool is_alias = alias_of(context.local, context.query.type) != nullptr;
        std::optional<Outcome> outcome =
            is_alias ? answer_locally(context, StaleToo::Yes, reply) : serve_cached(context, StaleToo::Yes, reply);
        if (outcome != Outcome::Answered && waiting->exchanges > 1) {  // the first exchange has used up its time
            give_up(context, {.ending = upstream::Ending::TimedOut, .answer = {}, .shape = {}}, reply);
            outcome = Outcome::Answered;
        }
        if (outcome != Outcome::Answered) continue;
        pending_.remove(handle_of(waiter));
        sink_.send(client, reply.written(), context.since);
        record(context, Outcome::Answered, reply);
    }
}

wire::OptContent Engine::own_opt(QueryContext& context) const noexcept {
    wire::OptContent opt;
    if (context.query.edns.wants_options) [[unlikely]]
        add_options(context, opt);
    return opt;
}

/// What the query asks for by options of its own. It is not inlined, so that it costs other queries nothing.
[[gnu::noinline]] void Engine::add_options(QueryContext& context, wire::OptContent& opt) const noexcept {
    opt.nsid = snapshot_->nsid;
    add_cookie(context, opt);
    switch (context.client.transport) {
        case telemetry::QueryTransport::Udp: break;
        // HTTP and QUIC have a keep-alive of their own (RFC 9250 §5.5.2).
        case telemetry::QueryTransport::Https:
        case telemetry::QueryTransport::Quic: opt.padded_to = kPaddedTo; break;
        case telemetry::QueryTransport::Tls: opt.padded_to = kPaddedTo; [[fallthrough]];
        case telemetry::QueryTransport::Tcp: opt.keepalive_100ms = keepalive_100ms_; break;
    }
}

/// What the cookie of the query is, which is verified once; the one of the reply is in the context. nullopt: the query
/// has none, or cookies are off.
std::optional<wire::CookieState> Engine::read_cookie(QueryContext& context) const noexcept {
    const ByteView received = context.query.edns.cookie;
    if (received.empty() || snapshot_->cookies.empty()) return std::nullopt;
    if (!std::exchange(context.cookie_read, true))
        context.cookie_state =
            wire::answer_cookie(received, context.client.peer.ip, snapshot_->cookies, cookie_time_, context.cookie);
    return context.cookie_state;
}

/// Answers the cookie of the query, if it has one. An invalid one counts as none (RFC 7873 §5.2.4).
wire::CookieState Engine::add_cookie(QueryContext& context, wire::OptContent& opt) const noexcept {
    const auto state = read_cookie(context);
    if (!state) return wire::CookieState::ClientOnly;
    opt.cookie = context.cookie;
    count_cookie(*state);
    return *state;
}

void Engine::count_cookie(wire::CookieState state) const noexcept {
    switch (state) {
        case wire::CookieState::ClientOnly: return recorder_.count(telemetry::Counter::CookiesNew);
        case wire::CookieState::Valid: return recorder_.count(telemetry::Counter::CookiesValid);
        case wire::CookieState::Invalid: return recorder_.count(telemetry::Counter::CookiesInvalid);
    }
}

SinkholeContext Engine::sinkhole_context(QueryContext& context) const noexcept {
    const policy::Cell& cell = context.cell();
    return {.query = context.query,
            .cell = cell,
            .labels = context.verdict.labels,
            .ttl_s = ttl_until_edge(cell.ttl_s, context.now),
            .opt = own_opt(context)};
}

std::uint32_t Engine::ttl_until_edge(std::uint32_t ttl_s, Ticks now) const noexcept {
    if (snapshot_->next_edge == Ticks::max()) return ttl_s;
    const auto left = std::chrono::floor<seconds>(snapshot_->next_edge - now).count();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 0, ttl_s));
}

void Engine::record(const QueryContext& context, Outcome outcome, const wire::ReplyBuffer& reply) noexcept {
    telemetry::QueryEvent event;
    event.at = context.now;
    event.latency_us = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(context.now - context.since).count());
    event.transport = context.client.transport;
    event.client = context.client.peer.ip;
    event.name = context.query.name.wire();
    event.type = context.query.type;
    event.verdict = verdict_word(context);
    event.source = outcome == Outcome::Answered ? context.source : Source::None;
    if (reply.size >= wire::kHeaderSize) {
        event.rcode = static_cast<Rcode>(reply.space[3] & 0x0f);
        event.has_answer = load_u16(&reply.space[6]) != 0;
        if ((reply.space[2] & 0x02) != 0) recorder_.count(telemetry::Counter::Truncated);
    }
    if (context.judged) {
        if (context.verdict.cell < snapshot_->cell_keys.size()) {
            const CellKeys& keys = snapshot_->cell_keys[context.verdict.cell];
            event.service_key = keys.service;
            event.directive_key = keys.directive;
            event.exception_key = keys.exception;
            event.identity = keys.identity;
            event.bypass = keys.bypass;
        }
        if (context.source_set < snapshot_->roles.size()) event.role = snapshot_->roles[context.source_set];
        if (event.bypass || context.local.kind != LocalKind::None) event.signal = signal_of(context, event);
        if (context.client_class < snapshot_->group_keys.size())
            event.group_key = snapshot_->group_keys[context.client_class];
        else if (!snapshot_->identified.empty())
            return record_identified(context, event);
    }
    recorder_.record(event);
}

/// Of a client with an identity: its class is behind those by address.
void Engine::record_identified(const QueryContext& context, telemetry::QueryEvent& event) noexcept {
    const std::size_t index = context.client_class - snapshot_->group_keys.size();
    if (index >= snapshot_->identified.size()) return recorder_.record(event);
    event.group_key = snapshot_->identified[index].group;
    recorder_.record(event, snapshot_->identified[index].identity);
}

Engine::Engine(Published<Snapshot>& snapshots, cache::Cache& cache, telemetry::Recorder& recorder, ReplySink& sink,
               const PendingLimits& limits, const ForwarderFactory& make_forwarder)
    : snapshot_(snapshots),
      cache_(cache),
      recorder_(recorder),
      sink_(sink),
      pending_(limits),
      upstream_(snapshot_->upstream),
      late_(wire::kMessageMax),
      cname_target_(wire::kMessageMax),
      chain_(wire::kMessageMax) {
    forwarder_ = make_forwarder(*this, upstream_);
    adopt();
}

Engine::~Engine() = default;

}  // namespace cenote::engine
