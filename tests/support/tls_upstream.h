// SPDX-License-Identifier: Apache-2.0
//
// A DNS-over-TLS server for tests, with a certificate of its own making, in a thread of its own.
//
// Threads:  everything may be called by the test.
// Failure:  what cannot be set up stops the test process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "resolver/base/address.h"

namespace cenote::test {

struct TlsManner {
    std::string name = "dns.example";     // in the certificate
    bool expired = false;                 // the certificate
    std::uint32_t answers_per_close = 0;  // closes a connection after so many answers; 0: never
};

class TlsUpstream {
public:
    explicit TlsUpstream(const TlsManner& manner);
    ~TlsUpstream();
    TlsUpstream(const TlsUpstream&) = delete;
    TlsUpstream& operator=(const TlsUpstream&) = delete;

    [[nodiscard]] SocketAddress address() const;
    /// Its own certificate, to be trusted.
    [[nodiscard]] std::string ca_file() const;
    [[nodiscard]] std::uint32_t connections() const;  // whose handshake was finished
    [[nodiscard]] std::uint32_t answers() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cenote::test
