// SPDX-License-Identifier: Apache-2.0
//
// The client side of TLS as a Transport, with the strict usage profile: the certificate of the server must be valid for
// a name (RFC 8310 §5); or without a check of the certificate, for queries whose answers are checked themselves.
//
// Threads:  a TlsClient and its transports belong to one thread.
// Memory:   a session of OpenSSL for each transport. The TlsClient must outlive its transports.
// Failure:  create() returns the reason. A failed handshake is a Failed read or write, never a plain connection.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/loop/stream.h"

namespace cenote::loop {

class TlsClient {
public:
    /// `ca_file`: the trusted certificate authorities in PEM; empty: those of the system.
    static Result<std::unique_ptr<TlsClient>> create(const std::string& ca_file);
    /// Its transports take any certificate.
    static Result<std::unique_ptr<TlsClient>> create_unauthenticated();
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    /// A transport over a socket as make_plain_transport() takes it. `name`: a host name, or an IP address in the
    /// certificate; empty: none is sent and none is checked, for a client that is unauthenticated. nullptr when OpenSSL
    /// cannot make a session. `protocol`: nothing is read or written unless the server agrees on it (RFC 7301); empty:
    /// none is offered.
    [[nodiscard]] std::unique_ptr<Transport> connect(UniqueFd fd, const std::string& name,
                                                     std::string_view protocol = {});

private:
    struct State;
    explicit TlsClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace cenote::loop
