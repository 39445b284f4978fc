// SPDX-License-Identifier: Apache-2.0
//
// Answers about a served zone: SOA and NS, AXFR (RFC 5936), IXFR (RFC 1995). Private to transfer.
//
// Threads:  pure; a response belongs to one thread at a time.
// Time:     an argument, for signatures.
// Memory:   one message at a time, and the version of the zone until the response is finished.
// Failure:  an answer that says it: NOTAUTH, REFUSED, FORMERR.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/transfer/served_zone.h"
#include "resolver/transfer/tsig.h"

namespace cenote::transfer {

/// What can be asked about now.
struct Zones {
    Options options;
    std::vector<std::shared_ptr<const ZoneVersion>> versions;
};

struct Question {
    ByteView message;
    SocketAddress peer;
    bool stream = false;
    std::uint64_t now = 0;  // seconds since 1970
};

/// What stands in a response one behind the other.
struct Section {
    enum class Kind : std::uint8_t { Soa, Ns, Records };
    Kind kind = Kind::Records;
    std::uint32_t serial = 0;            // of an SOA
    std::span<const RpzRecord> records;  // of the version that the response holds
};

/// One response in as many messages as it takes.
class Response {
public:
    /// The next message; nullopt: that was all.
    [[nodiscard]] std::optional<std::vector<std::uint8_t>> next(std::uint64_t now);
    [[nodiscard]] bool finished() const noexcept { return finished_; }
    /// A zone or its increments: it may take long.
    [[nodiscard]] bool is_transfer() const noexcept { return sections_.size() > 1; }
    /// Says this instead, before the first message.
    void refuse(std::uint16_t rcode);

private:
    friend class Responder;

    void add_head(std::string_view owner, wire::RrType type);
    void add(const RpzRecord& record);
    void add_soa(std::uint32_t serial);
    void add_ns();
    void begin();
    [[nodiscard]] std::vector<std::uint8_t> seal(std::uint64_t now);

    std::uint16_t id_ = 0;
    std::uint16_t flags_ = 0;             // of the question
    std::vector<std::uint8_t> question_;  // empty: it could not be read
    std::optional<TsigSession> session_;
    std::shared_ptr<const ZoneVersion> version_;
    std::vector<Section> sections_;
    std::size_t at_ = 0;  // section
    std::vector<std::uint8_t> message_;
    std::uint16_t answers_ = 0;
    std::uint16_t additional_ = 0;
    std::uint16_t rcode_ = 0;
    bool authoritative_ = false;
    bool finished_ = false;
};

/// nullopt: no response is due.
[[nodiscard]] std::optional<Response> respond(const Zones& zones, const Question& question);

/// An unsigned NOTIFY of a zone's version (RFC 1996 §3.7).
[[nodiscard]] std::vector<std::uint8_t> make_notify(const ZoneVersion& version, std::uint16_t id);

}  // namespace cenote::transfer
