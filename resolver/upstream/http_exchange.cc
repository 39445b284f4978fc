// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/http_exchange.h"

#include <algorithm>
#include <array>
#include <utility>

#include "resolver/http/client_session.h"
#include "resolver/wire/answer.h"

namespace cenote::upstream {

namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr unsigned kOk = 200;
constexpr milliseconds kIdle{10000};
constexpr seconds kMute{1};  // a connection with queries and no response for so long is not used again

static_assert(loop::ByteSpace::kReceived <= http::ClientSession::kFedAtOnce);

/// RFC 9110 §4.3.1: the name, in brackets where it is an IPv6 address, and the port where it is not the usual one.
std::string authority_of(const ServerAddress& server) {
    const bool brackets = server.tls_name.find(':') != std::string::npos;
    std::string authority = brackets ? "[" + server.tls_name + "]" : server.tls_name;
    if (server.address.port != kHttpsPort) authority += ":" + std::to_string(server.address.port);
    return authority;
}

}  // namespace

struct HttpExchange::OpenQuery {
    AttemptRef attempt;
    std::uint32_t stream = 0;
    Ticks sent_at{};
};

class HttpExchange::Connection final : private loop::ByteOwner, private http::ResponseSink {
public:
    /// Usable when it has a session.
    Connection(HttpExchange& exchange, ServerIndex index, const ServerAddress& server, Dialer::Dialed dialed)
        : exchange_(exchange), index_(index), server_(server), tls_(std::move(dialed.tls)) {
        queries_.reserve(kStreamsMax);
        session_ = http::ClientSession::create({authority_of(server), server.https_path, std::string(wire::kMediaType)},
                                               {.streams_max = kStreamsMax}, *this, exchange.loop_.now());
        loop::ByteOwner& owner = *this;
        stream_ = std::make_unique<loop::ByteStream>(exchange.loop_, exchange.buffers_, exchange.space_,
                                                     std::move(dialed.transport), owner);
    }
    ~Connection() {
        if (session_ == nullptr || std::exchange(over_, true)) return;
        session_->leave();
        stream_->send();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] bool has_session() const noexcept { return session_ != nullptr; }
    [[nodiscard]] bool is_for(ServerIndex index, const ServerAddress& server) const noexcept {
        return index == index_ && server_ == server;  // another server may have the index by now
    }
    [[nodiscard]] bool takes_more() const noexcept { return !mute_ && session_->takes_more(); }
    [[nodiscard]] bool is_idle() const noexcept { return queries_.empty() && !in_call_; }
    /// Not used since the last call, or never again.
    [[nodiscard]] bool is_done() noexcept { return is_idle() && (mute_ || over_ || !std::exchange(used_, false)); }
    [[nodiscard]] bool is_over() const noexcept { return over_ && !in_call_; }
    void mute() noexcept { mute_ = true; }

    bool ask(ByteView query, const AttemptRef& attempt, Ticks now) noexcept;
    bool abandon(const AttemptRef& attempt, Ticks now) noexcept;
    /// Delivers what came to be outside of the calls of the stream.
    void look() noexcept;

private:
    void on_bytes(ByteView bytes) noexcept override;
    std::size_t fill(MutableBytes space) noexcept override;
    void on_drained() noexcept override {}
    void on_end(loop::StreamEnd end) noexcept override;
    void on_response(std::uint32_t stream, const http::Received& received) noexcept override;
    void on_lost(std::uint32_t stream, http::Loss why) noexcept override;
    [[nodiscard]] std::vector<OpenQuery>::iterator find(std::uint32_t stream) noexcept;
    [[nodiscard]] ServerFault why_ended() const noexcept;
    void end() noexcept;

    HttpExchange& exchange_;
    ServerIndex index_;
    ServerAddress server_;
    std::shared_ptr<loop::TlsClient> tls_;
    std::vector<OpenQuery> queries_;
    std::unique_ptr<http::ClientSession> session_;
    bool mute_ = false;
    bool used_ = false;  // since is_done() was last called
    bool over_ = false;  // it has no queries, and never will
    bool in_call_ = false;
    std::unique_ptr<loop::ByteStream> stream_;
};

bool HttpExchange::Connection::ask(ByteView query, const AttemptRef& attempt, Ticks now) noexcept {
    const std::uint32_t stream = session_->post(query);
    if (stream == 0) {
        mute_ = true;
        return false;
    }
    used_ = true;
    queries_.push_back({attempt, stream, now});
    stream_->send();
    return true;
}

bool HttpExchange::Connection::abandon(const AttemptRef& attempt, Ticks now) noexcept {
    const auto query = std::ranges::find_if(queries_, [&](const OpenQuery& each) { return each.attempt == attempt; });
    if (query == queries_.end()) return false;
    if (now - query->sent_at > kMute) mute_ = true;
    session_->forget(query->stream);
    queries_.erase(query);
    return true;
}

std::vector<HttpExchange::OpenQuery>::iterator HttpExchange::Connection::find(std::uint32_t stream) noexcept {
    return std::ranges::find_if(queries_, [stream](const OpenQuery& each) { return each.stream == stream; });
}

void HttpExchange::Connection::on_bytes(ByteView bytes) noexcept {
    in_call_ = true;
    session_->feed(bytes, exchange_.loop_.now());
    if (session_->ended() != http::Ended::No) end();
    in_call_ = false;
}

/// Sending closes streams and ends sessions too; a call to the sink would be inside ask().
std::size_t HttpExchange::Connection::fill(MutableBytes space) noexcept {
    const std::size_t size = session_->fill(space);
    if (session_->has_results() || (session_->ended() != http::Ended::No && !over_))
        exchange_.sweep_timer_.start(milliseconds{0}, milliseconds{0});
    return size;
}

void HttpExchange::Connection::look() noexcept {
    if (over_) return;
    in_call_ = true;
    session_->deliver();
    if (session_->ended() != http::Ended::No) end();
    in_call_ = false;
}

void HttpExchange::Connection::on_end(loop::StreamEnd) noexcept {
    in_call_ = true;
    end();
    in_call_ = false;
}

/// The stream must not be destroyed in its own call: sweep() does it.
void HttpExchange::Connection::end() noexcept {
    mute_ = over_ = true;
    ServerFault fault;
    if (!queries_.empty()) fault = why_ended();
    while (!queries_.empty()) {
        const OpenQuery query = queries_.back();
        queries_.pop_back();
        exchange_.sink_.on_http_end(query.attempt, HttpEnd::Connection, fault);
    }
    exchange_.sweep_timer_.start(milliseconds{0}, milliseconds{0});
}

ServerFault HttpExchange::Connection::why_ended() const noexcept {
    switch (session_->ended()) {
        case http::Ended::No: return fault_of(stream_->transport());
        case http::Ended::Left: return {ServerFault::Kind::Closed};
        case http::Ended::Version:
        case http::Ended::Protocol:
        case http::Ended::Resets:
        case http::Ended::Frames:
        case http::Ended::Fields:
        case http::Ended::Memory: break;
    }
    return {ServerFault::Kind::NotHttp2};
}

void HttpExchange::Connection::on_response(std::uint32_t stream, const http::Received& received) noexcept {
    const auto query = find(stream);
    if (query == queries_.end()) return;
    const AttemptRef attempt = query->attempt;
    queries_.erase(query);
    const auto refuse = [&](const ServerFault& fault) {
        exchange_.sink_.on_http_end(attempt, HttpEnd::Refused, fault);
    };
    if (received.status != kOk)
        return refuse({ServerFault::Kind::HttpStatus, static_cast<std::uint16_t>(received.status)});
    if (!http::is_media_type(received.content_type, wire::kMediaType)) return refuse({ServerFault::Kind::MediaType});
    if (wire::match_reply(received.body, received.request, false) != wire::MatchStatus::Match) {
        exchange_.sink_.on_http_mismatch();
        return refuse({ServerFault::Kind::OtherQuestion});
    }
    exchange_.sink_.on_http_answer(attempt, received.body, received.age_s);
}

void HttpExchange::Connection::on_lost(std::uint32_t stream, http::Loss why) noexcept {
    const auto query = find(stream);
    if (query == queries_.end()) return;
    const AttemptRef attempt = query->attempt;
    queries_.erase(query);
    switch (why) {
        case http::Loss::Unprocessed:
            return exchange_.sink_.on_http_end(attempt, HttpEnd::Unprocessed, {ServerFault::Kind::Closed});
        case http::Loss::Reset:
            return exchange_.sink_.on_http_end(attempt, HttpEnd::Refused, {ServerFault::Kind::Reset});
        case http::Loss::TooLarge: break;
    }
    exchange_.sink_.on_http_end(attempt, HttpEnd::Refused, {ServerFault::Kind::TooLarge});
}

HttpExchange::HttpExchange(loop::Loop& loop, Sink& sink, Dialer& dialer)
    : loop_(loop),
      sink_(sink),
      dialer_(dialer),
      buffers_(kConnectionsMax),
      sweep_timer_(loop, [this] { sweep(); }),
      idle_timer_(loop, [this] { close_idle(); }) {
    connections_.reserve(kConnectionsMax);
}

HttpExchange::~HttpExchange() = default;

void HttpExchange::renew_tls() noexcept {
    for (auto& connection : connections_) connection->mute();
}

SendStatus HttpExchange::ask(ServerIndex index, const ServerAddress& server, const Query& query, bool edns,
                             const AttemptRef& attempt, Ticks now) noexcept {
    // The id is 0 (RFC 8484 §4.1): the stream says what is answered. No case randomisation, as over any stream.
    std::array<std::uint8_t, http::ClientSession::kRequestMax> message;
    const std::size_t size = wire::write_upstream_query(query.question,
                                                        {.id = 0,
                                                         .case_bits = 0,
                                                         .edns = edns,
                                                         .dnssec_ok = query.dnssec_ok,
                                                         .checking_disabled = query.checking_disabled,
                                                         .padded = true},
                                                        message);
    const ByteView written = ByteView(message).first(size);
    Connection* connection = usable(index, server);
    if (connection != nullptr && connection->ask(written, attempt, now)) return SendStatus::Sent;
    const SendStatus status = open(index, server, connection);
    if (status != SendStatus::Sent) return status;
    return connection->ask(written, attempt, now) ? SendStatus::Sent : SendStatus::NoSocket;
}

HttpExchange::Connection* HttpExchange::usable(ServerIndex index, const ServerAddress& server) noexcept {
    for (auto& connection : connections_)
        if (connection->takes_more() && connection->is_for(index, server)) return connection.get();
    return nullptr;
}

SendStatus HttpExchange::open(ServerIndex index, const ServerAddress& server, Connection*& opened) noexcept {
    if (!make_room()) return SendStatus::NoSocket;
    auto dialed = dialer_.dial(server, "h2");
    if (dialed.status != SendStatus::Sent) return dialed.status;
    auto made = std::make_unique<Connection>(*this, index, server, std::move(dialed));
    if (!made->has_session()) return SendStatus::NoSocket;
    if (connections_.empty()) idle_timer_.start(kIdle, kIdle);
    opened = connections_.emplace_back(std::move(made)).get();
    return SendStatus::Sent;
}

bool HttpExchange::make_room() noexcept {
    if (connections_.size() < kConnectionsMax) return true;
    if (sweeping_) return false;
    const auto idle = std::ranges::find_if(connections_, [](const auto& connection) { return connection->is_idle(); });
    if (idle == connections_.end()) return false;
    connections_.erase(idle);
    return true;
}

void HttpExchange::abandon(const AttemptRef& attempt, Ticks now) noexcept {
    for (auto& connection : connections_)
        if (connection->abandon(attempt, now)) return;
}

/// Connections that are opened meanwhile have nothing to deliver.
void HttpExchange::sweep() noexcept {
    sweeping_ = true;
    for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i]->look();
    sweeping_ = false;
    std::erase_if(connections_, [](const auto& connection) { return connection->is_over(); });
    if (connections_.empty()) idle_timer_.stop();
}

void HttpExchange::close_idle() noexcept {
    std::erase_if(connections_, [](const auto& connection) { return connection->is_done(); });
    if (connections_.empty()) idle_timer_.stop();
}

}  // namespace cenote::upstream
