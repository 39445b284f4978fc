// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <utility>

#include "resolver/base/address.h"

namespace cenote::loop {

namespace {

struct Deleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* session) const noexcept { SSL_free(session); }
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
};

// The socket BIO of OpenSSL writes with write(2), which raises SIGPIPE; this one uses MSG_NOSIGNAL.
int fd_of(BIO* bio) noexcept { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* bytes, int count) noexcept {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(fd_of(bio), bytes, static_cast<std::size_t>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* bytes, int count) noexcept {
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(fd_of(bio), bytes, static_cast<std::size_t>(count), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

long bio_control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

class TlsTransport final : public Transport {
public:
    TlsTransport(UniqueFd fd, std::unique_ptr<SSL, Deleter> session) noexcept
        : fd_(std::move(fd)), session_(std::move(session)) {}
    ~TlsTransport() override {
        if (SSL_is_init_finished(session_.get()) != 0 && !failed_) SSL_shutdown(session_.get());
    }

    int fd() const noexcept override { return fd_.get(); }
    bool has_unread() const noexcept override { return SSL_pending(session_.get()) > 0; }
    bool is_ready() const noexcept override { return SSL_is_init_finished(session_.get()) != 0; }
    std::string failure() const override {
        if (!failed_) return {};
        if (const long verdict = SSL_get_verify_result(session_.get()); verdict != X509_V_OK)
            return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verdict);
        const char* const reason = ERR_reason_error_string(error_);
        return reason == nullptr ? std::string() : std::string("TLS: ") + reason;
    }
    unsigned read_waits_for() const noexcept override {
        return read_wants_write_ ? Poll::kReadable | Poll::kWritable : unsigned{Poll::kReadable};
    }
    unsigned write_waits_for() const noexcept override {
        const bool handshake = SSL_is_init_finished(session_.get()) == 0;
        return handshake && write_wants_read_ ? Poll::kReadable : Poll::kWritable;
    }

    Moved read(MutableBytes into) noexcept override {
        ERR_clear_error();
        const int count =
            SSL_read(session_.get(), into.data(), static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX)));
        read_wants_write_ = false;
        return count > 0 ? Moved{Status::Done, static_cast<std::size_t>(count)} : not_moved(count, read_wants_write_);
    }

    /// The length and the message are written in one record where they fit (RFC 7766 §8).
    Moved write(ByteView first, ByteView second) noexcept override {
        std::array<std::uint8_t, 2048> both;
        ByteView bytes = first;
        if (!second.empty()) {
            std::copy(first.begin(), first.end(), both.begin());
            const std::size_t rest = std::min(second.size(), both.size() - first.size());
            std::copy_n(second.begin(), rest, both.begin() + static_cast<std::ptrdiff_t>(first.size()));
            bytes = {both.data(), first.size() + rest};
        }
        ERR_clear_error();
        const int count = SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
        bool wants_write = false;
        if (count > 0) return {Status::Done, static_cast<std::size_t>(count)};
        const Moved result = not_moved(count, wants_write);
        write_wants_read_ = !wants_write;
        return result;
    }

private:
    Moved not_moved(int count, bool& wants_write) noexcept {
        switch (SSL_get_error(session_.get(), count)) {
            case SSL_ERROR_WANT_READ: return {Status::Again, 0};
            case SSL_ERROR_WANT_WRITE: wants_write = true; return {Status::Again, 0};
            case SSL_ERROR_ZERO_RETURN: return {Status::End, 0};
            default: break;
        }
        failed_ = true;
        error_ = ERR_peek_last_error();
        return {Status::Failed, 0};
    }

    UniqueFd fd_;
    std::unique_ptr<SSL, Deleter> session_;
    bool read_wants_write_ = false;
    bool write_wants_read_ = false;
    bool failed_ = false;
    unsigned long error_ = 0;  // of OpenSSL, when it failed
};

}  // namespace

struct TlsClient::State {
    std::unique_ptr<BIO_METHOD, Deleter> socket;
    std::unique_ptr<SSL_CTX, Deleter> context;
};

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

Result<std::unique_ptr<TlsClient>> TlsClient::create(const std::string& ca_file) {
    auto state = std::make_unique<State>();
    state->socket.reset(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
    state->context.reset(SSL_CTX_new(TLS_client_method()));
    if (!state->socket || !state->context) return Error{"TLS: OpenSSL has no memory for a client"};
    BIO_meth_set_write(state->socket.get(), bio_write);
    BIO_meth_set_read(state->socket.get(), bio_read);
    BIO_meth_set_ctrl(state->socket.get(), bio_control);

    SSL_CTX* const context = state->context.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const int trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context)
                                        : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
    if (trusted != 1)
        return Error{ca_file.empty() ? "TLS: the system's certificate authorities cannot be read"
                                     : ca_file + ": no certificate authority can be read from it"};
    return std::unique_ptr<TlsClient>(new TlsClient(std::move(state)));
}

std::unique_ptr<Transport> TlsClient::connect(UniqueFd fd, const std::string& name) {
    std::unique_ptr<SSL, Deleter> session(SSL_new(state_->context.get()));
    if (!session) return nullptr;
    X509_VERIFY_PARAM* const check = SSL_get0_param(session.get());
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool named = IpAddress::parse(name) ? X509_VERIFY_PARAM_set1_ip_asc(check, name.c_str()) == 1
                                              : X509_VERIFY_PARAM_set1_host(check, name.c_str(), name.size()) == 1 &&
                                                    SSL_set_tlsext_host_name(session.get(), name.c_str()) == 1;
    BIO* const bio = named ? BIO_new(state_->socket.get()) : nullptr;
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd.get())));
    BIO_set_init(bio, 1);
    SSL_set_bio(session.get(), bio, bio);  // the session owns it now
    SSL_set_connect_state(session.get());
    return std::make_unique<TlsTransport>(std::move(fd), std::move(session));
}

}  // namespace cenote::loop
