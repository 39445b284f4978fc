// SPDX-License-Identifier: Apache-2.0
//
// The path of a query: parse, judge, answer from policy or cache, or wait for upstream. Data plane.
//
// The engine takes bytes, a Client and a buffer for the reply. It has no sockets.
//
// Threads:  one engine a worker, used on that worker's thread only.
// Time:     the caller passes now.
// Memory:   bounded by Options, allocated at start; handle() never allocates.
// Failure:  hostile input is counted, and answered or dropped as the RFCs demand.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "resolver/base/published.h"
#include "resolver/cache/cache.h"
#include "resolver/engine/client.h"
#include "resolver/engine/pending.h"
#include "resolver/engine/snapshot.h"
#include "resolver/telemetry/telemetry.h"
#include "resolver/upstream/upstream.h"
#include "resolver/wire/reply.h"

namespace cenote::engine {

enum class Outcome : std::uint8_t {
    Answered,  // the reply is in the buffer
    Pending,   // the ReplySink gets the reply later
    Dropped,   // there is no reply
};

/// One query of a batch, and its reply; empty when none is due now.
struct Datagram {
    Client client;
    ByteView packet;
    ByteView reply;
};

/// The result of handing over a query that is answered outside the engine.
enum class HandOver : std::uint8_t {
    NotServed,  // no zone takes it: it goes through the engine like others
    Taken,      // the zone service sends the reply
    Later,      // the ReplySink gets the reply later
    NoRoom,     // the queue is full: SERVFAIL, and the client may retry
};

/// Takes replies that were not ready at once. Implemented by the server.
class ReplySink {
public:
    /// `since`: when the query arrived.
    virtual void send(const Client& client, ByteView reply, Ticks since) noexcept = 0;
    /// Takes a zone maintenance query, as received.
    virtual HandOver hand_over(const Client& client, ByteView packet) noexcept = 0;

protected:
    ~ReplySink() = default;
};

using ForwarderFactory =
    std::function<std::unique_ptr<upstream::Forwarder>(upstream::AnswerSink& sink, const upstream::Options& options)>;

struct SinkholeContext;
struct QueryContext;  // the context of a query
/// What the class of a client is found by. Datagrams prove nothing, and pay for nothing else than the address.
enum class KnownBy : std::uint8_t { Address, Identity };

class Engine final : private upstream::AnswerSink {
public:
    Engine(Published<Snapshot>& snapshots, cache::Cache& cache, telemetry::Recorder& recorder, ReplySink& sink,
           const PendingLimits& limits, const ForwarderFactory& make_forwarder);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Takes the latest snapshot. To be called once a batch, and when a snapshot was published.
    void begin_batch() noexcept;
    /// Handles one query. `reply.space` must hold wire::kMessageMax bytes, or the largest reply to this client.
    Outcome handle(const Client& client, ByteView packet, wire::ReplyBuffer& reply, Ticks now) noexcept;
    /// Handles a batch: each pass over several queries before the next pass, so that the memory loads of one query
    /// complete while the others are processed. Replies are written one behind the other; `space` must hold all of them
    /// and wire::kMessageMax bytes more.
    void handle(std::span<Datagram> batch, MutableBytes space, Ticks now) noexcept;

    /// The wall clock, for cookies: to be called about every second.
    void set_wall_time(WallTime now) noexcept {
        cookie_time_ = static_cast<std::uint32_t>(now.time_since_epoch().count());
    }
    /// How long a connection without a query stays open, as clients learn it (RFC 7828).
    void set_idle_timeout(milliseconds timeout) noexcept {
        keepalive_100ms_ = static_cast<std::uint16_t>(timeout / milliseconds{100});
    }

    /// Which identities the policy of the present batch has; nullptr: no policy is in force.
    [[nodiscard]] const policy::Identities* identities() const noexcept {
        return snapshot_->policy == nullptr ? nullptr : &snapshot_->policy->identities();
    }
    [[nodiscard]] std::uint32_t pending() const noexcept { return pending_.used(); }
    [[nodiscard]] const upstream::Forwarder& forwarder() const noexcept { return *forwarder_; }

private:
    enum class StaleToo : std::uint8_t { No, Yes };

    // The path, in engine.cc
    void read(QueryContext& context, ByteView packet) const noexcept;
    void read_faulty(QueryContext& context) const noexcept;
    template <KnownBy By>
    void decide(QueryContext& context) const noexcept;
    Outcome answer(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    void adopt() noexcept;
    template <KnownBy By>
    bool admit(QueryContext& context) const noexcept;
    void admit_rare_type(QueryContext& context) const noexcept;
    bool admit_late(QueryContext& context) const noexcept;
    Outcome answer_locally(QueryContext& context, StaleToo stale_too, wire::ReplyBuffer& reply) noexcept;
    Outcome answer_sinkholed(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    bool serve_cname_target(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    std::optional<Outcome> serve_cached(QueryContext& context, StaleToo stale_too, wire::ReplyBuffer& reply) noexcept;
    Outcome finish(QueryContext& context, const cache::Links& links, const wire::OptContent& opt,
                   wire::ReplyBuffer& reply) noexcept;
    Outcome forward(QueryContext& context, const upstream::Query& query, wire::ReplyBuffer& reply) noexcept;
    Outcome answer_without_upstream(QueryContext& context, const upstream::Query& query,
                                    wire::ReplyBuffer& reply) noexcept;
    Outcome fail(QueryContext& context, wire::Rcode rcode, const wire::ExtendedError& error,
                 wire::ReplyBuffer& reply) noexcept;

    // Zone maintenance, and cookies that are required, in guard.cc
    std::optional<Outcome> guard(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    std::optional<Outcome> require_cookie(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    [[nodiscard]] bool is_zone_maintenance(const QueryContext& context) const noexcept;
    std::optional<Outcome> hand_over(const QueryContext& context, wire::ReplyBuffer& reply) noexcept;

    // Queries that get no verdict, in turned_away.cc
    bool admit_limited(QueryContext& context, PrefixTable::Value access) const noexcept;
    [[nodiscard]] Standing standing_of(QueryContext& context) const noexcept;
    [[nodiscard]] bool is_over_rate(const QueryContext& context) const noexcept;
    Outcome reject(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    Outcome answer_cookie_alone(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    Outcome refuse(QueryContext& context, wire::ReplyBuffer& reply) noexcept;
    Outcome refuse_over_rate(QueryContext& context, wire::ReplyBuffer& reply) noexcept;

    // Chains of CNAMEs that lead to or from local names, in chain.cc
    struct Chain;
    Outcome answer_chain(QueryContext& context, StaleToo stale_too, ByteView own, const wire::OptContent& opt,
                         wire::ReplyBuffer& reply) noexcept;
    void follow(QueryContext& context, StaleToo stale_too, ByteView own, Chain& chain) noexcept;
    [[nodiscard]] ByteView look_up(const QueryContext& context, const upstream::Query& query, StaleToo stale_too,
                                   ByteView own, Chain& chain) noexcept;
    Outcome wait_for(QueryContext& context, const upstream::Query& query, wire::ReplyBuffer& reply) noexcept;

    // Completions and timeouts from upstream, in late.cc
    void complete(const upstream::Query& query, const upstream::Completion& completion,
                  std::span<const upstream::Waiter> waiters, Ticks now) noexcept override;
    void on_client_response_timeout(const upstream::Query& query, std::span<const upstream::Waiter> waiters,
                                    Ticks now) noexcept override;
    [[nodiscard]] bool wants_asked() const noexcept override;
    void record_asked(const upstream::Query& query, std::span<const upstream::Asked> asked,
                      std::span<const upstream::Waiter> waiters, Ticks now) noexcept;
    [[nodiscard]] telemetry::Key directive_over(const upstream::Query& query, std::span<const upstream::Waiter> waiters,
                                                Ticks now) noexcept;
    void resume(QueryContext& context, const PendingQuery& waiting) const noexcept;
    void answer_waiter(const upstream::Query& query, const upstream::Completion& completion, const cache::Links& links,
                       SlabHandle handle, Ticks now) noexcept;
    Outcome answer_late(QueryContext& context, const cache::Links& links, bool aside,
                        wire::ReplyBuffer& reply) noexcept;
    void give_up(QueryContext& context, const upstream::Completion& completion, wire::ReplyBuffer& reply) noexcept;

    // Used by all of them, in late.cc
    [[nodiscard]] wire::OptContent own_opt(QueryContext& context) const noexcept;
    void add_options(QueryContext& context, wire::OptContent& opt) const noexcept;
    [[nodiscard]] std::optional<wire::CookieState> read_cookie(QueryContext& context) const noexcept;
    wire::CookieState add_cookie(QueryContext& context, wire::OptContent& opt) const noexcept;
    void count_cookie(wire::CookieState state) const noexcept;
    [[nodiscard]] SinkholeContext sinkhole_context(QueryContext& context) const noexcept;
    [[nodiscard]] std::uint32_t ttl_until_edge(std::uint32_t ttl_s, Ticks now) const noexcept;
    void record(const QueryContext& context, Outcome outcome, const wire::ReplyBuffer& reply) noexcept;
    void record_identified(const QueryContext& context, telemetry::QueryEvent& event) noexcept;

    Reader<Snapshot> snapshot_;
    bool guarded_ = false;  // the snapshot has a reason for guard()
    cache::Cache& cache_;
    telemetry::Recorder& recorder_;
    ReplySink& sink_;
    Pending pending_;
    std::unique_ptr<upstream::Forwarder> forwarder_;
    upstream::Options upstream_;              // the options last applied to the forwarder
    std::uint32_t cookie_time_ = 0;           // seconds since 1970
    std::uint16_t keepalive_100ms_ = 100;     // the idle timeout of connections
    std::vector<std::uint8_t> late_;          // the buffer of late replies
    std::vector<std::uint8_t> cname_target_;  // the buffer of answers to the target of a CNAME
    std::vector<std::uint8_t> chain_;         // the buffer of answers built of several parts
};

}  // namespace cenote::engine
