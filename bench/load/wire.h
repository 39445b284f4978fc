// SPDX-License-Identifier: Apache-2.0
//
// A connected socket of a client, plain or through TLS. What is put goes out with flush() in one system call, so that
// the generator costs little; through TLS each piece is a record of its own.
//
// Threads:  one.
// Memory:   some KiB; with TLS what OpenSSL needs.
// Failure:  nullptr where there is no connection; put(), flush() and get() say that it has ended.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <memory>
#include <string_view>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"

namespace cenote::blast {

class Wire {
public:
    virtual ~Wire() = default;
    [[nodiscard]] virtual int fd() const noexcept = 0;
    /// False: it has failed.
    virtual bool put(ByteView piece) = 0;
    virtual bool flush() = 0;
    /// How many bytes there were, 0 for none now, -1 at the end of the connection.
    virtual ssize_t get(MutableBytes into) = 0;
    /// get() has more to give although the socket has not.
    [[nodiscard]] virtual bool has_more() const noexcept { return false; }
};

/// What the TLS connections of a load have in common.
class TlsClient {
public:
    /// `protocol`: to be agreed on (RFC 7301); empty: none is named.
    explicit TlsClient(std::string_view protocol);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    [[nodiscard]] SSL_CTX* context() const noexcept { return context_; }
    /// The last session that a server gave, which the next connection resumes; nullptr: it begins anew.
    [[nodiscard]] SSL_SESSION* session() const noexcept { return session_; }
    /// Sessions are kept from now on.
    void keep_sessions();

private:
    static int on_session(SSL* connection, SSL_SESSION* session);

    SSL_CTX* context_;
    SSL_SESSION* session_ = nullptr;
};

/// `number` chooses the address of loopback that the socket has: servers limit the connections of one address.
std::unique_ptr<Wire> connect_plain(const SocketAddress& server, std::size_t number);
/// The handshake is over when it returns. `resumed`: set to whether it resumed a session.
std::unique_ptr<Wire> connect_tls(const SocketAddress& server, std::size_t number, const TlsClient& client,
                                  bool* resumed = nullptr);

}  // namespace cenote::blast
