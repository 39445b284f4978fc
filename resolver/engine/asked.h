// SPDX-License-Identifier: Apache-2.0
//
// A query on its way through the engine: what was asked, by whom, and what was decided so far.
//
// Threads:  one worker's, on its stack.
// Memory:   refers to the packet and to the snapshot, which outlive it.
#pragma once

#include "resolver/engine/engine.h"
#include "resolver/engine/sinkhole.h"

namespace cenote::engine {

enum class Refusal : std::uint8_t { None, NotAllowed, NotReady };

struct Asked {
    Asked(const Client& from, Ticks at) noexcept : client(from), now(at), since(at) {}

    const Client& client;
    Ticks now;
    Ticks since;  // when the client asked
    wire::ParseStatus status = wire::ParseStatus::Drop;
    ByteView packet;
    wire::Query query;
    domainset::NameHashes hashes;  // of the name, once it was read
    std::uint64_t cache_hash = 0;
    LocalAnswer local;
    const policy::Policy* policy = nullptr;  // what judges it
    policy::ClientClass client_class = 0;
    policy::Verdict verdict;
    telemetry::Source source = telemetry::Source::None;
    Refusal refusal = Refusal::None;
    bool judged = false;                        // the verdict stands
    bool listed = false;                        // in some set: a directive may take it, now or later
    bool infrastructure = false;                // a closed name's query that goes upstream all the same
    bool late = false;                          // it has waited for upstream already
    SlabHandle waiting;                         // of what waited and may wait once more; invalid: it may not
    const upstream::Query* came_for = nullptr;  // what upstream has just completed, of which query
    const upstream::Completion* came = nullptr;

    /// Notes the reason; always false, for the caller to return.
    bool refuse_with(Refusal reason) noexcept {
        refusal = reason;
        return false;
    }

    /// The name is known: the steps of looking it up in the sets, then the verdict.
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
    void judge() noexcept {
        const policy::Match match = policy->match(query.name, hashes);
        client_class = policy->classify(client.peer.ip);
        listed = match.tags != policy::Match{}.tags;
        verdict = policy->judge(client_class, match);
        judged = true;
        if (is_blocked() && belongs_upstream(query, cell(), verdict.labels)) {
            infrastructure = true;
            verdict = {};
        }
    }

    [[nodiscard]] const policy::Cell& cell() const noexcept { return policy->cell(verdict); }
    [[nodiscard]] bool is_blocked() const noexcept { return judged && cell().blocks(); }
    /// Nothing but the cache or upstream can answer it.
    [[nodiscard]] bool wants_cache() const noexcept {
        return judged && local.kind == LocalKind::None && !cell().blocks();
    }
    /// Closed with a landing name, and asked for an address of it.
    [[nodiscard]] bool lands() const noexcept {
        return cell().answer == policy::AnswerMode::Cname &&
               (query.type == wire::RrType::A || query.type == wire::RrType::AAAA);
    }

    /// What the client asked, as the cache is keyed. The name stays where it is.
    [[nodiscard]] cache::Key cache_key() const noexcept {
        return {.name = query.name,
                .type = query.type,
                .rr_class = query.rr_class,
                .dnssec_ok = query.edns.dnssec_ok,
                .checking_disabled = query.checking_disabled()};
    }
    /// What the client asked, as it goes upstream.
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
    [[nodiscard]] upstream::Query landing_query() const noexcept {
        upstream::Query landing;
        std::size_t end = 0;
        CENOTE_CHECK(landing.question.name.read_uncompressed(cell().cname, end));  // policy wrote it
        landing.question.type = query.type;
        return landing;
    }
};

/// Where the answer to what went upstream lies in the cache. The name stays where it is.
[[nodiscard]] inline cache::Key cache_key_of(const upstream::Query& query) noexcept {
    return {.name = query.question.name,
            .type = query.question.type,
            .rr_class = query.question.rr_class,
            .dnssec_ok = query.dnssec_ok,
            .checking_disabled = query.checking_disabled};
}

/// The largest reply this client can take.
[[nodiscard]] inline std::size_t reply_limit(const Client& client, const wire::Query& query) noexcept {
    return client.transport == telemetry::Transport::Udp ? wire::udp_limit(query) : wire::kMessageMax;
}

/// Waiting queries as upstream knows them.
[[nodiscard]] inline upstream::Waiter waiter_of(SlabHandle handle) noexcept {
    return (std::uint64_t{handle.generation} << 32) | handle.slot;
}
[[nodiscard]] inline SlabHandle handle_of(upstream::Waiter waiter) noexcept {
    return {.slot = static_cast<std::uint32_t>(waiter), .generation = static_cast<std::uint32_t>(waiter >> 32)};
}
/// Of a refresh ahead: no client waits for the answer, it is wanted in the cache.
inline constexpr upstream::Waiter kRefreshAhead = ~upstream::Waiter{0};

}  // namespace cenote::engine
