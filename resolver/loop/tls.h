// SPDX-License-Identifier: Apache-2.0
//
// The client's side of TLS as a Transport: strict, the server's certificate must be valid for a name (RFC 8310 §5).
//
// Threads:  a TlsClient and its transports belong to one thread.
// Memory:   what OpenSSL takes for a session. The TlsClient must outlive its transports.
// Failure:  create() says why. A failed handshake is a Failed read or write, never a plain connection.
#pragma once

#include <memory>
#include <string>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/loop/stream.h"

namespace cenote::loop {

class TlsClient {
public:
    /// `ca_file`: the authorities to trust, PEM; empty: the system's.
    static Result<std::unique_ptr<TlsClient>> create(const std::string& ca_file);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    /// Over a socket as make_plain_transport() takes it. `name`: a host name, or an IP address in the certificate.
    /// nullptr when OpenSSL cannot make a session.
    [[nodiscard]] std::unique_ptr<Transport> connect(UniqueFd fd, const std::string& name);

private:
    struct State;
    explicit TlsClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace cenote::loop
