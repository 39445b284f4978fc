// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string_view>
#include <utility>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/random.h"
#include "resolver/http/client_session.h"
#include "resolver/loop/tls.h"
#include "resolver/wire/types.h"

namespace cenote::proof {
namespace {

constexpr std::string_view kClosed{"the node closed the connection"};

Error failure(int code) {
    std::string text = std::strerror(code);
    if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
        text.front() = static_cast<char>(text.front() - 'A' + 'a');
    return Error{text};
}

Result<UniqueFd> connected(const SocketAddress& node, int type) {
    UniqueFd fd(::socket(node.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage storage{};
    const socklen_t size = node.to_native(storage);
    if (!fd.valid()) return failure(errno);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0 && errno != EINPROGRESS)
        return failure(errno);
    return fd;
}

/// The COOKIE of the queries to a node (RFC 7873), which some nodes require over UDP: at first that of a client that
/// has none of the node.
class Cookie {
public:
    Cookie() : bytes_(kClientSize) {
        const std::uint64_t number = random_u64();
        std::memcpy(bytes_.data(), &number, bytes_.size());
    }

    /// One for another client is left out.
    void set(ByteView data) {
        if (data.size() > kClientSize && std::equal(data.begin(), data.begin() + kClientSize, bytes_.begin()))
            bytes_.assign(data.begin(), data.end());
    }
    /// A query as write_query() makes it, which ends with an OPT without options, with the cookie in it.
    [[nodiscard]] std::vector<std::uint8_t> add_to(ByteView query) const {
        constexpr std::size_t kHead = 4;
        std::vector<std::uint8_t> whole(query.begin(), query.end());
        store_u16(&whole[whole.size() - 2], static_cast<std::uint16_t>(kHead + bytes_.size()));
        whole.resize(query.size() + kHead);
        store_u16(&whole[query.size()], static_cast<std::uint16_t>(wire::OptionCode::Cookie));
        store_u16(&whole[query.size() + 2], static_cast<std::uint16_t>(bytes_.size()));
        whole.insert(whole.end(), bytes_.begin(), bytes_.end());
        return whole;
    }

private:
    static constexpr std::size_t kClientSize = 8;

    std::vector<std::uint8_t> bytes_;
};

/// Datagrams from several ports: a node chooses its worker by them, and each worker is to be asked.
class UdpChannel : public Channel {
public:
    explicit UdpChannel(const SocketAddress& node) : node_(node) {}

    Status open() override {
        for (UniqueFd& fd : sockets_) {
            auto made = connected(node_, SOCK_DGRAM);
            if (!made) return std::move(made).error();
            fd = std::move(*made);
        }
        return Done{};
    }
    /// A datagram that cannot be sent is as good as lost.
    void send(ByteView message) override {
        const std::vector<std::uint8_t> whole = cookie_.add_to(message);
        static_cast<void>(::send(sockets_[turn_].get(), whole.data(), whole.size(), MSG_NOSIGNAL));
        turn_ = (turn_ + 1) % sockets_.size();
    }
    void set_cookie(ByteView cookie) override { cookie_.set(cookie); }
    void wait_for(std::vector<pollfd>& into) const override {
        for (const UniqueFd& fd : sockets_) into.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
    }
    /// The error: an ICMP message says that nothing listens there.
    Status turn(const Take& take) override {
        std::array<std::uint8_t, 4096> message;
        for (const UniqueFd& fd : sockets_) {
            for (;;) {
                const ssize_t size = ::recv(fd.get(), message.data(), message.size(), 0);
                if (size < 0 && errno == EINTR) continue;
                if (size < 0 && errno == EAGAIN) break;
                if (size < 0) return failure(errno);
                take(ByteView(message).first(static_cast<std::size_t>(size)));
            }
        }
        return Done{};
    }

private:
    SocketAddress node_;
    std::array<UniqueFd, 4> sockets_;
    std::size_t turn_ = 0;
    Cookie cookie_;
};

/// Without a word of the socket where a layer above it has one.
Error why_failed(const loop::Transport& transport, int code) {
    const std::string why = transport.failure();
    return why.empty() ? failure(code) : Error{why};
}

/// Transports through TLS, of which none checks a certificate.
class Encryption {
public:
    /// `protocol`: the one that the node has to agree on (RFC 7301); empty: none.
    Result<std::unique_ptr<loop::Transport>> connect(UniqueFd fd, std::string_view protocol) {
        if (client_ == nullptr) {
            auto client = loop::TlsClient::create_unauthenticated();
            if (!client) return std::move(client).error();
            client_ = *std::move(client);
        }
        auto transport = client_->connect(std::move(fd), {}, protocol);
        if (transport == nullptr) return Error{"OpenSSL has no memory for a session"};
        return transport;
    }

private:
    std::unique_ptr<loop::TlsClient> client_;
};

/// Adds what a transport waits for.
void wait_for_transport(const loop::Transport* transport, bool writes, std::vector<pollfd>& into) {
    if (transport == nullptr) return;
    unsigned waits = transport->read_waits_for();
    if (writes) waits |= transport->write_waits_for();
    const int events =
        ((waits & loop::Poll::kReadable) != 0 ? POLLIN : 0) | ((waits & loop::Poll::kWritable) != 0 ? POLLOUT : 0);
    into.push_back({.fd = transport->fd(), .events = static_cast<short>(events), .revents = 0});
}

/// Writes from the front of `bytes` what can be without waiting.
Status write_some(loop::Transport& transport, std::vector<std::uint8_t>& bytes) {
    while (!bytes.empty()) {
        errno = 0;
        const auto moved = transport.write(bytes, {});
        if (moved.status == loop::Transport::Status::Again || errno == ENOTCONN) break;
        if (moved.status != loop::Transport::Status::Done) return why_failed(transport, errno);
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<long>(moved.count));
    }
    return Done{};
}

/// Reads what can be without waiting, and gives it to `take`, which returns a Status.
template <std::size_t Size, typename TakeBytes>
Status read_some(loop::Transport& transport, const TakeBytes& take) {
    std::array<std::uint8_t, Size> some;
    for (;;) {
        errno = 0;
        const auto moved = transport.read(some);
        if (moved.status == loop::Transport::Status::Again || errno == ENOTCONN) return Done{};
        if (moved.status == loop::Transport::Status::End) return Error{std::string(kClosed)};
        if (moved.status != loop::Transport::Status::Done) return why_failed(transport, errno);
        if (auto taken = take(ByteView(some).first(moved.count)); !taken) return taken;
    }
}

/// One connection with several queries on it (RFC 7766 §6.2.1.1), plain or through TLS.
class StreamChannel : public Channel {
public:
    StreamChannel(Transport transport, const SocketAddress& node)
        : node_(node), encrypted_(transport == Transport::Tls) {}

    Status open() override {
        out_.clear();
        in_.clear();
        transport_.reset();
        auto made = connected(node_, SOCK_STREAM);
        if (!made) return std::move(made).error();
        if (!encrypted_) {
            transport_ = loop::make_plain_transport(std::move(*made));
            return Done{};
        }
        auto secured = encryption_.connect(std::move(*made), {});
        if (!secured) return std::move(secured).error();
        transport_ = std::move(*secured);
        return Done{};
    }
    void send(ByteView message) override {
        out_.push_back(static_cast<std::uint8_t>(message.size() >> 8U));
        out_.push_back(static_cast<std::uint8_t>(message.size()));
        out_.insert(out_.end(), message.begin(), message.end());
    }
    void wait_for(std::vector<pollfd>& into) const override {
        wait_for_transport(transport_.get(), !out_.empty(), into);
    }
    Status turn(const Take& take) override {
        if (transport_ == nullptr) return Error{"not connected"};
        auto written = write_some(*transport_, out_);
        auto read = read_some<16384>(*transport_, [this](ByteView bytes) {
            in_.insert(in_.end(), bytes.begin(), bytes.end());
            return Status(Done{});
        });
        take_messages(take);              // those too that came before the end of the connection
        return written ? read : written;  // the first error is the cause: it is reported once
    }

private:
    void take_messages(const Take& take) {
        std::size_t at = 0;
        while (in_.size() - at >= 2) {
            const std::size_t size = load_u16(&in_[at]);
            if (in_.size() - at - 2 < size) break;
            take(ByteView(in_).subspan(at + 2, size));
            at += 2 + size;
        }
        in_.erase(in_.begin(), in_.begin() + static_cast<long>(at));
    }

    SocketAddress node_;
    bool encrypted_;
    Encryption encryption_;  // outlives its transports
    std::unique_ptr<loop::Transport> transport_;
    std::vector<std::uint8_t> out_;
    std::vector<std::uint8_t> in_;
};

/// One connection of HTTP/2 with a POST request for each query (RFC 8484). A response that is no DNS message ends it.
class HttpsChannel : public Channel, private http::ResponseSink {
public:
    explicit HttpsChannel(const SocketAddress& node) : node_(node) {}

    Status open() override {
        unasked_.clear();
        out_.clear();
        fault_.clear();
        session_.reset();
        transport_.reset();
        auto made = connected(node_, SOCK_STREAM);
        if (!made) return std::move(made).error();
        auto secured = encryption_.connect(std::move(*made), "h2");
        if (!secured) return std::move(secured).error();
        session_ = http::ClientSession::create({node_.to_string(), "/dns-query", std::string(wire::kMediaType)}, {},
                                               *this, ticks_now());
        if (session_ == nullptr) return Error{"there is no memory for a session of HTTP/2"};
        transport_ = std::move(*secured);
        return Done{};
    }
    void send(ByteView message) override { unasked_.emplace_back(message.begin(), message.end()); }
    void wait_for(std::vector<pollfd>& into) const override {
        wait_for_transport(transport_.get(), !out_.empty(), into);
    }
    Status turn(const Take& take) override {
        if (transport_ == nullptr) return Error{"not connected"};
        take_ = &take;
        auto written = ask_and_write();
        auto read = read_some<http::ClientSession::kFedAtOnce>(*transport_, [this](ByteView bytes) {
            session_->feed(bytes, ticks_now());
            return ask_and_write();
        });
        take_ = nullptr;
        if (!fault_.empty()) return Error{fault_};
        return written ? read : written;  // the first error is the cause: it is reported once
    }

private:
    /// Queries for which the node has no stream free wait.
    Status ask_and_write() {
        while (!unasked_.empty() && session_->post(unasked_.front()) != 0) unasked_.pop_front();
        for (;;) {
            if (auto written = write_some(*transport_, out_); !written) return written;
            if (!out_.empty()) break;
            out_.resize(kFilledAtOnce);
            out_.resize(session_->fill(out_));
            if (out_.empty()) break;
        }
        session_->deliver();
        return session_->ended() == http::Ended::No ? Status(Done{}) : Status(Error{std::string(kClosed)});
    }
    void on_response(std::uint32_t, const http::Received& received) noexcept override {
        if (received.status != kOk)
            fault_ = fmt::format("the node answers with HTTP status {}", received.status);
        else if (!http::is_media_type(received.content_type, wire::kMediaType))
            fault_ = fmt::format("the node answers with something else than {}", wire::kMediaType);
        else
            (*take_)(received.body);
    }
    /// What the node has not processed is sent again on the next connection.
    void on_lost(std::uint32_t, http::Loss why) noexcept override {
        if (why != http::Loss::Unprocessed) fault_ = "the node resets a request";
    }

    static constexpr unsigned kOk = 200;
    static constexpr std::size_t kFilledAtOnce = 16384;

    SocketAddress node_;
    Encryption encryption_;  // outlives its transports
    std::unique_ptr<loop::Transport> transport_;
    std::unique_ptr<http::ClientSession> session_;
    std::deque<std::vector<std::uint8_t>> unasked_;
    std::vector<std::uint8_t> out_;  // of the session, and not sent yet
    const Take* take_ = nullptr;     // of the present turn
    std::string fault_;              // of a response
};

}  // namespace

std::unique_ptr<Channel> make_channel(Transport transport, const SocketAddress& node) {
    switch (transport) {
        case Transport::Udp: return std::make_unique<UdpChannel>(node);
        case Transport::Https: return std::make_unique<HttpsChannel>(node);
        case Transport::Tcp:
        case Transport::Tls: break;
    }
    return std::make_unique<StreamChannel>(transport, node);
}

Result<IpAddress> own_address_to(const SocketAddress& node) {
    const auto fd = connected(node, SOCK_DGRAM);
    if (!fd) return fd.error();
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    if (::getsockname(fd->get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return failure(errno);
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&storage)).ip;
}

}  // namespace cenote::proof
