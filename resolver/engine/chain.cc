// SPDX-License-Identifier: Apache-2.0
//
// Answers whose chain of CNAMEs leads to or from local names (RFC 1034 §4.3.2). Local records are added here; the other
// parts come from the cache or from upstream. A query waits for upstream twice at most.
#include "resolver/engine/local_answer.h"
#include "resolver/engine/query_context.h"
#include "resolver/engine/reveal.h"

namespace cenote::engine {

using telemetry::Source;
using wire::EdeCode;
using wire::Rcode;

namespace {

constexpr std::uint8_t kExchangesMax = 2;
// With the client response timeout of 1.8 s, at which delayed() ends it, a second exchange stays within the 2.5 s in
// which every query is answered.
constexpr milliseconds kSecondExchangeBy{600};

}  // namespace

/// An answer under construction.
struct Engine::Chain {
    enum class End : std::uint8_t {
        Complete,
        Missing,  // the answer to `next` is not in the cache
        Failed,   // upstream has failed for `next` recently
        TooLong,
    };
    wire::ChainWriter writer;
    upstream::Query next;
    End end = End::TooLong;
    Rcode rcode = Rcode::NoError;
    EdeCode failure{};
    bool stale = false;
};

/// `own` is the answer to the query itself where it is at hand.
Outcome Engine::answer_chain(QueryContext& context, StaleToo stale_too, ByteView own, const wire::OptContent& opt,
                             wire::ReplyBuffer& reply) noexcept {
    const upstream::Query query = context.upstream_query();
    const auto dnssec = context.query.edns.dnssec_ok ? wire::DnssecRecords::Keep : wire::DnssecRecords::Strip;
    Chain chain{.writer = wire::ChainWriter(query.question, chain_, dnssec), .next = query};
    follow(context, stale_too, own, chain);
    wire::OptContent said = opt;
    if (chain.end == Chain::End::Missing && context.query.recursion_desired())
        return wait_for(context, chain.next, reply);
    if (chain.end == Chain::End::Failed) {
        said.add({.code = EdeCode::CachedError, .text = {}, .short_text = {}});
        said.add({.code = chain.failure, .text = {}, .short_text = {}});
        context.source = Source::Failure;
        write_reply(context.query, Rcode::ServFail, {}, {}, said, reply);
        return Outcome::Answered;
    }
    const std::size_t size = chain.writer.finish(chain.rcode);
    if (chain.end == Chain::End::TooLong || size == 0 || size > reply.space.size())
        return fail(context, Rcode::ServFail,
                    {.code = EdeCode::Other, .text = "the chain of aliases is a loop or too long", .short_text = {}},
                    reply);
    if (chain.stale) said.add({.code = EdeCode::StaleAnswer, .text = {}, .short_text = {}});
    std::copy_n(chain_.begin(), size, reply.space.begin());
    reply.size = size;
    finish_answer(context.query, said, reply);
    return Outcome::Answered;
}

void Engine::follow(QueryContext& context, StaleToo stale_too, ByteView own, Chain& chain) noexcept {
    for (std::size_t links = 0; links <= wire::AnswerInfo::kLinksMax; ++links) {
        const LocalAnswer local = snapshot_->local.find(chain.next.question.name);
        if (const LocalRecord* alias = alias_of(local, chain.next.question.type)) {
            std::size_t end = 0;
            chain.writer.add_answer(chain.next.question.name, alias->type, alias->ttl_s, alias->rdata);
            if (!chain.next.question.name.read_uncompressed(alias->rdata, end)) return;
            continue;
        }
        if (local.kind != LocalKind::None) {
            chain.rcode = add_local(chain.next.question, local, chain.writer);
            chain.end = Chain::End::Complete;
            return;
        }
        const ByteView answer = look_up(context, chain.next, stale_too, own, chain);
        if (answer.empty()) return;
        const LocalCut cut = find_local_cut(answer, snapshot_->local);
        chain.writer.add_part(answer, cut.found ? cut.records : wire::ChainWriter::kAll);
        if (!cut.found) {
            chain.rcode = static_cast<Rcode>(answer[3] & 0x0f);
            chain.end = Chain::End::Complete;
            return;
        }
        chain.next.question.name = cut.target;
    }
    chain.end = Chain::End::TooLong;
}

/// The answer for a name that is not local; empty when there is none, with the reason in `chain.end`.
ByteView Engine::look_up(const QueryContext& context, const upstream::Query& query, StaleToo stale_too, ByteView own,
                         Chain& chain) noexcept {
    if (!own.empty() && query.question.name == context.query.name) return own;
    if (context.completion != nullptr && context.completion->ending == upstream::Ending::Answered &&
        *context.completed_query == query)
        return context.completion->answer;
    wire::ReplyBuffer found{.space = cname_target_, .limit = cname_target_.size(), .size = 0};
    cache::Links links;
    const cache::Hit hit = cache_.lookup(cache_key_of(query), context.now, found, links);
    const bool is_stale = hit.freshness == cache::Freshness::Stale;
    chain.end = Chain::End::Missing;
    if (hit.freshness == cache::Freshness::Fresh || (is_stale && (hit.failing || stale_too == StaleToo::Yes))) {
        chain.stale = chain.stale || is_stale;
        return found.written();
    }
    if (hit.freshness == cache::Freshness::Failure && stale_too == StaleToo::No) {
        chain.end = Chain::End::Failed;
        chain.failure = hit.failure_code;
    }
    return {};
}

/// Asks upstream for a name of the chain. A query that has waited already keeps its slot.
Outcome Engine::wait_for(QueryContext& context, const upstream::Query& query, wire::ReplyBuffer& reply) noexcept {
    if (!context.late) return forward(context, query, reply);
    PendingQuery* waiting = pending_.find(context.waiting);
    if (waiting == nullptr) return Outcome::Pending;  // at the client response timeout: it goes on waiting
    if (context.completion->ending != upstream::Ending::Answered) {
        give_up(context, *context.completion, reply);
        return Outcome::Answered;
    }
    if (context.now - context.since > kSecondExchangeBy)
        return fail(context, Rcode::ServFail,
                    {.code = EdeCode::NoReachableAuthority,
                     .text = "upstream took too long for a part of the chain of aliases",
                     .short_text = {}},
                    reply);
    waiting->aside = true;
    if (++waiting->exchanges <= kExchangesMax &&
        forwarder_->resolve(query, waiter_of(context.waiting), context.now) != upstream::Ticket::Refused)
        return Outcome::Pending;
    return fail(context, Rcode::ServFail,
                {.code = EdeCode::Other, .text = "the chain of aliases leads upstream too often", .short_text = {}},
                reply);
}

}  // namespace cenote::engine
