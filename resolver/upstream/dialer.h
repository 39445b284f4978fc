// SPDX-License-Identifier: Apache-2.0
//
// Opens connections to upstream servers: over TCP, or through TLS with the strict usage profile (RFC 8310 §5).
//
// Threads:  one thread. Opening a connection allocates.
// Memory:   none but what it opens.
// Failure:  an enum; a server with a name is never asked in plain.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "resolver/loop/tls.h"
#include "resolver/upstream/inflight.h"
#include "resolver/upstream/options.h"
#include "resolver/upstream/server_fault.h"

namespace cenote::upstream {

class Dialer {
public:
    struct Dialed {
        SendStatus status = SendStatus::NoSocket;
        std::shared_ptr<loop::TlsClient> tls{};        // must outlive the transport
        std::unique_ptr<loop::Transport> transport{};  // with Sent only
    };

    /// Loads the certificate authorities for servers with a name from `ca_file`, or those of the system when it is
    /// empty. True: they are others than before, so connections that trust the old ones should end. Control plane.
    bool prepare_tls(const std::string& ca_file);

    /// `protocol`: the one that a server with a name has to agree on (RFC 7301); empty: none.
    [[nodiscard]] Dialed dial(const ServerAddress& server, std::string_view protocol) noexcept;
    /// Why the server that was asked last could not be.
    [[nodiscard]] const ServerFault& fault() const noexcept { return fault_; }
    /// Of a connection that takes no query.
    void set_fault(ServerFault fault) noexcept { fault_ = std::move(fault); }

private:
    std::shared_ptr<loop::TlsClient> tls_;
    std::string ca_file_;
    ServerFault fault_{};
};

}  // namespace cenote::upstream
