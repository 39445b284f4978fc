// SPDX-License-Identifier: Apache-2.0
//
// Requests and responses of HTTP, as far as a server of small messages needs them, and the limits of a connection.
//
// Threads:  plain values.
// Memory:   they refer to texts and bytes of others.
// Failure:  none.
#pragma once

#include <cstdint>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"

namespace cenote::http {

enum class Method : std::uint8_t { Get, Head, Post, Other };

/// What keeps a request from being whole.
enum class Fault : std::uint8_t {
    None,
    TargetTooLong,   // path and query are longer than the space of a stream
    FieldsTooLarge,  // the header section is larger than Limits::fields_max
    BodyTooLarge,    // larger than Limits::body_max
};

/// Texts and body are valid within the call that delivers them, until the request is answered.
struct Request {
    std::uint32_t stream = 0;
    Method method = Method::Other;
    Fault fault = Fault::None;
    std::string_view target;        // path and query, as received
    std::string_view content_type;  // empty: none, or longer than any that a server knows
    ByteView body;
};

/// Texts must be constants.
struct Response {
    unsigned status = 200;          // 200, 400, 404, 405, 413, 414, 415 or 431
    std::string_view content_type;  // empty: none
    std::string_view allow;         // for 405 (RFC 9110 §10.2.1)
    bool fresh = false;             // with Cache-Control: private, max-age=…
    std::uint32_t max_age_s = 0;
    ByteView body;  // copied
};

struct Limits {
    std::uint32_t streams_max = 100;     // open at the same time; more are refused
    std::uint32_t fields_max = 16384;    // bytes of a header section, counted as RFC 9113 §6.5.2 does
    std::uint32_t body_max = 65535;      // bytes of a request's body
    std::size_t memory_max = 512 << 10;  // bytes that a connection may allocate
    milliseconds stall{10000};           // a stream whose request or response takes longer is reset
};

/// Why a session takes no more bytes.
enum class Ended : std::uint8_t {
    No,
    Left,      // both sides have ended in order
    Version,   // the client speaks HTTP/1.x: it gets a 505
    Protocol,  // the client does not keep to HTTP/2
    Resets,    // too many streams reset (CVE-2023-44487, CVE-2025-8671)
    Frames,    // too many frames that carry no request
    Fields,    // header sections without measure (CVE-2024-28182)
    Memory,    // Limits::memory_max
};

}  // namespace cenote::http
