// SPDX-License-Identifier: Apache-2.0
//
// A stream of DNS over QUIC: whatever a client sends on it, in whatever pieces, it has a query exactly where all the
// bytes are one message behind its length and the stream ends there (RFC 9250 §4.2), with the id 0 (§4.2.1) and without
// edns-tcp-keepalive (§5.5.2). That query goes to the daemon as it came, and the reply to the client behind its length.
//
// Input: a byte (the lowest bit: the stream ends; the others: the size of the pieces), the bytes of the stream.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/quic/query_message.h"
#include "resolver/relay/relay.h"
#include "resolver/wire/query.h"
#include "tests/fuzz/input.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using namespace cenote;
using Bytes = std::vector<std::uint8_t>;
using Fin = quic::QueryMessage::Fin;
using State = quic::QueryMessage::State;

constexpr std::size_t kBehindLength = 2;
constexpr std::uint16_t kKeepalive = 11;  // RFC 7828 §3.1
constexpr std::size_t kOptionHead = 4;

fuzz::Goal complete("a stream has a query");
fuzz::Goal broken("a whole message is none that may be sent");
fuzz::Goal with_keepalive("a message that ldns reads has edns-tcp-keepalive");

/// The one message in all the bytes.
std::optional<ByteView> naive_message(ByteView bytes) {
    if (bytes.size() < kBehindLength || bytes.size() - kBehindLength != load_u16(bytes.data())) return std::nullopt;
    return bytes.subspan(kBehindLength);
}

/// By ldns; false where it cannot read the message.
bool has_keepalive(ByteView message) {
    ldns_pkt* theirs = nullptr;
    if (ldns_wire2pkt(&theirs, message.data(), message.size()) != LDNS_STATUS_OK) return false;
    bool found = false;
    if (const ldns_rdf* const options = ldns_pkt_edns_data(theirs); options != nullptr) {
        fuzz::Input left(ByteView(ldns_rdf_data(options), ldns_rdf_size(options)));
        while (left.size() >= kOptionHead) {
            found = left.u16() == kKeepalive || found;
            left.framed();
        }
    }
    ldns_pkt_free(theirs);
    return found;
}

/// The packet between both processes, and the reply that comes back.
void expect_relayed(ByteView message) {
    const relay::Query query{.peer = SocketAddress::parse("192.0.2.7:40000", 0).value(),
                             .local = IpAddress::parse("2001:db8::53").value(),
                             .id = 0x0000000700000003,
                             .message = message};
    const auto head = relay::query_head(query);
    Bytes packet(head.begin(), head.end());
    packet.insert(packet.end(), message.begin(), message.end());
    const auto read = relay::read_query(packet);
    CENOTE_CHECK(read && read->peer == query.peer && read->local == query.local && read->id == query.id);
    CENOTE_CHECK(std::ranges::equal(read->message, message));
    const auto reply_head = relay::reply_head(read->id);
    Bytes reply(reply_head.begin(), reply_head.end());
    reply.insert(reply.end(), message.begin(), message.end());
    const auto back = relay::read_reply(reply);
    CENOTE_CHECK(back && back->id == query.id);
    const Bytes sent = quic::with_length(back->message);
    const auto received = naive_message(sent);
    CENOTE_CHECK(received && std::ranges::equal(*received, message));
}

void expect_query(const quic::QueryMessage& query, ByteView stream) {
    const auto message = naive_message(stream);
    CENOTE_CHECK(message && std::ranges::equal(query.message(), *message) && query.size() == stream.size());
    CENOTE_CHECK(message->size() >= wire::kHeaderSize && load_u16(message->data()) == 0);
    wire::Query parsed;  // of a message that is no query, options are not read
    if (wire::parse_query(*message, parsed) == wire::ParseStatus::Ok) CENOTE_CHECK(!has_keepalive(*message));
    complete.reach();
    expect_relayed(query.message());
}

void expect_none(ByteView stream) {
    const auto message = naive_message(stream);
    if (!message) return;
    broken.reach();
    if (has_keepalive(*message)) with_keepalive.reach();
    CENOTE_CHECK(!quic::may_be_sent(*message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t choices = input.u8();
    const Fin fin = (choices & 1U) != 0 ? Fin::Yes : Fin::No;
    const Bytes stream = input.copy();
    quic::QueryMessage query;
    State state = State::Incomplete;
    fuzz::in_pieces(stream, std::size_t{1} + choices / 2U, [&](ByteView piece) {
        if (state == State::Incomplete) state = query.add(piece, Fin::No);
    });
    CENOTE_CHECK(state != State::Complete);  // not before the end of the stream
    if (state == State::Incomplete) state = query.add({}, fin);
    quic::QueryMessage whole;
    CENOTE_CHECK(whole.add(stream, fin) == state);  // the pieces make no difference
    switch (state) {
        case State::Complete: expect_query(query, stream); break;
        case State::Broken: expect_none(stream); break;
        case State::Incomplete:
            CENOTE_CHECK(fin == Fin::No);
            CENOTE_CHECK(stream.size() < kBehindLength || stream.size() - kBehindLength <= load_u16(stream.data()));
    }
    return 0;
}
