// SPDX-License-Identifier: Apache-2.0
//
// The Forwarder on a loop. upstream.cc begins and ends exchanges, attempts.cc sends queries, replies.cc takes what
// comes back.
//
// Threads, Time, Memory, Failure: see upstream.h.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/upstream/deadlines.h"
#include "resolver/upstream/dialer.h"
#include "resolver/upstream/http_exchange.h"
#include "resolver/upstream/inflight.h"
#include "resolver/upstream/raw_exchange.h"
#include "resolver/upstream/selector.h"
#include "resolver/upstream/stream_exchange.h"
#include "resolver/upstream/udp_exchange.h"
#include "resolver/upstream/upstream.h"

namespace cenote::upstream {

class LoopForwarder final : public Forwarder,
                            private RawExchange::Sink,
                            private StreamExchange::Sink,
                            private HttpExchange::Sink {
public:
    LoopForwarder(loop::Loop& loop, AnswerSink& sink, const Options& options, rawudp::Lane* lane);

    Ticket resolve(const Query& query, Waiter waiter, Ticks now) noexcept override;
    void note_joined(const Query& query, const IpAddress& client) noexcept override;
    void apply(const Options& options) override;
    std::vector<ServerHealth> health() const override;
    Counters counters() const noexcept override { return counters_; }
    std::uint32_t in_flight() const noexcept override { return inflight_.exchanges(); }

private:
    // upstream.cc
    void apply_raw();
    Ticket join(Exchange& exchange, Waiter waiter) noexcept;
    bool is_within_limits(const wire::Name& name, const ZoneCounts::Places& zones) noexcept;
    bool make_room(Ticks now) noexcept;
    void begin(Exchange& exchange, Ticks now) noexcept;
    void begin_probe(ServerIndex server, Ticks now) noexcept;
    void finish(Exchange& exchange, const Completion& completion, Ticks now) noexcept;
    std::span<const Asked> list_asked(const Exchange& exchange, std::array<Asked, kAttemptsMax>& list) noexcept;
    void report_response_timeout(Exchange& exchange, Ticks now) noexcept;
    void schedule(const Exchange& exchange) noexcept;
    void arm(Ticks at) noexcept;
    void on_timer() noexcept;

    // attempts.cc
    void on_due(Exchange& exchange, Ticks now) noexcept;
    void retry(Exchange& exchange, Ticks now) noexcept;
    void give_up(Exchange& exchange, Ticks now) noexcept;
    bool ask_next(Exchange& exchange, Ticks now) noexcept;
    SendStatus ask(Exchange& exchange, std::uint8_t position, Attempt::Via via, bool edns, Ticks now) noexcept;
    SendStatus ask_otherwise(Exchange& exchange, Attempt& attempt, const AttemptRef& ref, Ticks now) noexcept;
    SendStatus ask_by_socket(Exchange& exchange, Attempt& attempt, const AttemptRef& ref, Ticks now) noexcept;
    void on_unsent(const AttemptRef& ref) noexcept override;
    void on_sources() noexcept override;
    SendStatus ask_by_stream(ServerIndex index, const Query& query, bool edns, const AttemptRef& ref,
                             Ticks now) noexcept;
    void go_on(Exchange& exchange, Ticks now) noexcept;
    void plan_retry(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept;
    void give_back_socket(Exchange& exchange, Ticks now) noexcept;
    void end_attempt(Exchange& exchange, Attempt& attempt, Ticks now) noexcept;
    void drop_server(Exchange& exchange, std::uint8_t position, Ticks now) noexcept;
    void mark_lost(Exchange& exchange, Attempt& attempt, const ServerFault& fault) noexcept;
    [[nodiscard]] std::uint8_t packets_max(const Exchange& exchange) const noexcept;
    [[nodiscard]] Server& server_of(const Exchange& exchange, const Attempt& attempt) noexcept {
        return selector_.server(exchange.servers[attempt.position]);
    }

    // replies.cc
    void on_datagram(const AttemptRef& ref, ByteView sent, ByteView packet) noexcept override;
    void on_unreachable(const AttemptRef& ref) noexcept override;
    void on_stream_answer(const AttemptRef& ref, ByteView packet) noexcept override;
    void on_stream_end(const AttemptRef& ref, const ServerFault& fault) noexcept override;
    void on_stream_mismatch() noexcept override { ++counters_.mismatched; }
    void on_http_answer(const AttemptRef& ref, ByteView packet, std::uint32_t age_s) noexcept override;
    void on_http_end(const AttemptRef& ref, HttpEnd why, const ServerFault& fault) noexcept override;
    void on_http_mismatch() noexcept override { ++counters_.mismatched; }
    void renew_or_drop(Exchange& exchange, Attempt& attempt, Ticks now) noexcept;
    void ask_without_edns(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept;
    void ask_beside(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept;
    void turn_to_stream(Exchange& exchange, Attempt& attempt, Ticks now) noexcept;
    void judge(Exchange& exchange, Attempt& attempt, ByteView packet, Ticks now, std::uint32_t age_s = 0) noexcept;
    void judge_rcode(Exchange& exchange, Attempt& attempt, std::size_t size, const wire::AnswerInfo& shape,
                     Ticks now) noexcept;
    void drop_unusable(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept;
    void fail_server(Exchange& exchange, const Attempt& attempt, const wire::AnswerInfo& shape, Ticks now) noexcept;

    static void note_failure(Exchange& exchange, const wire::AnswerInfo& shape) noexcept;

    loop::Loop& loop_;
    AnswerSink& sink_;
    Options options_;
    RandomSource random_;
    Selector selector_;
    Inflight inflight_;
    Deadlines deadlines_;
    Counters counters_;
    std::uint32_t probes_ = 0;
    unsigned calling_ = 0;                // nested calls to the sink
    std::vector<Waiter> waiters_;         // argument of the present call to the sink
    std::vector<std::uint8_t> scrubbed_;  // the scrubbed answer of that call
    UdpExchange udp_;
    std::optional<RawExchange> raw_;  // where datagrams leave by raw sockets
    Dialer dialer_;
    StreamExchange streams_;
    HttpExchange https_;
    loop::Timer timer_;
    Ticks armed_for_ = Ticks::max();
};

}  // namespace cenote::upstream
