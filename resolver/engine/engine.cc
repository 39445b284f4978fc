// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/engine.h"

#include <algorithm>
#include <array>
#include <optional>

#include "resolver/engine/asked.h"
#include "resolver/engine/local_answer.h"
#include "resolver/engine/reveal.h"
#include "resolver/engine/sinkhole.h"

namespace cenote::engine {

using telemetry::Counter;
using telemetry::Source;
using wire::EdeCode;
using wire::Rcode;

namespace {

constexpr std::size_t kAhead = 16;  // queries that take a step together

}  // namespace

Outcome Engine::handle(const Client& client, ByteView packet, wire::ReplyBuffer& reply, Ticks now) noexcept {
    Asked asked(client, now);
    read(asked, packet);
    decide(asked);
    return answer(asked, reply);
}

void Engine::handle(std::span<Datagram> batch, MutableBytes space, Ticks now) noexcept {
    std::array<std::optional<Asked>, kAhead> ahead;
    while (!batch.empty()) {
        const auto some = batch.first(std::min(batch.size(), ahead.size()));
        const auto all = std::span(ahead).first(some.size());
        for (std::size_t i = 0; i < some.size(); ++i) read(all[i].emplace(some[i].client, now), some[i].packet);
        for (const auto& asked : all) asked->prefetch_groups();
        for (const auto& asked : all) asked->prefetch_record();
        for (auto& asked : all) decide(*asked);
        for (const auto& asked : all)
            if (asked->wants_cache()) cache_.prefetch_entry(asked->cache_hash);
        for (std::size_t i = 0; i < some.size(); ++i) {
            wire::ReplyBuffer reply{.space = space, .limit = 0, .size = 0};
            if (answer(*all[i], reply) == Outcome::Answered) some[i].reply = reply.written();
            space = space.subspan(some[i].reply.size());
        }
        batch = batch.subspan(some.size());
    }
}

/// Step one: parse the query.
void Engine::read(Asked& asked, ByteView packet) const noexcept {
    asked.packet = packet;
    asked.status = parse_query(packet, asked.query);
    if (asked.status == wire::ParseStatus::Ok) asked.look_up(snapshot_->policy.get());
}

/// Step two: decide how it is answered.
void Engine::decide(Asked& asked) const noexcept {
    if (asked.status == wire::ParseStatus::Ok && admit(asked) && asked.wants_cache())
        asked.cache_hash = cache_.prefetch_index(asked.cache_key());
}

/// Step three: write the reply, or wait for upstream.
Outcome Engine::answer(Asked& asked, wire::ReplyBuffer& reply) noexcept {
    reply.size = 0;
    reply.limit = reply_limit(asked.client, asked.query);
    if (!snapshot_->zones.empty() && is_zone_business(asked))
        if (const auto diverted = divert(asked, reply)) return *diverted;
    if (asked.status != wire::ParseStatus::Ok) return reject(asked.status, asked.query, reply);

    Outcome outcome;
    if (asked.refusal != Refusal::None)
        outcome = refuse(asked, reply);
    else if (asked.local.kind != LocalKind::None)
        outcome = answer_locally(asked, StaleToo::No, reply);
    else if (asked.is_blocked())
        outcome = block(asked, reply);
    else if (const auto served = serve_cached(asked, StaleToo::No, reply))
        outcome = *served;
    else
        outcome = forward(asked, asked.upstream_query(), reply);

    if (outcome != Outcome::Pending) record(asked, outcome, reply);  // complete() records pending queries
    return outcome;
}

/// Whether the query is a transfer, a NOTIFY, or a query that secondaries send before a transfer, from an address that
/// may query zones.
bool Engine::is_zone_business(const Asked& asked) const noexcept {
    using wire::RrType;
    if (asked.status != wire::ParseStatus::Refused) {
        const RrType type = asked.query.type;
        if (asked.status != wire::ParseStatus::Ok || (type != RrType::SOA && type != RrType::NS)) return false;
        const auto& zones = snapshot_->zones;
        if (std::find(zones.begin(), zones.end(), asked.query.name) == zones.end()) return false;
    }
    return snapshot_->zone_peers.find(asked.client.peer.ip) != 0;
}

/// Hands the query over; nullopt when no zone takes it.
std::optional<Outcome> Engine::divert(const Asked& asked, wire::ReplyBuffer& reply) noexcept {
    switch (sink_.divert(asked.client, asked.packet)) {
        case Diverted::NotServed: return std::nullopt;
        case Diverted::Taken: return Outcome::Dropped;
        case Diverted::Later: return Outcome::Pending;
        case Diverted::NoRoom: break;
    }
    write_reply(asked.query, Rcode::ServFail, {}, {}, {}, reply);
    return Outcome::Answered;
}

void Engine::begin_batch() noexcept {
    if (!snapshot_.refresh()) return;
    if (snapshot_->upstream == upstream_) return;
    upstream_ = snapshot_->upstream;
    forwarder_->apply(upstream_);
}

/// Checks that the client may query, and judges QNAME; false with the reason in `asked.refusal`.
bool Engine::admit(Asked& asked) const noexcept {
    if (snapshot_->allow_from.find(asked.client.peer.ip) == 0) return asked.refuse_with(Refusal::NotAllowed);
    if (snapshot_->policy == nullptr || (snapshot_->set_missing && snapshot_->without_set == WithoutSet::ServFail))
        return asked.refuse_with(Refusal::NotReady);
    if (asked.query.rr_class == wire::RrClass::CH) {
        asked.local = {.kind = LocalKind::Chaos, .zone_labels = 0, .records = {}};
        return true;
    }
    asked.local = snapshot_->local.find(asked.query.name);
    asked.judge();
    if (asked.local.kind == LocalKind::None && asked.query.type == wire::RrType::ANY && !asked.is_blocked())
        asked.local.kind = LocalKind::MinimalAny;
    return true;
}

Outcome Engine::reject(wire::ParseStatus status, const wire::Query& query, wire::ReplyBuffer& reply) noexcept {
    Rcode rcode = Rcode::FormErr;
    Counter counter = Counter::Formerr;
    switch (status) {
        case wire::ParseStatus::Ok:
        case wire::ParseStatus::Drop: recorder_.count(Counter::Malformed); return Outcome::Dropped;
        case wire::ParseStatus::FormErr: break;
        case wire::ParseStatus::NotImp: rcode = Rcode::NotImp, counter = Counter::Notimp; break;
        case wire::ParseStatus::BadVers: rcode = Rcode::BadVers, counter = Counter::Badvers; break;
        case wire::ParseStatus::Refused: rcode = Rcode::Refused, counter = Counter::RefusedByKind; break;
    }
    recorder_.count(counter);
    write_reply(query, rcode, {}, {}, {}, reply);
    return Outcome::Answered;
}

Outcome Engine::refuse(Asked& asked, wire::ReplyBuffer& reply) noexcept {
    if (asked.refusal == Refusal::NotAllowed) {
        recorder_.count(Counter::RefusedByAcl);
        return fail(asked, Rcode::Refused, {.code = EdeCode::Prohibited, .text = {}, .short_text = {}}, reply);
    }
    recorder_.count(Counter::NotReady);
    return fail(asked, Rcode::ServFail,
                {.code = EdeCode::NotReady, .text = "no policy is in force yet", .short_text = {}}, reply);
}

Outcome Engine::answer_locally(Asked& asked, StaleToo stale_too, wire::ReplyBuffer& reply) noexcept {
    asked.source = Source::Local;
    wire::OptContent opt = own_opt(asked);
    if (alias_of(asked.local, asked.query.type) != nullptr) return answer_chain(asked, stale_too, {}, opt, reply);
    if (asked.local.kind == LocalKind::Canary && asked.is_blocked()) opt = reasons(closed(asked), WithRecords::No);
    write_local(asked.query, asked.local, *snapshot_, opt, reply);
    return Outcome::Answered;
}

Outcome Engine::block(Asked& asked, wire::ReplyBuffer& reply) noexcept {
    asked.source = Source::Sinkhole;
    if (asked.lands() && serve_landing(asked, reply)) return Outcome::Answered;
    if (asked.lands() && !asked.late && asked.query.recursion_desired())
        return forward(asked, asked.cname_target_query(), reply);
    reply.size = 0;
    write_sinkhole(closed(asked), reply);
    return reply.size == 0 ? Outcome::Dropped : Outcome::Answered;
}

/// Answers with the addresses of the sinkhole CNAME's target, from `[[local]]` or the cache; false when they are not
/// known.
bool Engine::serve_landing(Asked& asked, wire::ReplyBuffer& reply) noexcept {
    const upstream::Query query = asked.cname_target_query();
    std::array<ByteView, kLandingAddressesMax> addresses{};
    std::size_t count = 0;
    const auto add = [&](wire::RrType type, ByteView rdata) noexcept {
        if (type == query.question.type && count < addresses.size()) addresses[count++] = rdata;
    };
    const LocalAnswer local = snapshot_->local.find(query.question.name);
    for (const LocalRecord& record : local.records) add(record.type, record.rdata);
    if (local.kind == LocalKind::None) {
        wire::ReplyBuffer found{.space = landing_, .limit = landing_.size(), .size = 0};
        cache::Links links;
        if (cache_.lookup(cache_key_of(query), asked.now, found, links).freshness != cache::Freshness::Fresh)
            return false;
        wire::for_each_answer(found.written(), add);
    }
    write_landing(closed(asked), std::span(addresses).first(count), reply);
    return true;
}

std::optional<Outcome> Engine::serve_cached(Asked& asked, StaleToo stale_too, wire::ReplyBuffer& reply) noexcept {
    cache::Links links;
    const cache::Key key = asked.cache_key();
    const cache::Hit hit = cache_.lookup(key, asked.now, reply, links);
    wire::OptContent opt = own_opt(asked);
    switch (hit.freshness) {
        case cache::Freshness::None: return std::nullopt;
        case cache::Freshness::Failure:
            if (stale_too == StaleToo::Yes) return std::nullopt;  // the caller has a more precise error
            asked.source = Source::Failure;
            opt.add({.code = EdeCode::CachedError, .text = {}, .short_text = {}});
            opt.add({.code = hit.failure_code, .text = {}, .short_text = {}});
            write_reply(asked.query, Rcode::ServFail, {}, {}, opt, reply);
            return Outcome::Answered;
        case cache::Freshness::Stale:
            if (stale_too == StaleToo::No && !hit.failing) return std::nullopt;
            asked.source = Source::Stale;
            opt.add(
                {.code = hit.nxdomain ? EdeCode::StaleNxdomain : EdeCode::StaleAnswer, .text = {}, .short_text = {}});
            break;
        case cache::Freshness::Fresh: asked.source = Source::Cache; break;
    }
    if (links.generation != links_generation(*snapshot_->policy, snapshot_->local)) {
        links = reveal(*snapshot_->policy, snapshot_->local, reply.written());
        cache_.update_links(key, links);
    }
    const Outcome outcome = finish(asked, links, opt, reply);
    // No refresh ahead for stale data: upstream has failed, and the cached failure decides when to ask again (RFC 9520
    // §3.2).
    if (hit.freshness == cache::Freshness::Fresh && hit.expiring &&
        forwarder_->resolve(asked.upstream_query(), kRefreshAhead, asked.now) == upstream::Ticket::Leading)
        recorder_.count(Counter::Prefetched);
    return outcome;
}

/// Judges for this client what the answer in `reply` reveals, then completes the reply with the client's header and
/// OPT.
Outcome Engine::finish(Asked& asked, const cache::Links& links, const wire::OptContent& opt,
                       wire::ReplyBuffer& reply) noexcept {
    if (links.count != 0 && !asked.infrastructure && !asked.local.trusted) {
        const policy::Verdict link = judge_links(*snapshot_->policy, asked.client_class, asked.verdict, links);
        if (link.cell != asked.verdict.cell) {
            asked.verdict = {.cell = link.cell, .labels = asked.query.name.labels()};
            if (asked.is_blocked()) {
                recorder_.count(Counter::LinkBlocked);
                if (asked.lands() && !asked.late)
                    forwarder_->resolve(asked.cname_target_query(), kRefreshAhead, asked.now);
                asked.late = true;  // the reply is due now: an unknown address of the target is left out
                return block(asked, reply);
            }
        }
        if (links.incomplete) {  // a link that was not judged may be sinkholed
            recorder_.count(Counter::LinksOverflow);
            return fail(
                asked, Rcode::ServFail,
                {.code = EdeCode::Other, .text = "the answer reveals too many names and addresses", .short_text = {}},
                reply);
        }
    }
    if (asked.listed || links.count != 0) {  // a directive may apply to this name: no TTL outlasts the verdict
        const policy::Cell& cell = asked.cell();
        // An exception may end at any time: its TTL is that of a sinkhole answer, so that its end takes effect as soon.
        const std::uint32_t longest = cell.exception == policy::Cell::kNone ? wire::kTtlMax : cell.ttl_s;
        wire::age_answer(reply.space.first(reply.size), 0, 0, ttl_until_edge(longest, asked.now));
    }
    if (links.to_local && asked.query.type != wire::RrType::CNAME)
        return answer_chain(asked, StaleToo::No, reply.written(), opt, reply);
    finish_answer(asked.query, opt, reply);
    return Outcome::Answered;
}

Outcome Engine::forward(Asked& asked, const upstream::Query& query, wire::ReplyBuffer& reply) noexcept {
    if (!asked.query.recursion_desired())  // without RD upstream's cache is not queried
        return fail(asked, Rcode::Refused,
                    {.code = EdeCode::Other, .text = "recursion was not asked for", .short_text = {}}, reply);
    Pending::Refusal refusal{};
    const SlabHandle handle = pending_.add(asked.client, refusal);
    if (refusal != Pending::Refusal::None) {
        recorder_.count(refusal == Pending::Refusal::Full ? Counter::PendingOverflow
                                                          : Counter::PendingPerClientOverflow);
        return fail(asked, Rcode::ServFail,
                    {.code = EdeCode::Other, .text = "too many queries wait for upstream", .short_text = {}}, reply);
    }
    PendingQuery& waiting = pending_.at(handle);
    waiting.keep(asked.query);
    waiting.since = asked.now;
    waiting.exchanges = 1;
    waiting.aside = !asked.goes_upstream_as(query);
    if (forwarder_->resolve(query, waiter_of(handle), asked.now) != upstream::Ticket::Refused) return Outcome::Pending;
    pending_.remove(handle);
    recorder_.count(Counter::PendingOverflow);
    return fail(asked, Rcode::ServFail,
                {.code = EdeCode::Other, .text = "too many queries wait for upstream", .short_text = {}}, reply);
}

Outcome Engine::fail(Asked& asked, Rcode rcode, const wire::ExtendedError& error, wire::ReplyBuffer& reply) noexcept {
    asked.source = Source::Failure;
    wire::OptContent opt = own_opt(asked);
    opt.add(error);
    write_reply(asked.query, rcode, {}, {}, opt, reply);
    return Outcome::Answered;
}

}  // namespace cenote::engine
