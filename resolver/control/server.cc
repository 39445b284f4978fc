// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "resolver/control/connection.h"
#include "resolver/control/control.h"
#include "resolver/control/unix_socket.h"

namespace cenote::control {
namespace {

constexpr milliseconds kAcceptPause{1000};  // when descriptors or memory have run out
constexpr int kAcceptsInARow = 16;          // then the loop serves the clients that are connected

/// Identifies the file at a path, so that one that was put there later is never removed.
struct FileId {
    dev_t device = 0;
    ino_t inode = 0;

    static FileId of(const Path& path) {
        struct stat info {};
        return ::lstat(path.c_str(), &info) == 0 ? FileId{info.st_dev, info.st_ino} : FileId{};
    }
    friend bool operator==(const FileId&, const FileId&) = default;
};

class Server final : public ControlServer {
public:
    Server(loop::Loop& loop, const Options& options, UniqueFd fd, Handler handler)
        : loop_(loop),
          options_(options),
          fd_(std::move(fd)),
          file_(FileId::of(options.socket)),
          service_{std::move(handler), [this](const Connection& connection) { forget(connection); },
                   options.request_within, options.unread_within},
          poll_(loop, fd_.get(), [this](unsigned) { accept_all(); }),
          accept_again_(loop, [this] { poll_.watch(loop::Poll::kReadable); }) {
        poll_.watch(loop::Poll::kReadable);
    }

    ~Server() override {
        if (FileId::of(options_.socket) == file_) ::unlink(options_.socket.c_str());
    }

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint64_t refused() const noexcept override { return refused_; }

    void apply(const Options& options) override {
        const Path socket = options_.socket;
        options_ = options;
        options_.socket = socket;
        service_.request_within = options.request_within;
        service_.unread_within = options.unread_within;
        const auto present = connections_;  // a client that has lost its right is removed
        for (const auto& connection : present) {
            Peer peer = connection->peer();
            set_rights(peer, options_);
            connection->set_peer(std::move(peer));
        }
    }

private:
    void accept_all() {
        for (int i = 0; i < kAcceptsInARow; ++i) {
            UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (fd.valid()) {
                admit(std::move(fd));
            } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                poll_.watch(loop::Poll::kNone);
                return accept_again_.start(kAcceptPause, milliseconds{0});
            } else if (errno != EINTR && errno != ECONNABORTED) {
                return;
            }
        }
    }

    void admit(UniqueFd fd) {
        if (connections_.size() >= options_.clients_max) return refuse(fd, too_many(connections_.size()));
        auto peer = peer_of(fd.get(), options_);
        if (!peer) return turn_away(fd, peer.error().text);
        if (peer->right == Right::None) return turn_away(fd, no_right(*peer));
        if (connections_.size() >= room_for(*peer)) return refuse(fd, too_many(connections_.size()));
        if (const auto own = connections_of(peer->uid); peer->uid != 0 && own >= options_.clients_of_user)
            return refuse(fd, fmt::format("{} has {} connections already; close one", peer->actor, own));
        const auto connection = std::make_shared<Connection>(loop_, std::move(fd), std::move(*peer), service_);
        connections_.insert(connection);
        connection->start();
    }

    /// How many connections there may be before this client's.
    [[nodiscard]] std::size_t room_for(const Peer& peer) const {
        const std::uint32_t kept = peer.uid == 0                ? 0
                                   : peer.right == Right::Admin ? options_.kept_for_root
                                                                : options_.kept_for_admins;
        return options_.clients_max - std::min(kept, options_.clients_max);
    }

    [[nodiscard]] std::size_t connections_of(std::uint32_t uid) const {
        return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                      [uid](const auto& each) { return each->peer().uid == uid; }));
    }

    static std::string too_many(std::size_t there) {
        return fmt::format("{} clients are connected already; try again", there);
    }

    void refuse(const UniqueFd& fd, std::string why) {
        ++refused_;
        turn_away(fd, std::move(why));
    }

    static void turn_away(const UniqueFd& fd, std::string why) {
        const std::string line = encode(Response{.ok = false, .more = false, .error = std::move(why), .data = {}});
        // The buffer of a new socket has room for a line; without room the client sees the close alone.
        (void)::send(fd.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }

    void forget(const Connection& connection) {
        connections_.erase(std::const_pointer_cast<Connection>(connection.shared_from_this()));
    }

    loop::Loop& loop_;
    Options options_;
    UniqueFd fd_;
    FileId file_;
    Connection::Service service_;
    std::set<std::shared_ptr<Connection>> connections_;
    loop::Poll poll_;
    loop::Timer accept_again_;
    std::uint64_t refused_ = 0;
};

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(loop::Loop& loop, const Options& options, Handler handler) {
    auto fd = listen_at(options.socket);
    if (!fd) return std::move(fd).error();
    return std::unique_ptr<ControlServer>(std::make_unique<Server>(loop, options, std::move(*fd), std::move(handler)));
}

}  // namespace cenote::control
