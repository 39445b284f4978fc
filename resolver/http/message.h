// SPDX-License-Identifier: Apache-2.0
//
// Requests and responses of HTTP, as far as servers and clients of small messages need them, and the limits of a
// connection.
//
// Threads:  plain values.
// Memory:   they refer to texts and bytes of others.
// Failure:  none.
#pragma once

#include <cstdint>
#include <string>
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
    std::string_view content_type;  // empty: none, or longer than any that a server takes
    bool acceptable = true;         // its Accept fields do not exclude the media type of responses
    ByteView body;
};

/// Texts must be constants.
struct Response {
    unsigned status = 200;          // 200, 400, 404, 405, 406, 413, 414, 415 or 431
    std::string_view content_type;  // empty: none
    std::string_view allow;         // for 405 (RFC 9110 §10.2.1)
    bool fresh = false;             // with Cache-Control: private, max-age=…
    std::uint32_t max_age_s = 0;
    ByteView body;  // copied
};

/// What the requests of a client have in common.
struct Target {
    std::string authority;   // RFC 9113 §8.3.1
    std::string path;        // with its query
    std::string media_type;  // of the request, and the one that the response shall have
};

/// A response to a client. Texts and bytes are valid within the call that delivers them.
struct Received {
    unsigned status = 0;
    std::string_view content_type;  // empty: none, or longer than any that a client asks for
    std::uint32_t age_s = 0;        // since an origin server made it (RFC 9111 §5.1)
    ByteView body;
    ByteView request;  // the body of the request
};

/// Why a client gets no response.
enum class Loss : std::uint8_t {
    Unprocessed,  // the server has done nothing with the request, which may be sent again (RFC 9113 §8.7)
    Reset,        // by the server, or because the response breaks a rule
    TooLarge,     // the response is larger than Limits
};

struct Limits {
    std::uint32_t streams_max = 100;     // open at the same time; a server refuses more, a client asks for no more
    std::uint32_t fields_max = 16384;    // bytes of a header section, counted as RFC 9113 §6.5.2 does
    std::uint32_t body_max = 65535;      // bytes of a body that is received
    std::size_t memory_max = 512 << 10;  // bytes that a connection may allocate
    milliseconds stall{10000};           // a server resets a stream whose request or response takes longer
};

/// Whether a Content-Type names this media type: compared without case, and without parameters (RFC 9110 §8.3.1).
[[nodiscard]] bool is_media_type(std::string_view content_type, std::string_view media_type) noexcept;

/// Why a session takes no more bytes.
enum class Ended : std::uint8_t {
    No,
    Left,      // both sides have ended in order
    Version,   // the client speaks HTTP/1.x: it gets a 505
    Protocol,  // the peer does not keep to HTTP/2
    Resets,    // too many streams reset (CVE-2023-44487, CVE-2025-8671)
    Frames,    // too many frames that carry no request and no response
    Fields,    // header sections without measure (CVE-2024-28182)
    Memory,    // Limits::memory_max
};

}  // namespace cenote::http
