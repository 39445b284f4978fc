// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/upstream.h"

#include <algorithm>

#include "resolver/base/check.h"
#include "resolver/upstream/forwarder.h"

namespace cenote::upstream {

namespace {

constexpr std::uint32_t kProbesMax = 16;
constexpr milliseconds kProbeTimeout{1000};
constexpr milliseconds kMarginMax{50};  // an exchange ends earlier by that, so that the response is sent in time

Asked::Way way_of(const ServerAddress& server, Attempt::Via via) noexcept {
    if (via != Attempt::Via::Stream) return Asked::Way::Udp;
    if (server.tls_name.empty()) return Asked::Way::Tcp;
    return server.https_path.empty() ? Asked::Way::Tls : Asked::Way::Https;
}

}  // namespace

std::unique_ptr<Forwarder> make_forwarder(loop::Loop& loop, AnswerSink& sink, const Options& options,
                                          rawudp::Lane* lane) {
    return std::make_unique<LoopForwarder>(loop, sink, options, lane);
}

LoopForwarder::LoopForwarder(loop::Loop& loop, AnswerSink& sink, const Options& options, rawudp::Lane* lane)
    : loop_(loop),
      sink_(sink),
      inflight_(random_.u64()),
      scrubbed_(wire::kMessageMax),
      udp_(loop, *this, random_),
      streams_(loop, *this, random_, dialer_),
      https_(loop, *this, dialer_),
      timer_(loop, [this] { on_timer(); }) {
    if (lane != nullptr) {
        RawExchange::Sink& own = *this;
        raw_.emplace(loop, own, random_, *lane);
    }
    apply(options);
}

void LoopForwarder::apply(const Options& options) {
    CENOTE_CHECK(calling_ == 0);
    options_ = options;
    options_.exchanges_max = std::max(options.exchanges_max, 1U);
    inflight_.grow(options_.exchanges_max + kProbesMax, options_.waiters_max);
    deadlines_.grow(options_.exchanges_max + kProbesMax);
    waiters_.reserve(std::min(options_.waiters_per_exchange_max, options_.waiters_max));
    selector_.apply(options_);
    udp_.keep(options_.sockets_max);
    for (const Server& server : selector_.servers()) {
        if (!server.listed) continue;
        if (server.address.tls_name.empty()) {
            udp_.prepare(server.address.address.family());
        } else if (dialer_.prepare_tls(options_.tls_ca_file)) {
            streams_.renew_tls();
            https_.renew_tls();
        }
    }
    if (raw_) apply_raw();
}

/// Their places in the list are those of the selector.
void LoopForwarder::apply_raw() {
    raw_->keep(options_.sockets_max);
    std::vector<SocketAddress> servers;
    for (const Server& server : selector_.servers()) servers.push_back(server.address.address);
    raw_->set_servers(servers);
}

Ticket LoopForwarder::resolve(const Query& query, Waiter waiter, Ticks now) noexcept {
    const std::uint64_t hash = inflight_.hash_of(query);
    if (Exchange* const exchange = inflight_.find(query, hash)) return join(*exchange, waiter);
    const ZoneCounts::Places zones = inflight_.zones().places_of(query.question.name);
    if (!is_within_limits(query.question.name, zones)) return Ticket::Refused;
    if (inflight_.waiters() >= options_.waiters_max || !make_room(now)) {
        ++counters_.overloaded;
        return Ticket::Refused;
    }
    Exchange* const exchange = inflight_.open(query, hash, zones);
    CENOTE_CHECK(exchange != nullptr);  // make_room() and the limit of waiters leave room
    inflight_.join(*exchange, waiter);
    begin(*exchange, now);
    selector_.each_probe_due(query.question.name, now, [&](ServerIndex server) { begin_probe(server, now); });
    return Ticket::Leading;
}

Ticket LoopForwarder::join(Exchange& exchange, Waiter waiter) noexcept {
    if (exchange.waiter_count >= options_.waiters_per_exchange_max || inflight_.waiters() >= options_.waiters_max ||
        !inflight_.join(exchange, waiter)) {
        ++counters_.overloaded;
        return Ticket::Refused;
    }
    ++counters_.joined;
    return Ticket::Joined;
}

void LoopForwarder::note_joined(const Query& query, const IpAddress& client) noexcept {
    Exchange* const exchange = inflight_.find(query, inflight_.hash_of(query));
    if (exchange == nullptr) return;
    std::uint8_t returned = 0;
    for (std::uint8_t i = 0; i < exchange->server_count; ++i)
        if (selector_.server(exchange->servers[i]).address.address.ip == client)
            returned |= static_cast<std::uint8_t>(1U << i);
    if (returned != 0 && exchange->returned == 0) ++counters_.returned;
    exchange->returned |= returned;
}

/// Whether the zone of the name, and the servers for it, leave room for an exchange that others may use.
bool LoopForwarder::is_within_limits(const wire::Name& name, const ZoneCounts::Places& zones) noexcept {
    if (!inflight_.zones().has_room(zones, options_.zone_max)) {
        ++counters_.zone_full;
        return false;
    }
    if (!options_.routes.empty() && selector_.is_full(name, options_.route_max, kAttemptsMax)) {
        ++counters_.route_full;
        return false;
    }
    return true;
}

/// Evicts the oldest exchange at the limit. Not from inside a call to the sink, whose waiters it would overwrite.
bool LoopForwarder::make_room(Ticks now) noexcept {
    if (inflight_.exchanges() < options_.exchanges_max) return true;
    if (calling_ > 0) return false;
    ++counters_.overloaded;
    finish(*inflight_.oldest(), {Ending::Overloaded, {}, {}}, now);
    return true;
}

void LoopForwarder::begin(Exchange& exchange, Ticks now) noexcept {
    exchange.server_count =
        static_cast<std::uint8_t>(selector_.order(exchange.query.question.name, random_, exchange.servers));
    for (std::uint8_t i = 0; i < exchange.server_count; ++i) ++selector_.server(exchange.servers[i]).holds;
    exchange.started_at = now;
    exchange.stale_at = now + options_.stale_after;
    exchange.deadline = now + options_.timeout - std::min(options_.timeout / 50, kMarginMax);
    exchange.retry_at = now;  // when no server can be asked, the exchange ends with the next turn of the loop
    ask_next(exchange, now);
    schedule(exchange);
}

/// Sends a harmless query to learn whether a server answers and how fast it is.
void LoopForwarder::begin_probe(ServerIndex server, Ticks now) noexcept {
    if (probes_ == kProbesMax) return;
    Query query;  // NS of the root, which every resolver has in its cache
    query.question.type = wire::RrType::NS;
    Exchange* const exchange = inflight_.open_probe(query);
    if (exchange == nullptr) return;
    ++probes_;
    exchange->servers[0] = server;
    exchange->server_count = 1;
    ++selector_.server(server).holds;
    exchange->started_at = now;
    exchange->deadline = exchange->stale_at = now + kProbeTimeout;
    exchange->retry_at = now;
    ask_next(*exchange, now);
    schedule(*exchange);
}

void LoopForwarder::finish(Exchange& exchange, const Completion& completion, Ticks now) noexcept {
    deadlines_.remove(exchange.index);
    std::array<Asked, kAttemptsMax> list;
    Completion whole = completion;
    if (!exchange.probe && sink_.wants_asked()) whole.asked = list_asked(exchange, list);
    for (std::uint8_t i = 0; i < exchange.attempt_count; ++i) {
        if (completion.ending == Ending::TimedOut) mark_lost(exchange, exchange.attempts[i], {});
        end_attempt(exchange, exchange.attempts[i], now);
    }
    for (std::uint8_t i = 0; i < exchange.server_count; ++i) --selector_.server(exchange.servers[i]).holds;
    inflight_.unlink(exchange);
    if (exchange.probe) {
        --probes_;
    } else {
        if (completion.ending == Ending::TimedOut) ++counters_.timeouts;
        inflight_.copy_waiters(exchange, waiters_);
        ++calling_;
        sink_.complete(exchange.query, whole, waiters_, now);
        --calling_;
    }
    inflight_.close(exchange);
}

std::span<const Asked> LoopForwarder::list_asked(const Exchange& exchange,
                                                 std::array<Asked, kAttemptsMax>& list) noexcept {
    for (std::uint8_t i = 0; i < exchange.attempt_count; ++i) {
        const Attempt& attempt = exchange.attempts[i];
        const Server& server = server_of(exchange, attempt);
        Asked& asked = list[i];
        asked.server = server.address.address;
        asked.way = way_of(server.address, attempt.via);
        asked.at = attempt.sent_at;
        asked.answered = attempt.answered_at;
        asked.rcode = attempt.rcode;
    }
    return std::span(list).first(exchange.attempt_count);
}

void LoopForwarder::report_response_timeout(Exchange& exchange, Ticks now) noexcept {
    exchange.timeout_reported = true;
    inflight_.copy_waiters(exchange, waiters_);
    ++calling_;
    sink_.on_client_response_timeout(exchange.query, waiters_, now);
    --calling_;
}

void LoopForwarder::schedule(const Exchange& exchange) noexcept {
    Ticks at = std::min(exchange.deadline, exchange.retry_at);
    if (!exchange.probe && !exchange.timeout_reported) at = std::min(at, exchange.stale_at);
    deadlines_.set(exchange.index, at);
    arm(at);
}

void LoopForwarder::arm(Ticks at) noexcept {
    if (at >= armed_for_) return;
    armed_for_ = at;
    const auto delay = std::chrono::ceil<milliseconds>(at - loop_.now());
    timer_.start(std::max(delay, milliseconds(0)), milliseconds(0));
}

void LoopForwarder::on_timer() noexcept {
    armed_for_ = Ticks::max();
    const Ticks now = loop_.now();
    while (!deadlines_.empty() && deadlines_.next_at() <= now) on_due(inflight_.at(deadlines_.next()), now);
    if (!deadlines_.empty()) arm(deadlines_.next_at());
}

std::vector<ServerHealth> LoopForwarder::health() const {
    std::vector<ServerHealth> result;
    for (const Server& server : selector_.servers()) {
        if (!server.listed) continue;
        const std::chrono::duration<double, std::milli> rtt = server.health.rtt();
        result.push_back({server.address.to_string(), server.health.healthy(), server.health.judged_at(),
                          server.health.has_answered(), rtt.count(), server.health.queries(), server.health.failures(),
                          server.health.healthy() ? std::string() : fault_to_text(server.fault)});
    }
    return result;
}

}  // namespace cenote::upstream
