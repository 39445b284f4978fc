// SPDX-License-Identifier: Apache-2.0
//
// A Transport through TLS, for both roles. Private to loop.
//
// Threads:  one thread.
// Memory:   a session of OpenSSL. With TlsBuffers also what the socket has not taken, in one of StreamBuffers, and what
//           was received and could not be read yet, at most TlsBuffers::kReceived.
// Failure:  Failed reads and writes, with failure(). A peer that changes its keys again and again is one (RFC 8446
//           §4.6.3 sets no limit).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/loop/openssl_values.h"
#include "resolver/loop/tls_server.h"

namespace cenote::loop {

class TlsTransport final : public Transport {
public:
    /// `buffers`: shared by the transports of a thread; nullptr: every record is received and sent by itself.
    /// nullptr when OpenSSL has no memory.
    /// `trust`: for PeerCertificate::trust.
    static std::unique_ptr<TlsTransport> create(UniqueFd fd, Openssl<SSL> session, TlsBuffers* buffers,
                                                std::uint64_t trust = 0);
    ~TlsTransport() override;
    TlsTransport(const TlsTransport&) = delete;
    TlsTransport& operator=(const TlsTransport&) = delete;

    /// Nothing is read or written until the peer has agreed on this protocol; one that does not is a failure. Before
    /// the first read or write.
    void require(std::string_view protocol) { required_ = protocol; }

    [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
    [[nodiscard]] bool has_unread() const noexcept override;
    [[nodiscard]] bool is_ready() const noexcept override { return SSL_is_init_finished(session_.get()) != 0; }
    [[nodiscard]] Handshake handshake() const noexcept override;
    [[nodiscard]] std::string failure() const override;
    [[nodiscard]] unsigned read_waits_for() const noexcept override;
    [[nodiscard]] unsigned write_waits_for() const noexcept override;
    [[nodiscard]] Moved read(MutableBytes into) noexcept override;
    /// The length and the message are written in one record where they fit (RFC 7766 §8); between hold() and release()
    /// with others.
    [[nodiscard]] Moved write(ByteView first, ByteView second) noexcept override;
    bool hold() noexcept override { return holding_ = buffers_ != nullptr; }
    [[nodiscard]] bool release() noexcept override;
    [[nodiscard]] std::size_t unsent() const noexcept override { return unsent_end_ - unsent_begin_; }
    [[nodiscard]] Moved flush() noexcept override;
    [[nodiscard]] std::uint64_t sent() const noexcept override { return sent_; }
    [[nodiscard]] std::string_view protocol() const noexcept override;
    [[nodiscard]] CertificateState certificate_state() const noexcept override;
    [[nodiscard]] PeerCertificate peer_certificate() const override;
    void finish() noexcept override;

private:
    friend class TlsBuffers;
    TlsTransport(UniqueFd fd, Openssl<SSL> session, TlsBuffers* buffers) noexcept
        : fd_(std::move(fd)), session_(std::move(session)), buffers_(buffers) {}

    static BIO_METHOD* socket_method();
    static int on_write(BIO* bio, const char* bytes, int count) noexcept;
    static int on_read(BIO* bio, char* bytes, int count) noexcept;
    static void on_message(int writes, int version, int type, const void* bytes, std::size_t size, SSL* session,
                           void* transport);
    [[nodiscard]] int receive(BIO* bio, char* bytes, int count) noexcept;
    [[nodiscard]] int take_received(char* bytes, int count) noexcept;
    [[nodiscard]] int send_or_hold(BIO* bio, const char* bytes, int count) noexcept;
    [[nodiscard]] bool take_plain(ByteView first, ByteView second) noexcept;
    [[nodiscard]] bool write_plain() noexcept;
    [[nodiscard]] bool send_held() noexcept;
    [[nodiscard]] bool leave_unsent(ByteView bytes) noexcept;
    [[nodiscard]] ssize_t give_to_socket(const void* bytes, std::size_t size) noexcept;
    void set_received_aside();
    [[nodiscard]] Moved agree(bool& wants_write) noexcept;
    [[nodiscard]] Moved not_moved(int count, bool& wants_write) noexcept;
    [[nodiscard]] Moved failed() noexcept;

    UniqueFd fd_;
    Openssl<SSL> session_;
    TlsBuffers* buffers_;
    std::uint64_t trust_ = 0;
    std::vector<std::uint8_t> aside_;  // received, and set aside for another transport of the thread
    std::size_t aside_begin_ = 0;
    std::uint8_t* unsent_ = nullptr;  // one of StreamBuffers
    std::size_t unsent_begin_ = 0;
    std::size_t unsent_end_ = 0;
    std::uint64_t sent_ = 0;
    std::string required_;  // the protocol to agree on; empty: none, or it was agreed on
    unsigned key_updates_ = 0;
    bool holding_ = false;
    bool read_wants_write_ = false;
    bool write_wants_read_ = false;
    bool failed_ = false;
    unsigned long error_ = 0;  // of OpenSSL, when it failed
};

}  // namespace cenote::loop
