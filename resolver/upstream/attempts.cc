// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "resolver/upstream/forwarder.h"

namespace cenote::upstream {

namespace {

constexpr Ticks kNever = Ticks::max();
constexpr milliseconds kNoSocketWait{50};

}  // namespace

/// The limit of packets over all transports and fallbacks together.
std::uint8_t LoopForwarder::packets_max(const Exchange& exchange) const noexcept {
    if (exchange.probe) return 1;
    return static_cast<std::uint8_t>(std::clamp<std::uint32_t>(options_.attempts_max, 1, kAttemptsMax));
}

void LoopForwarder::on_due(Exchange& exchange, Ticks now) noexcept {
    if (now >= exchange.deadline) return give_up(exchange, now);
    if (!exchange.probe && !exchange.timeout_reported && now >= exchange.stale_at)
        report_response_timeout(exchange, now);
    if (now >= exchange.retry_at)
        retry(exchange, now);
    else
        schedule(exchange);
}

/// No response came in the time that the servers usually take. They may still answer.
void LoopForwarder::retry(Exchange& exchange, Ticks now) noexcept {
    for (std::uint8_t i = 0; i < exchange.attempt_count; ++i) mark_lost(exchange, exchange.attempts[i], {});
    exchange.retry_at = kNever;
    go_on(exchange, now);
}

/// Asks the next server, or waits for those that were asked, or ends the exchange.
void LoopForwarder::go_on(Exchange& exchange, Ticks now) noexcept {
    const bool again = exchange.attempt_count > 0;
    const bool waiting = exchange.any_live();
    if (!waiting) exchange.retry_at = kNever;
    if (ask_next(exchange, now)) {
        if (again) ++counters_.retries;
    } else if (!waiting && exchange.retry_at == kNever) {
        return give_up(exchange, now);
    }
    schedule(exchange);
}

/// Ends the exchange with the failure that is known.
void LoopForwarder::give_up(Exchange& exchange, Ticks now) noexcept {
    const auto begin = exchange.attempts.begin();
    const auto end = begin + exchange.attempt_count;
    Ending ending = Ending::TimedOut;
    if (exchange.has_failure)
        ending = Ending::Failed;
    else if (exchange.no_socket && exchange.attempt_count == 0)
        ending = Ending::Overloaded;
    else if (std::all_of(begin, end, [](const Attempt& attempt) { return attempt.refused; }))
        ending = Ending::Unreachable;
    finish(exchange, {ending, {}, exchange.has_failure ? exchange.failure : wire::AnswerInfo{}}, now);
}

/// Asks the next server that has not failed yet, and has not sent the question back. False when none was asked; then
/// retry_at is set if another try makes sense.
bool LoopForwarder::ask_next(Exchange& exchange, Ticks now) noexcept {
    for (std::uint8_t tries = 0; tries < exchange.server_count; ++tries) {
        const std::uint8_t position = exchange.cursor;
        exchange.cursor = static_cast<std::uint8_t>((position + 1) % exchange.server_count);
        if (((exchange.failed | exchange.returned) & (1U << position)) != 0) continue;
        if (exchange.attempt_count == packets_max(exchange)) return false;
        const Server& server = selector_.server(exchange.servers[position]);
        switch (ask(exchange, position, server.via, server.health.takes_edns(now), now)) {
            case SendStatus::Sent: return true;
            case SendStatus::Unreachable: exchange.failed |= static_cast<std::uint8_t>(1U << position); break;
            case SendStatus::NoSocket:
                exchange.no_socket = true;
                exchange.retry_at = now + kNoSocketWait;
                return false;
        }
    }
    return false;
}

SendStatus LoopForwarder::ask(Exchange& exchange, std::uint8_t position, Attempt::Via via, bool edns,
                              Ticks now) noexcept {
    if (exchange.attempt_count == packets_max(exchange)) return SendStatus::Unreachable;
    Attempt& attempt = exchange.attempts[exchange.attempt_count];
    attempt = Attempt{};
    attempt.position = position;
    attempt.via = via;
    attempt.edns = edns;
    attempt.sent_at = now;

    const ServerIndex index = exchange.servers[position];
    Server& server = selector_.server(index);
    const AttemptRef ref{exchange.index, exchange.generation, exchange.attempt_count};
    attempt.mixed_case = via != Attempt::Via::Stream && server.health.keeps_case();
    const SendStatus status = via == Attempt::Via::Udp ? ask_by_socket(exchange, attempt, ref, now)
                                                       : ask_otherwise(exchange, attempt, ref, now);
    if (status == SendStatus::Unreachable) {
        server.health.unreachable(now);
        server.fault = via != Attempt::Via::Stream ? ServerFault{ServerFault::Kind::CannotSend} : dialer_.fault();
    }
    if (status != SendStatus::Sent) return status;
    attempt.live = true;
    ++exchange.attempt_count;
    ++counters_.queries;
    server.health.asked();
    plan_retry(exchange, attempt, now);
    return status;
}

SendStatus LoopForwarder::ask_by_socket(Exchange& exchange, Attempt& attempt, const AttemptRef& ref,
                                        Ticks now) noexcept {
    if (udp_.in_use() >= options_.sockets_max) give_back_socket(exchange, now);
    return udp_.ask(server_of(exchange, attempt).address.address, exchange.query, {attempt.edns, attempt.mixed_case},
                    ref, attempt.slot);
}

SendStatus LoopForwarder::ask_otherwise(Exchange& exchange, Attempt& attempt, const AttemptRef& ref,
                                        Ticks now) noexcept {
    const ServerIndex index = exchange.servers[attempt.position];
    if (attempt.via == Attempt::Via::Stream) return ask_by_stream(index, exchange.query, attempt.edns, ref, now);
    const Manner manner{attempt.edns, attempt.mixed_case};
    if (raw_->reaches(index) && raw_->ask(index, exchange.query, manner, ref, attempt.slot)) return SendStatus::Sent;
    attempt.via = Attempt::Via::Udp;
    return ask_by_socket(exchange, attempt, ref, now);
}

/// The kernel has refused the packet. The query leaves by a connected socket, whose error counts.
void LoopForwarder::on_unsent(const AttemptRef& ref) noexcept {
    Exchange* const exchange = inflight_.find(ref);
    if (exchange == nullptr || !exchange->attempts[ref.attempt].live) return;
    Attempt& attempt = exchange->attempts[ref.attempt];
    const Ticks now = loop_.now();
    raw_->release(attempt.slot);
    attempt.via = Attempt::Via::Udp;
    const SendStatus status = ask_by_socket(*exchange, attempt, ref, now);
    if (status == SendStatus::Sent) return;
    attempt.live = false;
    if (status == SendStatus::Unreachable) {
        Server& server = server_of(*exchange, attempt);
        server.health.unreachable(now);
        server.fault = {ServerFault::Kind::CannotSend};
        attempt.refused = true;
        exchange->failed |= static_cast<std::uint8_t>(1U << attempt.position);
    }
    go_on(*exchange, now);
}

void LoopForwarder::on_sources() noexcept {
    ServerIndex index = 0;
    for (Server& server : selector_.servers()) {
        if (server.via != Via::Stream) server.via = raw_->reaches(index) ? Via::Raw : Via::Udp;
        ++index;
    }
}

SendStatus LoopForwarder::ask_by_stream(ServerIndex index, const Query& query, bool edns, const AttemptRef& ref,
                                        Ticks now) noexcept {
    const ServerAddress& server = selector_.server(index).address;
    return server.https_path.empty() ? streams_.ask(index, server, query, edns, ref, now)
                                     : https_.ask(index, server, query, edns, ref, now);
}

/// One packet is reserved for what a response may call for: TCP, or the query without EDNS. It serves as a late try
/// when no response comes.
void LoopForwarder::plan_retry(Exchange& exchange, const Attempt& attempt, Ticks now) noexcept {
    const std::uint8_t max = packets_max(exchange);
    if (exchange.attempt_count == max) {
        exchange.retry_at = kNever;
        return;
    }
    const Ticks::duration patience = server_of(exchange, attempt).health.patience();
    exchange.retry_at = now + (attempt.via == Attempt::Via::Stream ? patience * 2 : patience);
    if (exchange.attempt_count + 1 == max) {
        const Ticks held_back_until = exchange.started_at + (exchange.deadline - exchange.started_at) * 3 / 5;
        exchange.retry_at = std::max(exchange.retry_at, held_back_until);
    }
}

/// With many sockets in use an exchange has one socket only: it drops the attempt with the server that it asked first.
void LoopForwarder::give_back_socket(Exchange& exchange, Ticks now) noexcept {
    for (std::uint8_t i = 0; i < exchange.attempt_count; ++i) {
        Attempt& attempt = exchange.attempts[i];
        if (attempt.live && attempt.via == Attempt::Via::Udp) return end_attempt(exchange, attempt, now);
    }
}

void LoopForwarder::end_attempt(Exchange& exchange, Attempt& attempt, Ticks now) noexcept {
    if (!attempt.live) return;
    attempt.live = false;
    if (attempt.via == Attempt::Via::Udp) return udp_.release(attempt.slot);
    if (attempt.via == Attempt::Via::Raw) return raw_->release(attempt.slot);
    const AttemptRef ref{exchange.index, exchange.generation,
                         static_cast<std::uint8_t>(&attempt - exchange.attempts.data())};
    if (server_of(exchange, attempt).address.https_path.empty())
        streams_.abandon(ref, now);
    else
        https_.abandon(ref, now);
}

/// The server is not asked again in this exchange.
void LoopForwarder::drop_server(Exchange& exchange, std::uint8_t position, Ticks now) noexcept {
    exchange.failed |= static_cast<std::uint8_t>(1U << position);
    for (std::uint8_t i = 0; i < exchange.attempt_count; ++i)
        if (exchange.attempts[i].position == position) end_attempt(exchange, exchange.attempts[i], now);
    go_on(exchange, now);
}

/// A fault that is found later says more than the silence before.
void LoopForwarder::mark_lost(Exchange& exchange, Attempt& attempt, const ServerFault& fault) noexcept {
    if (!attempt.live || (attempt.lost && fault.kind == ServerFault::Kind::Silence)) return;
    const bool counted = std::exchange(attempt.lost, true);
    // A query over TCP beside or after UDP shows little about a server that is measured over UDP.
    Server& server = server_of(exchange, attempt);
    if (attempt.via == Attempt::Via::Stream && server.address.tls_name.empty()) return;
    if (!counted) server.health.lost(loop_.now());
    server.fault = fault;
}

}  // namespace cenote::upstream
