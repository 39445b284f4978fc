// SPDX-License-Identifier: Apache-2.0
//
// The context of a query on its way through the engine: the query, its client, and the decisions so far.
//
// Threads:  one worker, on its stack. Data plane.
// Memory:   refers to the message and to the snapshot, which outlive it.
// Failure:  none.
#pragma once

#include "resolver/engine/engine.h"
#include "resolver/engine/sinkhole.h"
#include "resolver/wire/cookie.h"

namespace cenote::engine {

enum class Refusal : std::uint8_t {
    None,
    NotAllowed,
    NotReady,
    Truncated,   // over the rate, from an address that may be forged: its owner is to ask by TCP
    TooMany,     // over the rate, from an address that is shown to be the client's own
    Unanswered,  // far over the rate
};

struct QueryContext {
    QueryContext(const Client& from, Ticks at) noexcept : client(from), now(at), since(at) {}

    const Client& client;
    Ticks now;
    Ticks since;  // when the query arrived
    wire::ParseStatus status = wire::ParseStatus::Drop;
    ByteView packet;
    wire::Query query;
    domainset::NameHashes hashes;  // of QNAME, once it was read
    std::uint64_t cache_hash = 0;
    LocalAnswer local;
    const policy::Policy* policy = nullptr;  // the policy that judges the query
    policy::ClientClass client_class = 0;
    policy::Verdict verdict;
    domainset::SourceSetId source_set = policy::kNoTags;  // that holds for QNAME in the base set
    telemetry::Source source = telemetry::Source::None;
    Refusal refusal = Refusal::None;
    bool judged = false;          // the verdict is valid
    bool listed = false;          // QNAME is in a set: a directive may apply to it, now or later
    bool infrastructure = false;  // QNAME is sinkholed, but this type goes upstream (belongs_upstream)
    bool late = false;            // the query has waited for upstream already
    bool cookie_read = false;     // the next two are valid
    wire::CookieState cookie_state;
    wire::CookieBytes cookie;  // of the reply, where the query has one
    SlabHandle waiting;        // the place of a query that may wait once more; invalid: it may not
    const upstream::Query* completed_query = nullptr;  // the query that upstream has just completed, with `completion`
    const upstream::Completion* completion = nullptr;

    /// Notes the reason and returns false, for the caller to return.
    bool refuse_with(Refusal reason) noexcept {
        refusal = reason;
        return false;
    }

    /// The way from QNAME to the verdict: its hashes, the memory of the sets, the lookup.
    void look_up(const policy::Policy* in_force) noexcept {
        policy = in_force;
        if (policy != nullptr) policy->hash(query.name, hashes);
    }
    void prefetch_groups() const noexcept {
        if (policy != nullptr) policy->prefetch_groups(query.name, hashes);
    }
    void prefetch_record() const noexcept {
        if (policy != nullptr) policy->prefetch_record(query.name, hashes);
    }
    template <KnownBy By>
    void judge() noexcept {
        const policy::Match match = policy->match(query.name, hashes);
        client_class = By == KnownBy::Address ? policy->classify(client.peer.ip)
                                              : policy->classify(client.peer.ip, client.identity);
        listed = match.tags != policy::Match{}.tags;
        source_set = match.tags[0];
        verdict = policy->judge(client_class, match);
        judged = true;
        if (is_sinkholed() && belongs_upstream(query, cell(), verdict.labels)) {
            infrastructure = true;
            verdict = {};
        }
    }

    [[nodiscard]] const policy::Cell& cell() const noexcept { return policy->cell(verdict); }
    [[nodiscard]] bool is_sinkholed() const noexcept { return judged && cell().is_sinkholed(); }
    /// Whether the answer can come from the cache or from upstream only.
    [[nodiscard]] bool wants_cache() const noexcept {
        return judged && local.kind == LocalKind::None && !cell().is_sinkholed();
    }
    /// Whether QNAME is sinkholed with a CNAME, and QTYPE asks for addresses of its target.
    [[nodiscard]] bool wants_cname_target() const noexcept {
        return cell().answer == policy::AnswerMode::Cname &&
               (query.type == wire::RrType::A || query.type == wire::RrType::AAAA);
    }

    /// The key of the query in the cache. It refers to query.name.
    [[nodiscard]] cache::Key cache_key() const noexcept {
        return {.name = query.name,
                .type = query.type,
                .rr_class = query.rr_class,
                .dnssec_ok = query.edns.dnssec_ok,
                .checking_disabled = query.checking_disabled()};
    }
    /// The query for upstream that answers this query.
    [[nodiscard]] upstream::Query upstream_query() const noexcept {
        return {.question = {.name = query.name, .type = query.type, .rr_class = query.rr_class},
                .dnssec_ok = query.edns.dnssec_ok,
                .checking_disabled = query.checking_disabled()};
    }
    /// Whether `other` is upstream_query().
    [[nodiscard]] bool goes_upstream_as(const upstream::Query& other) const noexcept {
        return other.question.type == query.type && other.question.rr_class == query.rr_class &&
               other.dnssec_ok == query.edns.dnssec_ok && other.checking_disabled == query.checking_disabled() &&
               other.question.name == query.name;
    }
    [[nodiscard]] upstream::Query cname_target_query() const noexcept {
        upstream::Query target;
        std::size_t end = 0;
        CENOTE_CHECK(target.question.name.read_uncompressed(cell().cname, end));  // written by the policy
        target.question.type = query.type;
        return target;
    }
};

/// The key of the answer to an upstream query. It refers to the name in `query`.
[[nodiscard]] inline cache::Key cache_key_of(const upstream::Query& query) noexcept {
    return {.name = query.question.name,
            .type = query.question.type,
            .rr_class = query.question.rr_class,
            .dnssec_ok = query.dnssec_ok,
            .checking_disabled = query.checking_disabled};
}

/// The size limit of the reply to this client.
[[nodiscard]] inline std::size_t reply_limit(const Client& client, const wire::Query& query) noexcept {
    return client.transport == telemetry::QueryTransport::Udp ? wire::udp_limit(query) : wire::kMessageMax;
}

/// The handle of a waiting query as the number that upstream returns.
[[nodiscard]] inline upstream::Waiter waiter_of(SlabHandle handle) noexcept {
    return (std::uint64_t{handle.generation} << 32) | handle.slot;
}
[[nodiscard]] inline SlabHandle handle_of(upstream::Waiter waiter) noexcept {
    return {.slot = static_cast<std::uint32_t>(waiter), .generation = static_cast<std::uint32_t>(waiter >> 32)};
}
/// The waiter of a refresh ahead: no client, the answer is for the cache.
inline constexpr upstream::Waiter kRefreshAhead = ~upstream::Waiter{0};

}  // namespace cenote::engine
