// SPDX-License-Identifier: Apache-2.0
//
// A request as it arrived, before anything of it is believed.
//
// Threads: values.   Memory: the headers that are looked at, of at most kHeaderBytesMax in all.   Failure: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/address.h"

namespace cenote::web {

/// Of all names and values together.
inline constexpr std::size_t kHeaderBytesMax = 16384;

/// Where a connection comes from.
struct Origin {
    std::optional<IpAddress> local;  // the address that the client connected to; nullopt: a unix socket
    bool from_loopback = false;      // the client is on this machine, by TCP
    bool tls = false;
    std::optional<std::uint32_t> peer_uid;  // of the process at the other end of a unix socket
};

struct Arrival {
    std::string method;
    std::string target;
    std::map<std::string, std::string, std::less<>> headers;  // names in lower case; the first value of each
    bool repeats_a_header = false;  // one that may be there once, the one of the user, or a length in two forms
    bool headers_too_large = false;
    bool has_body = false;
    Origin origin;

    /// Empty where there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string_view{} : std::string_view{found->second};
    }
};

}  // namespace cenote::web
