// SPDX-License-Identifier: Apache-2.0
#include "tests/support/https_upstream.h"

#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "resolver/base/bytes.h"
#include "resolver/base/check.h"
#include "resolver/base/fd.h"
#include "tests/support/certificate.h"
#include "tests/support/temporary_folder.h"

namespace cenote::test {

struct HttpsUpstream::State {
    HttpsManner manner;
    testing_support::TemporaryFolder folder;
    UniqueFd listener, wake_read, wake_write;
    SocketAddress address;
    SSL_CTX* context = nullptr;
    std::atomic<std::uint32_t> connections{0};
    std::atomic<std::uint32_t> resets{0};
    mutable std::mutex mutex;
    std::vector<HttpsQuery> queries;
    std::deque<UniqueFd> fds;  // of all connections, closed with the server
    std::thread acceptor;
    std::vector<std::thread> threads;  // of the acceptor

    explicit State(HttpsManner how);
    ~State() { SSL_CTX_free(context); }
    [[nodiscard]] std::string ca_file() const { return (folder.path() / "ca.pem").string(); }
    /// Waits until it can be read; false: the server ends.
    [[nodiscard]] bool readable(int fd) const {
        std::array<pollfd, 2> polled{{{fd, POLLIN, 0}, {wake_read.get(), POLLIN, 0}}};
        while (::poll(polled.data(), polled.size(), -1) < 0) {
        }
        return polled[1].revents == 0;
    }
    void accept();
    void serve(int fd);
    HttpsReply reply_to(HttpsQuery query);
    static int on_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char*, unsigned,
                       void* state) {
        const std::string& protocol = static_cast<State*>(state)->manner.protocol;
        if (protocol.empty()) return SSL_TLSEXT_ERR_NOACK;
        *out = reinterpret_cast<const unsigned char*>(protocol.data());
        *out_size = static_cast<unsigned char>(protocol.size());
        return SSL_TLSEXT_ERR_OK;
    }
};

namespace {

nghttp2_nv field(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

/// One connection, on its thread.
class HttpsUpstream::Connection {
public:
    Connection(State& state, SSL* session, std::uint32_t number) : state_(state), tls_(session), number_(number) {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_server_new(&session_, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        const nghttp2_settings_entry setting{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, state.manner.streams_max};
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &setting, 1);
    }
    ~Connection() { nghttp2_session_del(session_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void serve(int fd) {
        while (send() && (SSL_pending(tls_) > 0 || state_.readable(fd))) {
            std::array<std::uint8_t, 16384> bytes;
            const int count = SSL_read(tls_, bytes.data(), bytes.size());
            if (count <= 0 || nghttp2_session_mem_recv(session_, bytes.data(), static_cast<std::size_t>(count)) < 0)
                return;
            for (HttpsQuery& query : std::exchange(whole_, {})) act(query.stream, state_.reply_to(std::move(query)));
            if (close_) return;
        }
    }

private:
    static Connection& of(void* self) { return *static_cast<Connection*>(self); }
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                         const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
        of(self).open_[frame->hd.stream_id].fields[{reinterpret_cast<const char*>(name), name_size}] = {
            reinterpret_cast<const char*>(value), value_size};
        return 0;
    }
    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
                       void* self) {
        Bytes& body = of(self).open_[stream].body;
        body.insert(body.end(), bytes, bytes + size);
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
        if (frame->hd.type == NGHTTP2_RST_STREAM) ++of(self).state_.resets;
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
        HttpsQuery query = std::move(of(self).open_[frame->hd.stream_id]);
        of(self).open_.erase(frame->hd.stream_id);
        query.stream = frame->hd.stream_id;
        query.connection = of(self).number_;
        of(self).whole_.push_back(std::move(query));
        return 0;
    }
    static ssize_t on_read(nghttp2_session*, std::int32_t stream, std::uint8_t* into, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* self) {
        Bytes& body = of(self).bodies_[stream];
        const std::size_t count = std::min(size, body.size());
        std::copy_n(body.begin(), count, into);
        body.erase(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(count));
        if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(count);
    }

    void act(std::int32_t stream, HttpsReply reply) {
        if (reply.goaway_last >= 0)
            nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, reply.goaway_last, NGHTTP2_NO_ERROR, nullptr, 0);
        raw_.insert(raw_.end(), reply.raw.begin(), reply.raw.end());
        switch (reply.kind) {
            case HttpsReply::Kind::Silence: return;
            case HttpsReply::Kind::Close: close_ = true; return;
            case HttpsReply::Kind::Reset:
                nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, reply.error);
                return;
            case HttpsReply::Kind::Answer: break;
        }
        const std::string status = std::to_string(reply.status);
        std::vector<nghttp2_nv> fields{field(":status", status)};
        for (const auto& [name, value] : reply.fields) fields.push_back(field(name, value));
        bodies_[stream] = std::move(reply.body);
        nghttp2_data_provider body{};
        body.read_callback = on_read;
        nghttp2_submit_response(session_, stream, fields.data(), fields.size(), &body);
    }

    bool send() {
        const std::uint8_t* bytes = nullptr;
        for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;)
            if (SSL_write(tls_, bytes, static_cast<int>(size)) <= 0) return false;
        const Bytes raw = std::exchange(raw_, {});
        return raw.empty() || SSL_write(tls_, raw.data(), static_cast<int>(raw.size())) > 0;
    }

    State& state_;
    SSL* tls_;
    std::uint32_t number_;
    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, HttpsQuery> open_;
    std::vector<HttpsQuery> whole_;
    std::map<std::int32_t, Bytes> bodies_;
    Bytes raw_;
    bool close_ = false;
};

HttpsUpstream::State::State(HttpsManner how) : manner(std::move(how)) {
    context = make_tls_server(manner.name, manner.expired ? -3600 : 3600, ca_file());
    SSL_CTX_set_alpn_select_cb(context, on_alpn, this);
    listener.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage native{};
    socklen_t size = SocketAddress::parse("127.0.0.1", 0)->to_native(native);
    CENOTE_CHECK(::bind(listener.get(), reinterpret_cast<sockaddr*>(&native), size) == 0);
    CENOTE_CHECK(::listen(listener.get(), 64) == 0);
    CENOTE_CHECK(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&native), &size) == 0);
    address = SocketAddress::from_native(reinterpret_cast<sockaddr*>(&native));
    std::array<int, 2> pipe{};
    CENOTE_CHECK(::pipe(pipe.data()) == 0);
    wake_read.reset(pipe[0]);
    wake_write.reset(pipe[1]);
    ::signal(SIGPIPE, SIG_IGN);  // this server writes as OpenSSL does
}

void HttpsUpstream::State::accept() {
    while (readable(listener.get())) {
        const std::lock_guard lock(mutex);
        const auto& fd = fds.emplace_back(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        threads.emplace_back([this, fd = fd.get()] { serve(fd); });
    }
    {
        const std::lock_guard lock(mutex);
        for (const UniqueFd& fd : fds) ::shutdown(fd.get(), SHUT_RDWR);  // a client may be silent
    }
    for (std::thread& thread : threads) thread.join();
}

void HttpsUpstream::State::serve(int fd) {
    SSL* const session = SSL_new(context);
    SSL_set_fd(session, fd);
    if (SSL_accept(session) == 1) {
        Connection(*this, session, ++connections).serve(fd);
        SSL_shutdown(session);
    }
    SSL_free(session);
    ::shutdown(fd, SHUT_RDWR);
}

HttpsReply HttpsUpstream::State::reply_to(HttpsQuery query) {
    const std::lock_guard lock(mutex);
    query.number = static_cast<std::uint32_t>(queries.size());
    queries.push_back(query);
    return manner.script ? manner.script(query) : https_answer(right_answer(query.body));
}

HttpsUpstream::HttpsUpstream(HttpsManner manner) : state_(std::make_unique<State>(std::move(manner))) {
    state_->acceptor = std::thread([this] { state_->accept(); });
}

HttpsUpstream::~HttpsUpstream() {
    CENOTE_CHECK(::write(state_->wake_write.get(), "x", 1) == 1);
    state_->acceptor.join();
}

SocketAddress HttpsUpstream::address() const { return state_->address; }
std::string HttpsUpstream::ca_file() const { return state_->ca_file(); }
std::uint32_t HttpsUpstream::connections() const { return state_->connections; }
std::uint32_t HttpsUpstream::resets() const { return state_->resets; }

std::vector<HttpsQuery> HttpsUpstream::queries() const {
    const std::lock_guard lock(state_->mutex);
    return state_->queries;
}

HttpsReply https_answer(Bytes body) {
    HttpsReply reply;
    reply.body = std::move(body);
    return reply;
}

}  // namespace cenote::test
