// SPDX-License-Identifier: Apache-2.0
//
// What came back for a query of a proof.
//
// Threads:  pure.
// Memory:   the records of the answer section.
// Failure:  a message that does not parse is Outcome::Malformed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/wire/types.h"

namespace cenote::proof {

enum class Outcome : std::uint8_t {
    Answered,
    NoAnswer,   // after all tries
    Malformed,  // it does not parse
};

/// A record of the answer section. The rdata of a CNAME is uncompressed and in lower case.
struct AnswerRecord {
    wire::RrType type{};
    std::vector<std::uint8_t> rdata;
};

struct Observation {
    Outcome outcome = Outcome::NoAnswer;
    std::string why;  // of no answer: "connection refused"
    wire::Rcode rcode = wire::Rcode::NoError;
    bool truncated = false;
    bool authenticated = false;         // AD
    bool same_question = false;         // byte for byte, the case of the letters included
    bool has_soa = false;               // in the authority section
    std::vector<std::uint16_t> errors;  // the codes of its extended errors, in their order
    std::vector<std::uint8_t> cookie;   // its COOKIE (RFC 7873); empty: it has none
    std::vector<AnswerRecord> answers;
};

/// Reads a reply to the query `sent`.
[[nodiscard]] Observation read_reply(ByteView reply, ByteView sent);

/// "NXDOMAIN", "0.0.0.0", "NODATA", "2 records, the first 192.0.2.1", "no answer after 3 tries".
[[nodiscard]] std::string observation_to_text(const Observation& observation);
/// "EDE 15", "EDE 15 and 4"; "no EDE".
[[nodiscard]] std::string errors_to_text(const std::vector<std::uint16_t>& errors);
[[nodiscard]] std::string rcode_to_text(wire::Rcode rcode);
/// "192.0.2.1", "TXT \"…\"", "HINFO".
[[nodiscard]] std::string record_to_text(wire::RrType type, ByteView rdata);

}  // namespace cenote::proof
