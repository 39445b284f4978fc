// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/server_fault.h"

#include <fmt/format.h>

#include <utility>

namespace cenote::upstream {

ServerFault fault_of(const loop::Transport& transport) {
    std::string of_tls = transport.failure();
    if (!of_tls.empty()) return {ServerFault::Kind::Tls, 0, std::move(of_tls)};
    return {transport.sent() == 0 ? ServerFault::Kind::NoConnection : ServerFault::Kind::Closed};
}

std::string fault_to_text(const ServerFault& fault) {
    switch (fault.kind) {
        case ServerFault::Kind::Silence: break;
        case ServerFault::Kind::CannotSend: return "this machine cannot send to it";
        case ServerFault::Kind::NoAuthorities: return "the certificate authorities cannot be read";
        case ServerFault::Kind::NoConnection: return "it refuses connections";
        case ServerFault::Kind::Tls: return fault.of_tls;
        case ServerFault::Kind::Closed: return "it closes connections without an answer";
        case ServerFault::Kind::NotHttp2: return "it does not keep to HTTP/2";
        case ServerFault::Kind::HttpStatus: return fmt::format("its response has HTTP status {}", fault.status);
        case ServerFault::Kind::MediaType: return "its response is no application/dns-message";
        case ServerFault::Kind::Reset: return "it resets the requests, or its responses are malformed";
        case ServerFault::Kind::TooLarge: return "its response is too large";
        case ServerFault::Kind::OtherQuestion: return "its response answers another query";
    }
    return {};
}

}  // namespace cenote::upstream
