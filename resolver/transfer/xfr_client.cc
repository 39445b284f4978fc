// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/xfr_client.h"

#include <fmt/format.h>

#include "resolver/base/random.h"
#include "resolver/transfer/message.h"
#include "resolver/transfer/tsig.h"
#include "resolver/transfer/zone_connection.h"

namespace cenote::transfer {
namespace {

using wire::Rcode;
using wire::RrType;

std::uint64_t unix_now() { return static_cast<std::uint64_t>(wall_now().time_since_epoch().count()); }

Message make_query(const wire::Name& zone, RrType type, std::uint16_t id, const ZoneData* known) {
    MessageWriter query(id, 0);
    query.question(zone, type);
    if (known != nullptr) {  // an IXFR query has the SOA of the version that the secondary has (RFC 1995 §3)
        query.begin_authority(RrType::SOA, 0);
        query.name(wire::Name());
        query.name(wire::Name());
        query.u32(known->soa.serial);
        for (int unread = 0; unread < 4; ++unread) query.u32(0);
        query.end_record();
    }
    return std::move(query).finish();
}

Error error_from(const SocketAddress& primary, std::string_view what) {
    return Error{fmt::format("{}: {}", primary.to_string(), what)};
}

std::string_view rcode_text(Rcode rcode) {
    switch (rcode) {
        case Rcode::FormErr: return "FORMERR: the primary cannot read the query";
        case Rcode::ServFail: return "SERVFAIL: the primary cannot answer";
        case Rcode::Refused: return "REFUSED: is this address allowed to transfer, is the key the right one?";
        case Rcode::NotAuth: return "NOTAUTH: the primary is not authoritative for this zone, or does not have the key";
        default: return "the primary answers with an error";
    }
}

std::string_view tsig_text(TsigError error) {
    switch (error) {
        case TsigError::BadKey: return "BADKEY: the primary has another key";
        case TsigError::BadSig: return "BADSIG: the signature is wrong; is the secret the same on both sides?";
        case TsigError::BadTime: return "BADTIME: the clocks are too far apart";
        default: return "the signature cannot be read";
    }
}

/// Whether a message is a response without error to the query with this id.
Status check_header(ByteView message, std::uint16_t id) {
    const auto header = read_header(message);
    if (!header) return Error{"the response is shorter than a header"};
    if (!header->is_response() || header->id != id) return Error{"the response is not to this query"};
    if (header->rcode() != Rcode::NoError) return Error{std::string(rcode_text(header->rcode()))};
    return Done{};
}

}  // namespace

/// One query, and the messages that answer it; signed, where the zone has a key.
class XfrClient::Exchange {
public:
    static Result<Exchange> begin(const XfrClient& client, RrType type, const ZoneData* known) {
        auto connection = ZoneConnection::connect(client.zone_.primary, client.limits_.answer, client.stop_);
        if (!connection) return std::move(connection).error();
        Exchange exchange(*std::move(connection), client.zone_.primary);
        Message query = make_query(client.zone_.zone, type, exchange.id_, known);
        if (client.key_ != nullptr) exchange.session_.emplace(*client.key_).sign_request(query, unix_now());
        if (auto sent = exchange.connection_.send(query); !sent) return std::move(sent).error();
        return exchange;
    }

    Result<Message> next() {
        auto message = connection_.receive();
        if (!message) return message;
        if (session_)
            if (const auto error = session_->verify_response(*message, unix_now()); error != TsigError::None)
                return error_from(primary_, tsig_text(error));
        if (auto good = check_header(*message, id_); !good) return error_from(primary_, good.error().text);
        return message;
    }
    [[nodiscard]] bool is_signed_to_the_end() const { return !session_ || session_->complete(); }

private:
    Exchange(ZoneConnection connection, const SocketAddress& primary)
        : connection_(std::move(connection)), primary_(primary) {}

    ZoneConnection connection_;
    SocketAddress primary_;
    std::uint16_t id_ = static_cast<std::uint16_t>(random_u64());
    std::optional<TsigSession> session_;
};

Result<Soa> XfrClient::ask_soa() const {
    auto exchange = Exchange::begin(*this, RrType::SOA, nullptr);
    if (!exchange) return std::move(exchange).error();
    const auto message = exchange->next();
    if (!message) return message.error();
    RecordReader records(*message);
    const auto record = records.header().answers > 0 ? records.next() : std::nullopt;
    wire::Name owner;
    std::size_t end = 0;
    const bool found =
        record && record->type == RrType::SOA && owner.read(*message, record->start, end) && owner == zone_.zone;
    const auto soa = found ? read_soa(*message, *record) : std::nullopt;
    if (!soa) return error_from(zone_.primary, "the response has no SOA of this zone");
    return *soa;
}

Result<std::optional<ZoneData>> XfrClient::transfer(const ZoneData* known) const {
    auto exchange = Exchange::begin(*this, known != nullptr ? RrType::IXFR : RrType::AXFR, known);
    if (!exchange) return std::move(exchange).error();
    Assembler assembler(zone_.zone, known, limits_);
    std::size_t received = 0;
    for (const Ticks end = ticks_now() + limits_.whole; !assembler.complete();) {
        if (ticks_now() > end) return error_from(zone_.primary, "the transfer takes too long");
        const auto message = exchange->next();
        if (!message) return message.error();
        received += message->size();
        if (received > limits_.received_max)
            return error_from(zone_.primary,
                              fmt::format("the transfer does not end within {} MiB", limits_.received_max >> 20));
        if (auto added = assembler.add(*message); !added) return error_from(zone_.primary, added.error().text);
    }
    if (!exchange->is_signed_to_the_end()) return error_from(zone_.primary, "the end of the transfer is not signed");
    return std::move(assembler).finish();
}

}  // namespace cenote::transfer
