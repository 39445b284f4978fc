// SPDX-License-Identifier: Apache-2.0
#include "bench/load/wire.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "resolver/base/fd.h"

namespace cenote::blast {
namespace {

constexpr std::size_t kClientsAnAddress = 32;
constexpr std::size_t kAddresses = 1 << 16;

/// Some dozens of clients an address of loopback.
void bind_beside_others(int fd, std::size_t number) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number / kClientsAnAddress % kAddresses));
    const int yes = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::perror("bind");
}

/// Invalid: there is no connection.
UniqueFd connected_socket(const SocketAddress& server, std::size_t number) {
    UniqueFd fd(socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (server.family() == AF_INET) bind_beside_others(fd.get(), number);
    const int yes = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const timeval patience{3, 0};  // a server that takes no more connections is not waited for
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_storage native;
    const socklen_t size = server.to_native(native);
    if (connect(fd.get(), reinterpret_cast<sockaddr*>(&native), size) == 0) return fd;
    std::perror("connect");
    return {};
}

bool send_all(int fd, ByteView bytes) {
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

class PlainWire final : public Wire {
public:
    explicit PlainWire(UniqueFd fd) : fd_(std::move(fd)) {}

    int fd() const noexcept override { return fd_.get(); }
    bool put(ByteView piece) override {
        out_.insert(out_.end(), piece.begin(), piece.end());
        return true;
    }
    bool flush() override {
        const bool sent = out_.empty() || send_all(fd_.get(), out_);
        out_.clear();
        return sent;
    }
    ssize_t get(MutableBytes into) override {
        const ssize_t count = ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT);
        if (count > 0) return count;
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }

private:
    UniqueFd fd_;
    std::vector<std::uint8_t> out_;
};

class TlsWire final : public Wire {
public:
    /// After the handshake: records are gathered in memory from now on.
    TlsWire(UniqueFd fd, SSL* connection) : fd_(std::move(fd)), connection_(connection), out_(BIO_new(BIO_s_mem())) {
        SSL_set0_wbio(connection_, out_);
        fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    }
    ~TlsWire() override {
        SSL_shutdown(connection_);
        flush();
        SSL_free(connection_);
    }
    TlsWire(const TlsWire&) = delete;
    TlsWire& operator=(const TlsWire&) = delete;

    int fd() const noexcept override { return fd_.get(); }
    bool put(ByteView piece) override {
        return SSL_write(connection_, piece.data(), static_cast<int>(piece.size())) == static_cast<int>(piece.size());
    }
    bool flush() override {
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(out_, &bytes);
        if (size <= 0) return true;
        const bool sent = send_all(fd_.get(), {reinterpret_cast<std::uint8_t*>(bytes), static_cast<std::size_t>(size)});
        BIO_reset(out_);
        return sent;
    }
    ssize_t get(MutableBytes into) override {
        const int count = SSL_read(connection_, into.data(), static_cast<int>(into.size()));
        if (count > 0) return count;
        const int why = SSL_get_error(connection_, count);
        ERR_clear_error();
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    bool has_more() const noexcept override { return SSL_has_pending(connection_) != 0; }

private:
    UniqueFd fd_;
    SSL* connection_;
    BIO* out_;  // the connection owns it
};

}  // namespace

TlsClient::TlsClient(std::string_view protocol) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_read_ahead(context_, 1);  // one recv() for many records
    SSL_CTX_set_app_data(context_, this);
    if (protocol.empty()) return;
    std::vector<std::uint8_t> named{static_cast<std::uint8_t>(protocol.size())};
    named.insert(named.end(), protocol.begin(), protocol.end());
    SSL_CTX_set_alpn_protos(context_, named.data(), static_cast<unsigned>(named.size()));
}

TlsClient::~TlsClient() {
    SSL_SESSION_free(session_);
    SSL_CTX_free(context_);
}

void TlsClient::keep_sessions() {
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_, on_session);
}

/// Returns 1: the session is ours to free.
int TlsClient::on_session(SSL* connection, SSL_SESSION* session) {
    auto& client = *static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
    SSL_SESSION_free(std::exchange(client.session_, session));
    return 1;
}

std::unique_ptr<Wire> connect_plain(const SocketAddress& server, std::size_t number) {
    UniqueFd fd = connected_socket(server, number);
    return fd.valid() ? std::make_unique<PlainWire>(std::move(fd)) : nullptr;
}

std::unique_ptr<Wire> connect_tls(const SocketAddress& server, std::size_t number, const TlsClient& client,
                                  bool* resumed) {
    UniqueFd fd = connected_socket(server, number);
    if (!fd.valid()) return nullptr;
    SSL* const connection = SSL_new(client.context());
    SSL_set_fd(connection, fd.get());
    if (client.session() != nullptr) SSL_set_session(connection, client.session());
    if (SSL_connect(connection) != 1) {
        ERR_print_errors_fp(stderr);
        SSL_free(connection);
        return nullptr;
    }
    if (resumed != nullptr) *resumed = SSL_session_reused(connection) != 0;
    return std::make_unique<TlsWire>(std::move(fd), connection);
}

}  // namespace cenote::blast
