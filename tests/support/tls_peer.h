// SPDX-License-Identifier: Apache-2.0
//
// The client's end of a TLS connection, for tests; its calls block.
//
// Threads:  one.
// Memory:   a session of OpenSSL.
// Failure:  what OpenSSL refuses fails the test.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"

namespace cenote::test {

class TlsPeer {
public:
    /// `context` is of a client.
    TlsPeer(UniqueFd fd, SSL_CTX* context) : fd_(std::move(fd)), session_(SSL_new(context)) {
        SSL_set_fd(session_, fd_.get());
        SSL_set_connect_state(session_);
    }
    ~TlsPeer() { SSL_free(session_); }
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    [[nodiscard]] SSL* session() const { return session_; }
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// False: the handshake failed.
    bool connect() { return SSL_do_handshake(session_) == 1; }
    void write(const std::vector<std::uint8_t>& bytes) {
        EXPECT_EQ(SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
    }
    /// The next message of DNS; empty: the connection has ended.
    std::vector<std::uint8_t> read_message() {
        const auto length = read(2);
        return length.empty() ? length : read(load_u16(length.data()));
    }

private:
    std::vector<std::uint8_t> read(std::size_t count) {
        std::vector<std::uint8_t> bytes(count);
        for (std::size_t have = 0; have < count;) {
            const int got = SSL_read(session_, &bytes[have], static_cast<int>(count - have));
            if (got <= 0) return {};
            have += static_cast<std::size_t>(got);
        }
        return bytes;
    }

    UniqueFd fd_;
    SSL* session_;
};

}  // namespace cenote::test
