// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/stream_exchange.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "resolver/base/check.h"

namespace cenote::upstream {

namespace {

constexpr std::uint32_t kBuffers = 32;
constexpr std::size_t kPipelinedMax = 64;
constexpr milliseconds kIdle{10000};
constexpr seconds kMute{1};  // a connection with queries and no message for so long is not used again

}  // namespace

struct StreamExchange::OpenQuery {
    AttemptRef attempt;
    Ticks sent_at{};
    std::uint16_t id = 0;
    std::uint16_t sent_size = 0;
    std::array<std::uint8_t, 512> sent;
};

struct StreamExchange::Connection {
    ServerIndex server = 0;
    ServerAddress address;  // another server may have the index by now
    std::shared_ptr<loop::TlsClient> tls;
    bool mute = false;
    bool used = false;  // since the idle timer last ran
    std::vector<OpenQuery> queries;
    std::optional<loop::MessageStream> stream;

    [[nodiscard]] bool takes_more() const noexcept {
        return !mute && queries.size() < (address.tls_name.empty() ? 1 : kPipelinedMax);
    }
    [[nodiscard]] std::vector<OpenQuery>::iterator find(std::uint16_t id) noexcept {
        return std::find_if(queries.begin(), queries.end(), [id](const OpenQuery& query) { return query.id == id; });
    }
};

StreamExchange::StreamExchange(loop::Loop& loop, Sink& sink, RandomSource& random, Dialer& dialer)
    : loop_(loop), sink_(sink), random_(random), dialer_(dialer), buffers_(kBuffers), idle_timer_(loop, [this] {
          close_idle();
      }) {
    connections_.reserve(kConnectionsMax);
}

StreamExchange::~StreamExchange() = default;

void StreamExchange::renew_tls() noexcept {
    for (auto& connection : connections_)
        if (!connection->address.tls_name.empty()) connection->mute = true;
}

SendStatus StreamExchange::ask(ServerIndex index, const ServerAddress& server, const Query& query, bool edns,
                               const AttemptRef& attempt, Ticks now) noexcept {
    Connection* connection = usable(index, server);
    if (connection == nullptr) {
        const SendStatus status = open(index, server, connection);
        if (status != SendStatus::Sent) return status;
    }

    OpenQuery& open_query = connection->queries.emplace_back();
    open_query.attempt = attempt;
    open_query.sent_at = now;
    do {
        open_query.id = random_.u16();
    } while (connection->find(open_query.id) != connection->queries.end() - 1);
    // Without 0x20 case randomisation: it protects against answers from elsewhere, which cannot come by a connection.
    open_query.sent_size =
        static_cast<std::uint16_t>(wire::write_upstream_query(query.question,
                                                              {.id = open_query.id,
                                                               .case_bits = 0,
                                                               .edns = edns,
                                                               .dnssec_ok = query.dnssec_ok,
                                                               .checking_disabled = query.checking_disabled,
                                                               .padded = !server.tls_name.empty()},
                                                              open_query.sent));
    connection->used = true;
    if (connection->stream->send({open_query.sent.data(), open_query.sent_size})) return SendStatus::Sent;
    connection->queries.pop_back();
    connection->mute = true;
    dialer_.set_fault(fault_of(connection->stream->transport()));
    return SendStatus::Unreachable;
}

StreamExchange::Connection* StreamExchange::usable(ServerIndex index, const ServerAddress& server) noexcept {
    for (auto& connection : connections_)
        if (connection->server == index && connection->takes_more() && connection->address == server)
            return connection.get();
    return nullptr;
}

SendStatus StreamExchange::open(ServerIndex index, const ServerAddress& server, Connection*& opened) noexcept {
    if (connections_.size() == kConnectionsMax) {
        const auto idle = std::find_if(connections_.begin(), connections_.end(),
                                       [](const auto& connection) { return connection->queries.empty(); });
        if (idle == connections_.end()) return SendStatus::NoSocket;
        connections_.erase(idle);
    }
    auto dialed = dialer_.dial(server, {});
    if (dialed.status != SendStatus::Sent) return dialed.status;

    if (connections_.empty()) idle_timer_.start(kIdle, kIdle);
    auto& connection = connections_.emplace_back(std::make_unique<Connection>());
    connection->server = index;
    connection->address = server;
    connection->tls = std::move(dialed.tls);
    loop::StreamOwner& owner = *this;
    connection->stream.emplace(loop_, buffers_, std::move(dialed.transport), owner);
    opened = connection.get();
    return SendStatus::Sent;
}

void StreamExchange::abandon(const AttemptRef& attempt, Ticks now) noexcept {
    for (auto& connection : connections_) {
        const auto query = std::find_if(connection->queries.begin(), connection->queries.end(),
                                        [&](const OpenQuery& other) { return other.attempt == attempt; });
        if (query == connection->queries.end()) continue;
        if (now - query->sent_at > kMute) connection->mute = true;
        connection->queries.erase(query);
        return;
    }
}

std::vector<std::unique_ptr<StreamExchange::Connection>>::iterator StreamExchange::owner_of(
    const loop::MessageStream& stream) noexcept {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& connection) { return &*connection->stream == &stream; });
    CENOTE_CHECK(found != connections_.end());
    return found;
}

void StreamExchange::on_message(loop::MessageStream& stream, ByteView message) noexcept {
    Connection& connection = **owner_of(stream);
    const auto query =
        message.size() >= wire::kHeaderSize ? connection.find(load_u16(message.data())) : connection.queries.end();
    if (query == connection.queries.end() ||
        wire::match_reply(message, {query->sent.data(), query->sent_size}, false) != wire::MatchStatus::Match) {
        sink_.on_stream_mismatch();
        return;
    }
    const AttemptRef attempt = query->attempt;
    connection.queries.erase(query);
    sink_.on_stream_answer(attempt, message);
}

void StreamExchange::on_end(loop::MessageStream& stream, loop::StreamEnd) noexcept {
    const auto place = owner_of(stream);
    const std::unique_ptr<Connection> connection = std::move(*place);
    connections_.erase(place);
    if (connection->queries.empty()) return;
    const ServerFault fault = fault_of(connection->stream->transport());
    for (const OpenQuery& query : connection->queries) sink_.on_stream_end(query.attempt, fault);
}

void StreamExchange::close_idle() noexcept {
    std::erase_if(connections_, [](const auto& connection) {
        return connection->queries.empty() && (connection->mute || !std::exchange(connection->used, false));
    });
    if (connections_.empty()) idle_timer_.stop();
}

}  // namespace cenote::upstream
