// SPDX-License-Identifier: Apache-2.0
//
// DNS queries in requests of HTTP, and replies in its responses (RFC 8484). The path is /dns-query, or /dns-query/TOKEN
// of a client that is in a group by its token.
//
// Threads:  pure. Data plane.
// Memory:   the caller's buffer.
// Failure:  a status above 200.
#pragma once

#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/http/message.h"

namespace cenote::server {

struct DohQuery {
    unsigned status = 200;
    ByteView message;          // in the request, or in `space`
    std::string_view token{};  // in the path of the request; empty: none. Whether a group has it is not known yet
};

/// The query of a request, or the status that it gets. `space` must hold Stream::kSpace bytes.
[[nodiscard]] DohQuery read_doh(const http::Request& request, MutableBytes space) noexcept;

/// The response with a reply, which may be kept as long as its records (RFC 8484 §5.1), by the client alone: another
/// client may get another answer.
[[nodiscard]] http::Response doh_response(ByteView reply) noexcept;
/// The response without one.
[[nodiscard]] http::Response doh_refusal(unsigned status) noexcept;

}  // namespace cenote::server
