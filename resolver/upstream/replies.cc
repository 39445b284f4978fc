// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "resolver/upstream/forwarder.h"

namespace cenote::upstream {

namespace {

bool is_truncated(ByteView packet) noexcept { return (load_u16(&packet[2]) & wire::kFlagTc) != 0; }

bool is_answer(wire::Rcode rcode) noexcept {
    return rcode == wire::Rcode::NoError || rcode == wire::Rcode::NXDomain || rcode == wire::kYxDomain;
}

bool may_mean_edns(wire::Rcode rcode) noexcept {  // RFC 6891 §7
    return rcode == wire::Rcode::FormErr || rcode == wire::Rcode::NotImp || rcode == wire::Rcode::BadVers;
}

/// A header that refuses EDNS: some servers without EDNS send back no question (RFC 6891 §7).
bool is_bare_refusal(ByteView packet, ByteView sent) noexcept {
    if (packet.size() != wire::kHeaderSize || load_u16(packet.data()) != load_u16(sent.data())) return false;
    if ((packet[2] & 0xf8) != 0x80 || load_u32(&packet[4]) != 0 || load_u32(&packet[8]) != 0) return false;
    return may_mean_edns(static_cast<wire::Rcode>(packet[3] & 0x0f));
}

wire::AnswerInfo server_failure() noexcept {
    wire::AnswerInfo shape;
    shape.rcode = wire::Rcode::ServFail;
    return shape;
}

}  // namespace

void LoopForwarder::on_datagram(const AttemptRef& ref, ByteView sent, ByteView packet) noexcept {
    Exchange* const exchange = inflight_.find(ref);
    if (exchange == nullptr) return;
    Attempt& attempt = exchange->attempts[ref.attempt];
    Health& health = server_of(*exchange, attempt).health;
    const Ticks now = loop_.now();

    if (wire::match_reply(packet, sent, attempt.mixed_case) != wire::MatchStatus::Match) {
        if (attempt.edns && is_bare_refusal(packet, sent)) return ask_without_edns(*exchange, attempt, now);
        ++counters_.mismatched;
        if (attempt.mixed_case && wire::match_reply(packet, sent, false) == wire::MatchStatus::Match)
            health.case_lost();
        return ask_beside(*exchange, attempt, now);
    }
    if (attempt.mixed_case) health.case_kept();
    // A larger datagram than advertised may have come in fragments, which can be forged (RFC 9715 §3.2).
    if (is_truncated(packet) || packet.size() > wire::kUdpSize) {
        attempt.answered_at = now;
        attempt.rcode = static_cast<wire::Rcode>(packet[3] & 0x0f);
        health.answered(now - attempt.sent_at, now);
        return turn_to_stream(*exchange, attempt, now);
    }
    judge(*exchange, attempt, packet, now);
}

/// The datagram may be an attempt to guess the id: the exchange still waits for the right answer, and asks for it over
/// a stream too, which cannot be guessed.
void LoopForwarder::ask_beside(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept {
    if (exchange.stream_asked || exchange.probe) return;
    exchange.stream_asked = true;
    ++counters_.tcp;
    if (ask(exchange, attempt.position, Attempt::Via::Stream, attempt.edns, now) != SendStatus::Sent) return;
    exchange.attempts[exchange.attempt_count - 1].in_addition = true;
    schedule(exchange);
}

/// The refusal names no question, so it may be forged: the exchange still waits for the answer to its query.
void LoopForwarder::ask_without_edns(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept {
    if (std::exchange(exchange.edns_refused, true) || exchange.probe) return;
    if (ask(exchange, attempt.position, attempt.via, false, now) != SendStatus::Sent) return;
    ++counters_.retries;
    schedule(exchange);
}

/// The answer is too long for UDP (RFC 7766 §5).
void LoopForwarder::turn_to_stream(Exchange& exchange, Attempt& attempt, Ticks now) noexcept {
    if (exchange.probe) return finish(exchange, {Ending::Answered, {}, {}}, now);
    end_attempt(exchange, attempt, now);
    exchange.stream_asked = true;
    note_failure(exchange, server_failure());  // the result when the stream fails too
    for (std::uint8_t i = 0; i < exchange.attempt_count; ++i) {
        Attempt& other = exchange.attempts[i];
        if (!other.live || other.via != Attempt::Via::Stream || other.position != attempt.position) continue;
        other.in_addition = false;  // the stream was opened already
        return;
    }
    ++counters_.tcp;
    if (ask(exchange, attempt.position, Attempt::Via::Stream, attempt.edns, now) != SendStatus::Sent)
        return drop_server(exchange, attempt.position, now);
    schedule(exchange);
}

/// An ICMP error can be forged: it brings the next try with another server forward, and ends nothing.
void LoopForwarder::on_unreachable(const AttemptRef& ref) noexcept {
    Exchange* const exchange = inflight_.find(ref);
    if (exchange == nullptr) return;
    const bool known = std::exchange(exchange->attempts[ref.attempt].refused, true);
    if (known || exchange->server_count < 2 || exchange->attempt_count + 1 >= packets_max(*exchange)) return;
    exchange->retry_at = loop_.now();
    schedule(*exchange);
}

void LoopForwarder::on_stream_answer(const AttemptRef& ref, ByteView packet) noexcept {
    Exchange* const exchange = inflight_.find(ref);
    if (exchange == nullptr) return;
    exchange->attempts[ref.attempt].live = false;
    judge(*exchange, exchange->attempts[ref.attempt], packet, loop_.now());
}

void LoopForwarder::on_stream_end(const AttemptRef& ref, const ServerFault& fault) noexcept {
    Exchange* const exchange = inflight_.find(ref);
    if (exchange == nullptr) return;
    Attempt& attempt = exchange->attempts[ref.attempt];
    const Ticks now = loop_.now();
    mark_lost(*exchange, attempt, fault);
    attempt.live = false;
    renew_or_drop(*exchange, attempt, now);
}

/// The server may have closed an old connection in the meantime: the query is sent once more, on a new one.
void LoopForwarder::renew_or_drop(Exchange& exchange, Attempt& attempt, Ticks now) noexcept {
    attempt.refused = true;
    if (attempt.in_addition) {
        if (!exchange.any_live()) go_on(exchange, now);
        return;
    }
    if (!std::exchange(exchange.stream_renewed, true) &&
        ask(exchange, attempt.position, Attempt::Via::Stream, attempt.edns, now) == SendStatus::Sent) {
        ++counters_.retries;
        return schedule(exchange);
    }
    drop_server(exchange, attempt.position, now);
}

void LoopForwarder::on_http_answer(const AttemptRef& ref, ByteView packet, std::uint32_t age_s) noexcept {
    Exchange* const exchange = inflight_.find(ref);
    if (exchange == nullptr) return;
    exchange->attempts[ref.attempt].live = false;
    judge(*exchange, exchange->attempts[ref.attempt], packet, loop_.now(), age_s);
}

/// A server that leaves in order has not failed, unless it has left this query already. One whose responses are no
/// answers is of as little use as one that is silent.
void LoopForwarder::on_http_end(const AttemptRef& ref, HttpEnd why, const ServerFault& fault) noexcept {
    Exchange* const exchange = inflight_.find(ref);
    if (exchange == nullptr) return;
    Attempt& attempt = exchange->attempts[ref.attempt];
    const Ticks now = loop_.now();
    if (why != HttpEnd::Unprocessed || exchange->stream_renewed) mark_lost(*exchange, attempt, fault);
    attempt.live = false;
    if (why != HttpEnd::Refused) return renew_or_drop(*exchange, attempt, now);
    ++counters_.http_refused;
    fail_server(*exchange, attempt, server_failure(), now);
}

/// Takes a message whose header and question match the query.
void LoopForwarder::judge(Exchange& exchange, Attempt& attempt, ByteView packet, Ticks now,
                          std::uint32_t age_s) noexcept {
    std::size_t size = 0;
    wire::AnswerInfo shape;
    const auto status = wire::scrub_answer(packet, exchange.query.question, scrubbed_, size, shape);
    if (status == wire::AnswerStatus::Malformed) {
        ++counters_.malformed;
        if (attempt.via != Attempt::Via::Stream) return ask_beside(exchange, attempt, now);
        return drop_unusable(exchange, attempt, now);
    }
    if (age_s > 0) {
        wire::age_answer({scrubbed_.data(), size}, age_s, 0, wire::kTtlMax);
        shape.ttl_s = shape.ttl_s > age_s ? shape.ttl_s - age_s : 0;
    }
    attempt.answered_at = now;
    attempt.rcode = shape.rcode;
    Server& server = server_of(exchange, attempt);
    if (!server.trusted) scrubbed_[3] &= static_cast<std::uint8_t>(~wire::kFlagAd);
    const bool measured = attempt.via != Attempt::Via::Stream || !server.address.tls_name.empty();
    if (measured) server.health.answered(now - attempt.sent_at, now);
    if (exchange.probe) return finish(exchange, {Ending::Answered, {}, {}}, now);
    if (status == wire::AnswerStatus::Loop || shape.truncated) return drop_unusable(exchange, attempt, now);
    judge_rcode(exchange, attempt, size, shape, now);
}

void LoopForwarder::judge_rcode(Exchange& exchange, Attempt& attempt, std::size_t size, const wire::AnswerInfo& shape,
                                Ticks now) noexcept {
    if (is_answer(shape.rcode)) {
        if (exchange.edns_refused && !attempt.edns) server_of(exchange, attempt).health.refused_edns(now);
        return finish(exchange, {Ending::Answered, {scrubbed_.data(), size}, shape}, now);
    }
    if (attempt.edns && may_mean_edns(shape.rcode)) {
        exchange.edns_refused = true;
        end_attempt(exchange, attempt, now);
        if (ask(exchange, attempt.position, attempt.via, false, now) == SendStatus::Sent) {
            ++counters_.retries;
            return schedule(exchange);
        }
    }
    fail_server(exchange, attempt, shape, now);
}

/// A stream that was opened in addition ends nothing: the exchange still waits for the answer over UDP.
void LoopForwarder::drop_unusable(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept {
    if (!attempt.in_addition) return fail_server(exchange, attempt, server_failure(), now);
    note_failure(exchange, server_failure());
    if (!exchange.any_live()) go_on(exchange, now);
}

void LoopForwarder::fail_server(Exchange& exchange, const Attempt& attempt, const wire::AnswerInfo& shape,
                                Ticks now) noexcept {
    note_failure(exchange, shape);
    drop_server(exchange, attempt.position, now);
}

/// The extended error of a server takes precedence over a failure that was found here.
void LoopForwarder::note_failure(Exchange& exchange, const wire::AnswerInfo& shape) noexcept {
    if (exchange.has_failure && exchange.failure.has_error && !shape.has_error) return;
    exchange.failure = shape;
    exchange.has_failure = true;
}

}  // namespace cenote::upstream
