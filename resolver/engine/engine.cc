// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/engine.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <type_traits>

#include "resolver/engine/local_answer.h"
#include "resolver/engine/query_context.h"
#include "resolver/engine/reveal.h"
#include "resolver/engine/sinkhole.h"

namespace cenote::engine {

using telemetry::Counter;
using telemetry::Source;
using wire::EdeCode;
using wire::Rcode;

namespace {

constexpr std::size_t kAhead = 16;  // queries of which each is parsed, then each decided, then each answered

/// Room for one. An array of std::optional would be filled with zeros first: 26 KiB for each batch, which GCC does for
/// the default constructor of an optional.
union Place {
    Place() noexcept {}  // NOLINT(modernize-use-equals-default): a defaulted one would be deleted

    QueryContext context;
};
static_assert(std::is_trivially_destructible_v<QueryContext>);

/// Whether an answer that is not fresh may be used.
bool may_serve(const cache::Hit& hit, bool stale_too) noexcept {
    switch (hit.freshness) {
        case cache::Freshness::None: return false;
        case cache::Freshness::Failure: return !stale_too;  // else the caller has a more precise error
        case cache::Freshness::Stale: return stale_too || hit.failing;
        case cache::Freshness::Fresh: break;
    }
    return true;
}

}  // namespace

Outcome Engine::handle(const Client& client, ByteView packet, wire::ReplyBuffer& reply, Ticks now) noexcept {
    QueryContext context(client, now);
    read(context, packet);
    if (client.identity == policy::Identity::None)
        decide<KnownBy::Address>(context);
    else
        decide<KnownBy::Identity>(context);
    return answer(context, reply);
}

void Engine::handle(std::span<Datagram> batch, MutableBytes space, Ticks now) noexcept {
    std::array<Place, kAhead> ahead;
    while (!batch.empty()) {
        const auto some = batch.first(std::min(batch.size(), ahead.size()));
        const auto all = std::span(ahead).first(some.size());
        for (std::size_t i = 0; i < some.size(); ++i)
            read(*std::construct_at(&all[i].context, some[i].client, now), some[i].packet);
        for (const Place& place : all) place.context.prefetch_groups();
        for (const Place& place : all) place.context.prefetch_record();
        for (Place& place : all) decide<KnownBy::Address>(place.context);
        for (const Place& place : all)
            if (place.context.wants_cache()) cache_.prefetch_entry(place.context.cache_hash);
        for (std::size_t i = 0; i < some.size(); ++i) {
            wire::ReplyBuffer reply{.space = space, .limit = 0, .size = 0};
            if (answer(all[i].context, reply) == Outcome::Answered) some[i].reply = reply.written();
            space = space.subspan(some[i].reply.size());
        }
        batch = batch.subspan(some.size());
    }
}

/// The first pass: parses the query.
[[gnu::always_inline]] inline void Engine::read(QueryContext& context, ByteView packet) const noexcept {
    context.packet = packet;
    context.status = parse_query(packet, context.query);
    if (context.status == wire::ParseStatus::Ok)
        context.look_up(snapshot_->policy.get());
    else
        read_faulty(context);
}

/// What is wrong with a query may be no fault over its transport (RFC 7828 §3.3.1). It is not inlined, so that it costs
/// well-formed queries nothing.
[[gnu::noinline]] void Engine::read_faulty(QueryContext& context) const noexcept {
    if (context.status != wire::ParseStatus::Keepalive || context.client.transport != telemetry::QueryTransport::Udp)
        return;
    context.status = wire::ParseStatus::Ok;
    context.look_up(snapshot_->policy.get());
}

/// The second pass: decides how it is answered.
template <KnownBy By>
void Engine::decide(QueryContext& context) const noexcept {
    if (context.status == wire::ParseStatus::Ok && admit<By>(context) && context.wants_cache())
        context.cache_hash = cache_.prefetch_index(context.cache_key());
}

/// The third pass: writes the reply, or waits for upstream.
Outcome Engine::answer(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    reply.size = 0;
    reply.limit = reply_limit(context.client, context.query);
    if (guarded_) [[unlikely]]
        if (const auto guarded = guard(context, reply)) return *guarded;
    if (context.status != wire::ParseStatus::Ok) return reject(context, reply);
    if (context.refusal != Refusal::None) return refuse(context, reply);  // no verdict, so nothing is recorded

    Outcome outcome;
    if (context.local.kind != LocalKind::None)
        outcome = answer_locally(context, StaleToo::No, reply);
    else if (context.is_sinkholed())
        outcome = answer_sinkholed(context, reply);
    else if (const auto served = serve_cached(context, StaleToo::No, reply))
        outcome = *served;
    else
        outcome = forward(context, context.upstream_query(), reply);

    if (outcome != Outcome::Pending) record(context, outcome, reply);  // complete() records pending queries
    return outcome;
}

void Engine::adopt() noexcept { guarded_ = !snapshot_->zones.empty() || snapshot_->cookies_required; }

void Engine::begin_batch() noexcept {
    if (!snapshot_.refresh()) return;
    adopt();
    if (snapshot_->upstream == upstream_) return;
    upstream_ = snapshot_->upstream;
    forwarder_->apply(upstream_);
}

/// Checks that the client may query, and judges QNAME; false with the reason in `context.refusal`.
template <KnownBy By>
bool Engine::admit(QueryContext& context) const noexcept {
    const PrefixTable::Value access = snapshot_->allow_from.find(context.client.peer.ip);
    if (access != Access::kFree && !admit_limited(context, access)) return false;
    if (snapshot_->policy == nullptr || (snapshot_->set_missing && snapshot_->without_set == WithoutSet::ServFail))
        return context.refuse_with(Refusal::NotReady);
    if (context.query.rr_class == wire::RrClass::CH) {
        context.local = {.kind = LocalKind::Chaos, .zone_labels = 0, .records = {}};
        return true;
    }
    context.local = snapshot_->local.find(context.query.name);
    context.judge<By>();
    if (context.query.type >= wire::RrType::ANY) admit_rare_type(context);
    return true;
}

/// The same for a query that has waited.
bool Engine::admit_late(QueryContext& context) const noexcept {
    return context.client.identity == policy::Identity::None ? admit<KnownBy::Address>(context)
                                                             : admit<KnownBy::Identity>(context);
}

/// The types that are answered here for names that are not local: ANY for all of them, RESINFO for the resolver itself,
/// unless `[[local]]` has a record of it.
void Engine::admit_rare_type(QueryContext& context) const noexcept {
    LocalAnswer& local = context.local;
    const wire::RrType type = context.query.type;
    if (type == wire::RrType::ANY && local.kind == LocalKind::None && !context.is_sinkholed())
        local.kind = LocalKind::MinimalAny;
    if (type == wire::RrType::RESINFO && snapshot_->discovery.describes(context.query.name) &&
        std::ranges::find(local.records, type, &LocalRecord::type) == local.records.end())
        local.kind = LocalKind::ResolverInfo;
}

Outcome Engine::answer_locally(QueryContext& context, StaleToo stale_too, wire::ReplyBuffer& reply) noexcept {
    context.source = Source::Local;
    wire::OptContent opt = own_opt(context);
    if (alias_of(context.local, context.query.type) != nullptr) return answer_chain(context, stale_too, {}, opt, reply);
    if (context.local.kind == LocalKind::Canary && context.is_sinkholed())
        opt = reasons(sinkhole_context(context), WithRecords::No);
    write_local(context, *snapshot_, opt, reply);
    return Outcome::Answered;
}

Outcome Engine::answer_sinkholed(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    context.source = Source::Sinkhole;
    if (context.wants_cname_target() && serve_cname_target(context, reply)) return Outcome::Answered;
    if (context.wants_cname_target() && !context.late && context.query.recursion_desired())
        return forward(context, context.cname_target_query(), reply);
    reply.size = 0;
    write_sinkhole(sinkhole_context(context), reply);
    return reply.size == 0 ? Outcome::Dropped : Outcome::Answered;
}

/// Answers with the addresses of the sinkhole CNAME's target, from `[[local]]` or the cache; false when they are not
/// known.
bool Engine::serve_cname_target(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    const upstream::Query query = context.cname_target_query();
    std::array<ByteView, kCnameTargetAddressesMax> addresses{};
    std::size_t count = 0;
    const auto add = [&](wire::RrType type, ByteView rdata) noexcept {
        if (type == query.question.type && count < addresses.size()) addresses[count++] = rdata;
    };
    const LocalAnswer local = snapshot_->local.find(query.question.name);
    for (const LocalRecord& record : local.records) add(record.type, record.rdata);
    if (local.kind == LocalKind::None) {
        wire::ReplyBuffer found{.space = cname_target_, .limit = cname_target_.size(), .size = 0};
        cache::Links links;
        if (cache_.lookup(cache_key_of(query), context.now, found, links).freshness != cache::Freshness::Fresh)
            return false;
        wire::for_each_answer(found.written(), add);
    }
    write_cname_target(sinkhole_context(context), std::span(addresses).first(count), reply);
    return true;
}

std::optional<Outcome> Engine::serve_cached(QueryContext& context, StaleToo stale_too,
                                            wire::ReplyBuffer& reply) noexcept {
    cache::Links links;
    const cache::Key key = context.cache_key();
    const cache::Hit hit = cache_.lookup(key, context.now, reply, links);
    if (hit.freshness != cache::Freshness::Fresh && !may_serve(hit, stale_too == StaleToo::Yes)) return std::nullopt;
    wire::OptContent opt = own_opt(context);
    switch (hit.freshness) {
        case cache::Freshness::None: break;
        case cache::Freshness::Failure:
            context.source = Source::Failure;
            opt.add({.code = EdeCode::CachedError, .text = {}, .short_text = {}});
            opt.add({.code = hit.failure_code, .text = {}, .short_text = {}});
            write_reply(context.query, Rcode::ServFail, {}, {}, opt, reply);
            return Outcome::Answered;
        case cache::Freshness::Stale:
            context.source = Source::Stale;
            opt.add(
                {.code = hit.nxdomain ? EdeCode::StaleNxdomain : EdeCode::StaleAnswer, .text = {}, .short_text = {}});
            break;
        case cache::Freshness::Fresh: context.source = Source::Cache; break;
    }
    if (links.generation != links_generation(*snapshot_->policy, snapshot_->local)) {
        links = reveal(*snapshot_->policy, snapshot_->local, reply.written());
        cache_.update_links(key, links);
    }
    const Outcome outcome = finish(context, links, opt, reply);
    // No refresh ahead for stale data: upstream has failed, and the cached failure decides when to ask again (RFC 9520
    // §3.2).
    if (hit.freshness == cache::Freshness::Fresh && hit.expiring &&
        forwarder_->resolve(context.upstream_query(), kRefreshAhead, context.now) == upstream::Ticket::Leading)
        recorder_.count(Counter::Prefetched);
    return outcome;
}

/// Judges for this client what the answer in `reply` reveals, then completes the reply with the client's header and
/// OPT.
Outcome Engine::finish(QueryContext& context, const cache::Links& links, const wire::OptContent& opt,
                       wire::ReplyBuffer& reply) noexcept {
    if (links.count != 0 && !context.infrastructure && !context.local.trusted) {
        const policy::Verdict link = judge_links(*snapshot_->policy, context.client_class, context.verdict, links);
        if (link.cell != context.verdict.cell) {
            context.verdict = {.cell = link.cell, .labels = context.query.name.labels()};
            if (context.is_sinkholed()) {
                recorder_.count(Counter::LinkBlocked);
                if (context.wants_cname_target() && !context.late)
                    forwarder_->resolve(context.cname_target_query(), kRefreshAhead, context.now);
                context.late = true;  // the reply is due now: an unknown address of the target is left out
                return answer_sinkholed(context, reply);
            }
        }
        if (links.incomplete) {  // a link that was not judged may be sinkholed
            recorder_.count(Counter::LinksOverflow);
            return fail(
                context, Rcode::ServFail,
                {.code = EdeCode::Other, .text = "the answer reveals too many names and addresses", .short_text = {}},
                reply);
        }
    }
    if (context.listed || links.count != 0) {  // a directive may apply to this name: no TTL outlasts the verdict
        const policy::Cell& cell = context.cell();
        // An exception may end at any time: its TTL is that of a sinkhole answer, so that its end takes effect as soon.
        const std::uint32_t longest = cell.exception == policy::Cell::kNone ? wire::kTtlMax : cell.ttl_s;
        wire::age_answer(reply.space.first(reply.size), 0, 0, ttl_until_edge(longest, context.now));
    }
    if (links.to_local && context.query.type != wire::RrType::CNAME)
        return answer_chain(context, StaleToo::No, reply.written(), opt, reply);
    finish_answer(context.query, opt, reply);
    return Outcome::Answered;
}

Outcome Engine::forward(QueryContext& context, const upstream::Query& query, wire::ReplyBuffer& reply) noexcept {
    if (!context.query.recursion_desired())  // without RD upstream's cache is not queried
        return fail(context, Rcode::Refused,
                    {.code = EdeCode::Other, .text = "recursion was not asked for", .short_text = {}}, reply);
    Pending::Refusal refusal{};
    const SlabHandle handle = pending_.add(context.client, refusal);
    if (refusal != Pending::Refusal::None) {
        recorder_.count(refusal == Pending::Refusal::Full ? Counter::PendingOverflow
                                                          : Counter::PendingPerClientOverflow);
        return answer_without_upstream(context, query, reply);
    }
    PendingQuery& waiting = pending_.at(handle);
    waiting.keep(context.query);
    waiting.since = context.now;
    waiting.exchanges = 1;
    waiting.aside = !context.goes_upstream_as(query);
    const upstream::Ticket ticket = forwarder_->resolve(query, waiter_of(handle), context.now);
    if (ticket == upstream::Ticket::Joined) forwarder_->note_joined(query, context.client.peer.ip);
    if (ticket != upstream::Ticket::Refused) return Outcome::Pending;
    pending_.remove(handle);
    recorder_.count(Counter::PendingOverflow);
    return answer_without_upstream(context, query, reply);
}

/// The answer where a limit keeps the query from upstream: stale data, as where upstream fails (RFC 8767 §4).
Outcome Engine::answer_without_upstream(QueryContext& context, const upstream::Query& query,
                                        wire::ReplyBuffer& reply) noexcept {
    if (context.wants_cache() && context.goes_upstream_as(query))
        if (const auto served = serve_cached(context, StaleToo::Yes, reply)) return *served;
    return fail(context, Rcode::ServFail,
                {.code = EdeCode::Other, .text = "too many queries wait for upstream", .short_text = {}}, reply);
}

Outcome Engine::fail(QueryContext& context, Rcode rcode, const wire::ExtendedError& error,
                     wire::ReplyBuffer& reply) noexcept {
    context.source = Source::Failure;
    wire::OptContent opt = own_opt(context);
    opt.add(error);
    write_reply(context.query, rcode, {}, {}, opt, reply);
    return Outcome::Answered;
}

}  // namespace cenote::engine
