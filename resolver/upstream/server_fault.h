// SPDX-License-Identifier: Apache-2.0
//
// Why an upstream server had no answer for a query, for people. Private to upstream.
//
// Threads:  plain value.
// Memory:   what TLS says; nothing for a server that is silent.
// Failure:  none.
#pragma once

#include <cstdint>
#include <string>

#include "resolver/loop/stream.h"

namespace cenote::upstream {

struct ServerFault {
    enum class Kind : std::uint8_t {
        Silence,
        CannotSend,     // this machine has no route, or a firewall of its own forbids it
        NoAuthorities,  // the certificate authorities cannot be read
        NoConnection,   // refused, or reset before anything was sent
        Tls,            // the handshake has failed, its certificate is not accepted, or it does not agree on a protocol
        Closed,         // the connection has ended in front of the answer
        NotHttp2,       // it does not keep to HTTP/2, or to its limits
        HttpStatus,     // another one than 200
        MediaType,      // another one than application/dns-message
        Reset,          // of the stream, by the server or for a malformed response
        TooLarge,       // the response
        OtherQuestion,  // the response answers another query
    };

    Kind kind = Kind::Silence;
    std::uint16_t status = 0;  // with HttpStatus
    std::string of_tls{};      // with Tls: what it says
};

/// Why a connection has ended.
[[nodiscard]] ServerFault fault_of(const loop::Transport& transport);

/// As in "upstream X does not answer: …"; empty: there is nothing to add.
[[nodiscard]] std::string fault_to_text(const ServerFault& fault);

}  // namespace cenote::upstream
