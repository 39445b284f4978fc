// SPDX-License-Identifier: Apache-2.0
#include "bench/load/stream_echo.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"

namespace cenote::echo {
namespace {

constexpr std::size_t kAnswerSize = 64;  // about what a cached answer with one address has
constexpr std::size_t kSpace = 16384;

/// A response with no records.
constexpr std::array<std::uint8_t, kAnswerSize> kAnswer{0, 0, 0x81, 0x80, 0, 1};

/// One connection.
class Connection {
public:
    explicit Connection(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    /// False: it has ended.
    virtual bool on_readable() = 0;

protected:
    [[nodiscard]] bool send_all(const void* bytes, std::size_t size) const noexcept {
        return ::send(fd_.get(), bytes, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
    }

private:
    UniqueFd fd_;
};

/// The bytes of messages that have come.
class Messages {
public:
    void add(ByteView bytes) { kept_.insert(kept_.end(), bytes.begin(), bytes.end()); }
    /// Turns one bit in each message that is complete. These have to be removed when they have been sent.
    ByteView turn() noexcept {
        turned_ = 0;
        while (kept_.size() - turned_ >= 2 + 12 && kept_.size() - turned_ - 2 >= load_u16(&kept_[turned_])) {
            kept_[turned_ + 2 + 2] |= 0x80;  // QR
            turned_ += 2U + load_u16(&kept_[turned_]);
        }
        return ByteView(kept_).first(turned_);
    }
    void remove_turned() { kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(turned_)); }

private:
    std::vector<std::uint8_t> kept_;
    std::size_t turned_ = 0;
};

class PlainConnection final : public Connection {
public:
    using Connection::Connection;

    bool on_readable() override {
        static std::array<std::uint8_t, kSpace> space;
        const ssize_t count = ::recv(fd(), space.data(), space.size(), 0);
        if (count <= 0) return count < 0 && errno == EAGAIN;
        messages_.add(ByteView(space).first(static_cast<std::size_t>(count)));
        const ByteView turned = messages_.turn();
        if (!turned.empty() && !send_all(turned.data(), turned.size())) return false;
        messages_.remove_turned();
        return true;
    }

private:
    Messages messages_;
};

/// One over TLS: what it has received, and what it sends back.
class TlsConnection : public Connection {
public:
    TlsConnection(UniqueFd fd, SSL* session)
        : Connection(std::move(fd)), session_(session), out_(BIO_new(BIO_s_mem())) {
        SSL_set_accept_state(session_);
        SSL_set0_rbio(session_, BIO_new_socket(this->fd(), BIO_NOCLOSE));
        SSL_set0_wbio(session_, out_);
    }
    ~TlsConnection() override { SSL_free(session_); }
    TlsConnection(const TlsConnection&) = delete;
    TlsConnection& operator=(const TlsConnection&) = delete;

    bool on_readable() override {
        static std::array<std::uint8_t, kSpace> space;
        for (;;) {
            const int count = SSL_read(session_, space.data(), static_cast<int>(space.size()));
            if (count > 0) {
                if (!take(MutableBytes(space).first(static_cast<std::size_t>(count)))) return false;
                if (SSL_has_pending(session_) != 0) continue;
                break;
            }
            const int why = SSL_get_error(session_, count);
            ERR_clear_error();
            if (why != SSL_ERROR_WANT_READ) return false;
            break;
        }
        return (SSL_is_init_finished(session_) == 0 || reply()) && send_records();
    }

protected:
    virtual bool take(MutableBytes bytes) = 0;
    /// Writes what is to be sent.
    virtual bool reply() = 0;
    bool write(ByteView bytes) {
        return bytes.empty() || SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())) > 0;
    }

private:
    bool send_records() {
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(out_, &bytes);
        if (size <= 0) return true;
        const bool sent = send_all(bytes, static_cast<std::size_t>(size));
        BIO_reset(out_);
        return sent;
    }

    SSL* session_;
    BIO* out_;  // the session owns it
};

class MessageConnection final : public TlsConnection {
public:
    using TlsConnection::TlsConnection;

private:
    bool take(MutableBytes bytes) override {
        messages_.add(bytes);
        return true;
    }
    bool reply() override {
        if (!write(messages_.turn())) return false;
        messages_.remove_turned();
        return true;
    }

    Messages messages_;
};

class HttpConnection final : public TlsConnection {
public:
    HttpConnection(UniqueFd fd, SSL* session) : TlsConnection(std::move(fd), session) {
        nghttp2_session_server_new(&http_, callbacks(), this);
        const std::array<nghttp2_settings_entry, 1> settings{{{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100}}};
        nghttp2_submit_settings(http_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    }
    ~HttpConnection() override { nghttp2_session_del(http_); }
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

private:
    bool take(MutableBytes bytes) override {
        return nghttp2_session_mem_recv(http_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    }
    bool reply() override {
        static std::vector<std::uint8_t> gathered;
        gathered.clear();
        const std::uint8_t* bytes = nullptr;
        while (const ssize_t size = nghttp2_session_mem_send(http_, &bytes)) {
            if (size < 0) return false;
            gathered.insert(gathered.end(), bytes, bytes + size);
        }
        return write(gathered);
    }

    static const nghttp2_session_callbacks* callbacks() {
        static const nghttp2_session_callbacks* const kCallbacks = [] {
            nghttp2_session_callbacks* made = nullptr;
            nghttp2_session_callbacks_new(&made);
            nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
            return made;
        }();
        return kCallbacks;
    }

    static nghttp2_nv field(std::string_view name, std::string_view value) noexcept {
        const auto bytes = [](std::string_view text) {
            return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
        };
        return {bytes(name), bytes(value), name.size(), value.size(),
                NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
    }

    static int on_frame(nghttp2_session* http, const nghttp2_frame* frame, void*) {
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
        const std::array<nghttp2_nv, 3> fields{field(":status", "200"), field("content-length", "64"),
                                               field("content-type", "application/dns-message")};
        nghttp2_data_provider body{};
        body.read_callback = on_read;
        return nghttp2_submit_response(http, frame->hd.stream_id, fields.data(), fields.size(), &body);
    }

    static ssize_t on_read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t, std::uint32_t* flags,
                           nghttp2_data_source*, void*) {
        std::memcpy(into, kAnswer.data(), kAnswer.size());
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(kAnswer.size());
    }

    nghttp2_session* http_ = nullptr;
};

int choose_h2(SSL*, const std::uint8_t** chosen, std::uint8_t* size, const std::uint8_t* offered,
              unsigned int offered_size, void*) {
    constexpr std::string_view kH2{"\x02h2"};
    std::uint8_t* found = nullptr;
    const int result = SSL_select_next_proto(&found, size, reinterpret_cast<const std::uint8_t*>(kH2.data()),
                                             static_cast<unsigned int>(kH2.size()), offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX* make_context(Protocol protocol, const char* chain, const char* key) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, chain) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return nullptr;
    SSL_CTX_set_read_ahead(context, 1);  // one recv() for many records
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    if (protocol == Protocol::Http) SSL_CTX_set_alpn_select_cb(context, choose_h2, nullptr);
    return context;
}

UniqueFd make_listener(const SocketAddress& where) {
    UniqueFd fd(socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_storage native;
    const socklen_t size = where.to_native(native);
    constexpr int kBacklog = 1024;
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size) != 0 || listen(fd.get(), kBacklog) != 0) return {};
    return fd;
}

Connection* accept_one(Protocol protocol, int listener, SSL_CTX* context) {
    UniqueFd fd(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return nullptr;
    const int yes = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (protocol == Protocol::Tcp) return new PlainConnection(std::move(fd));
    SSL* const session = SSL_new(context);
    if (protocol == Protocol::Tls) return new MessageConnection(std::move(fd), session);
    return new HttpConnection(std::move(fd), session);
}

}  // namespace

int serve(Protocol protocol, const char* chain, const char* key, const SocketAddress& where) {
    SSL_CTX* const context = protocol == Protocol::Tcp ? nullptr : make_context(protocol, chain, key);
    if (context == nullptr && protocol != Protocol::Tcp) {
        fmt::print(stderr, "echo: cannot read the certificate {} and its key {}\n", chain, key);
        return 1;
    }
    const UniqueFd listener = make_listener(where);
    if (!listener.valid()) {
        fmt::print(stderr, "echo: cannot listen on {}\n", where.to_string());
        return 1;
    }
    const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    const auto watch = [&epoll](int fd, Connection* connection) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = connection;
        epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
    };
    watch(listener.get(), nullptr);
    std::array<epoll_event, 64> events;
    for (;;) {
        const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (connection == nullptr) {
                connection = accept_one(protocol, listener.get(), context);
                if (connection != nullptr) watch(connection->fd(), connection);
            } else if (!connection->on_readable()) {
                delete connection;
            }
        }
    }
}

}  // namespace cenote::echo
