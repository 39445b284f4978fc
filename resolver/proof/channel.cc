// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "resolver/base/fd.h"
#include "resolver/loop/tls.h"
#include "resolver/wire/types.h"

namespace cenote::proof {
namespace {

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
        static_cast<void>(::send(sockets_[turn_].get(), message.data(), message.size(), MSG_NOSIGNAL));
        turn_ = (turn_ + 1) % sockets_.size();
    }
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
};

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
        if (tls_ == nullptr) {
            auto client = loop::TlsClient::create_unauthenticated();
            if (!client) return std::move(client).error();
            tls_ = *std::move(client);
        }
        transport_ = tls_->connect(std::move(*made), {});
        return transport_ != nullptr ? Status(Done{}) : Status(Error{"OpenSSL has no memory for a session"});
    }
    void send(ByteView message) override {
        out_.push_back(static_cast<std::uint8_t>(message.size() >> 8U));
        out_.push_back(static_cast<std::uint8_t>(message.size()));
        out_.insert(out_.end(), message.begin(), message.end());
    }
    void wait_for(std::vector<pollfd>& into) const override {
        if (transport_ == nullptr) return;
        unsigned wanted = transport_->read_waits_for();
        if (!out_.empty()) wanted |= transport_->write_waits_for();
        const int events = ((wanted & loop::Poll::kReadable) != 0 ? POLLIN : 0) |
                           ((wanted & loop::Poll::kWritable) != 0 ? POLLOUT : 0);
        into.push_back({.fd = transport_->fd(), .events = static_cast<short>(events), .revents = 0});
    }
    Status turn(const Take& take) override {
        if (transport_ == nullptr) return Error{"not connected"};
        auto written = write();
        auto read = this->read();
        take_messages(take);              // those too that came before the end of the connection
        return written ? read : written;  // the first error is the cause: it is reported once
    }

private:
    using Moved = loop::Transport::Status;

    [[nodiscard]] Error why_failed(int code) const {
        const std::string why = transport_->failure();
        return why.empty() ? failure(code) : Error{why};
    }
    Status write() {
        while (!out_.empty()) {
            errno = 0;
            const auto moved = transport_->write(out_, {});
            if (moved.status == Moved::Again || errno == ENOTCONN) break;
            if (moved.status != Moved::Done) return why_failed(errno);
            out_.erase(out_.begin(), out_.begin() + static_cast<long>(moved.count));
        }
        return Done{};
    }
    Status read() {
        std::array<std::uint8_t, 16384> some;
        for (;;) {
            errno = 0;
            const auto moved = transport_->read(some);
            if (moved.status == Moved::Again || errno == ENOTCONN) return Done{};
            if (moved.status == Moved::End) return Error{"the node closed the connection"};
            if (moved.status != Moved::Done) return why_failed(errno);
            in_.insert(in_.end(), some.begin(), some.begin() + static_cast<long>(moved.count));
        }
    }
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
    std::unique_ptr<loop::TlsClient> tls_;
    std::unique_ptr<loop::Transport> transport_;
    std::vector<std::uint8_t> out_;
    std::vector<std::uint8_t> in_;
};

}  // namespace

std::unique_ptr<Channel> make_channel(Transport transport, const SocketAddress& node) {
    switch (transport) {
        case Transport::Udp: return std::make_unique<UdpChannel>(node);
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
