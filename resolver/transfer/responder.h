// SPDX-License-Identifier: Apache-2.0
//
// Responses about a primary zone: SOA and NS, AXFR (RFC 5936), IXFR (RFC 1995). Private to transfer.
//
// Threads:  pure; a response belongs to one thread at a time.
// Time:     an argument, for signatures.
// Memory:   one message at a time, and the version of the zone until the response is finished.
// Failure:  a response with the error: NOTAUTH, REFUSED, NOTIMP, FORMERR.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/transfer/primary_zone.h"
#include "resolver/transfer/tsig.h"

namespace cenote::transfer {

/// The zones from which queries are answered, and the options with which they were built.
struct Zones {
    Options options;
    std::vector<std::shared_ptr<const ZoneVersion>> versions;
};

/// A query about a zone, and how it came.
struct ZoneQuery {
    ByteView message;
    SocketAddress peer;
    bool stream = false;
    std::uint64_t now = 0;  // seconds since 1970
};

/// A run of answer records of a response (not a section of a message); runs follow each other.
struct RecordRun {
    enum class Kind : std::uint8_t { Soa, Ns, Records };
    Kind kind = Kind::Records;
    std::uint32_t serial = 0;            // Soa only
    std::span<const RpzRecord> records;  // Records only; in the version that the response holds
};

/// One response in as many messages as it takes.
class Response {
public:
    /// The next message; nullopt: that was all.
    [[nodiscard]] std::optional<Message> next(std::uint64_t now);
    [[nodiscard]] bool finished() const noexcept { return finished_; }
    /// Whether it is a zone or its increments, which may take many messages.
    [[nodiscard]] bool is_transfer() const noexcept { return sections_.size() > 1; }
    /// Has the response be this error instead, before the first message.
    void refuse(wire::Rcode rcode);

private:
    friend class Responder;

    void write_soa(std::uint32_t serial, MessageWriter& message) const;
    void write_ns(MessageWriter& message) const;

    std::uint16_t id_ = 0;
    std::uint16_t flags_ = 0;  // of the query
    Message question_;         // as sent; empty: it could not be read
    std::optional<TsigSession> session_;
    std::optional<Tsig> refused_tsig_;  // the unsigned record that says why a signature is refused (RFC 8945 §5.2)
    std::shared_ptr<const ZoneVersion> version_;
    std::vector<RecordRun> sections_;
    std::size_t at_ = 0;  // index of the section that is written next
    wire::Rcode rcode_ = wire::Rcode::NoError;
    bool authoritative_ = false;
    bool finished_ = false;
};

/// nullopt: no response is due.
[[nodiscard]] std::optional<Response> respond(const Zones& zones, const ZoneQuery& query);

}  // namespace cenote::transfer
