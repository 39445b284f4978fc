// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "resolver/control/control.h"
#include "resolver/control/unix_socket.h"

namespace cenote::control {
namespace {

constexpr milliseconds kTick{1000};  // of follow(), while no reply comes

class Client final : public ControlClient {
public:
    Client(UniqueFd fd, Path socket, Patience patience)
        : fd_(std::move(fd)), socket_(std::move(socket)), patience_(patience) {}

    void write_to(int output) override { output_ = output; }

    Result<Response> call(const Request& request, const std::function<void(const Response&)>& on_more) override {
        if (auto sent = begin(request); !sent) return std::move(sent).error();
        while (true) {
            auto line = receive_line();
            if (!line) return std::move(line).error();
            if (!*line) return no_answer(streaming_ ? patience_.next : patience_.first);
            auto response = decode_response((*line)->text);
            if (response) response->files = std::move((*line)->files);
            if (!response || !response->more) return response;
            if (on_more) on_more(*response);
            set_limit(SO_RCVTIMEO, patience_.next);
            streaming_ = true;
        }
    }

    Status follow(const Request& request, const std::function<bool(const Response*)>& on_more) override {
        if (auto sent = begin(request); !sent) return sent;
        while (true) {
            auto line = receive_line();
            if (!line) return std::move(line).error();
            if (!*line) {
                if (!streaming_) return no_answer(patience_.first);
                if (!on_more(nullptr)) return Done{};
                continue;
            }
            const auto response = decode_response((*line)->text);
            if (!response) return response.error();
            if (!response->more) return response->ok ? Status(Done{}) : Status(Error{response->error});
            if (!on_more(&*response)) return Done{};
            set_limit(SO_RCVTIMEO, kTick);
            streaming_ = true;
        }
    }

    /// The limit of connect() and of each send.
    void limit_sending() const { set_limit(SO_SNDTIMEO, patience_.first); }

private:
    using Files = std::vector<std::shared_ptr<const UniqueFd>>;
    struct Line {
        std::string text;
        Files files;
    };

    void set_limit(int option, milliseconds limit) const {
        const timeval time{.tv_sec = limit.count() / 1000, .tv_usec = limit.count() % 1000 * 1000};
        ::setsockopt(fd_.get(), SOL_SOCKET, option, &time, sizeof time);
    }

    [[nodiscard]] Error no_answer(milliseconds limit) const {
        return Error{fmt::format("{}: the daemon did not answer within {} s", socket_.string(), limit.count() / 1000)};
    }

    Status begin(const Request& request) {
        streaming_ = false;
        set_limit(SO_RCVTIMEO, patience_.first);
        return send(encode(request));
    }

    Status send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            // A daemon that refused the connection has sent the reason before it closed: it is read next.
            if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) break;
            if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return no_answer(patience_.first);
            if (sent < 0) return Error{fmt::format("{}: cannot send: {}", socket_.string(), std::strerror(errno))};
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return Done{};
    }

    /// nullopt: it does not come within the limit.
    Result<std::optional<Line>> receive_line() {
        while (true) {
            if (const auto end = received_.find('\n'); end != std::string::npos)
                return std::optional(take_line(end + 1));
            if (received_.size() > kLineMax)
                return Error{fmt::format("{}: the daemon's reply is longer than {} bytes", socket_.string(), kLineMax)};
            if (streaming_ && output_ >= 0 && !wait_while_read())
                return Error{fmt::format("{}: the output is closed", socket_.string())};
            char chunk[16384];
            const ssize_t got = receive(chunk, sizeof chunk);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::optional<Line>();
            if (got <= 0)
                return Error{fmt::format("{}: the daemon closed the connection before it answered", socket_.string())};
            received_.append(chunk, static_cast<std::size_t>(got));
            if (!arriving_.empty()) files_.emplace_back(received_.size(), std::exchange(arriving_, {}));
        }
    }

    /// The first line, which has `size` bytes with its end, and the files whose last byte is in it.
    Line take_line(std::size_t size) {
        Line line{received_.substr(0, size - 1), {}};
        received_.erase(0, size);
        for (auto& [place, files] : files_) {
            if (place <= size) line.files.insert(line.files.end(), files.begin(), files.end());
            place -= std::min(place, size);
        }
        std::erase_if(files_, [](const auto& each) { return each.first == 0; });
        return line;
    }

    /// Waits for bytes; false: the output is closed.
    [[nodiscard]] bool wait_while_read() const {
        std::array<pollfd, 2> both{
            {{.fd = fd_.get(), .events = POLLIN, .revents = 0}, {.fd = output_, .events = 0, .revents = 0}}};
        while (::poll(both.data(), both.size(), -1) < 0 && errno == EINTR) {
        }
        return (both[1].revents & (POLLERR | POLLHUP)) == 0;
    }

    /// Receives bytes, and the files that travel with them.
    ssize_t receive(char* into, std::size_t size) {
        iovec part{.iov_base = into, .iov_len = size};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(kFilesMax * sizeof(int))> space{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = space.data();
        message.msg_controllen = space.size();
        const ssize_t got = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
        if (got < 0) return got;
        for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
            if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
            const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int file = -1;
                std::memcpy(&file, CMSG_DATA(header) + i * sizeof file, sizeof file);
                arriving_.push_back(std::make_shared<const UniqueFd>(file));
            }
        }
        return got;
    }

    UniqueFd fd_;
    Path socket_;
    Patience patience_;
    int output_ = -1;         // what the replies are written to; -1: not known
    bool streaming_ = false;  // a reply has come, and more follow
    std::string received_;
    Files arriving_;                                    // with the bytes that are being received
    std::vector<std::pair<std::size_t, Files>> files_;  // came with the bytes of received_ before this place
};

}  // namespace

bool is_read_by_nobody(int output) {
    pollfd state{.fd = output, .events = 0, .revents = 0};
    return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

Result<std::unique_ptr<ControlClient>> ControlClient::connect_if_there(const Path& socket, Patience patience) {
    const auto address = socket_address(socket);
    if (!address) return address.error();
    UniqueFd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!made.valid()) return Error{fmt::format("cannot make a socket: {}", std::strerror(errno))};
    const int fd = made.get();
    auto client = std::make_unique<Client>(std::move(made), socket, patience);
    client->limit_sending();  // a daemon that accepts nothing has a full queue: unix(7)
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
        const int error = errno;
        if (error == ENOENT || error == ECONNREFUSED) return std::unique_ptr<ControlClient>();
        return Error{fmt::format("{}: cannot reach cenoted: {}", socket.string(), std::strerror(error))};
    }
    return std::unique_ptr<ControlClient>(std::move(client));
}

Result<std::unique_ptr<ControlClient>> ControlClient::connect(const Path& socket, Patience patience) {
    auto client = connect_if_there(socket, patience);
    if (client && *client == nullptr)
        return Error{
            fmt::format("no cenoted listens on {}; start it, or name its socket with --socket", socket.string())};
    return client;
}

}  // namespace cenote::control
