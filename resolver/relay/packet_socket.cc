// SPDX-License-Identifier: Apache-2.0
#include "resolver/relay/packet_socket.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "resolver/relay/relay.h"

namespace cenote::relay {
namespace {

constexpr int kBacklog = 4;
constexpr mode_t kSocketMode = 0666;  // who may connect is decided by credentials
constexpr int kBuffer = 1 << 20;      // the kernel may give less (net.core.wmem_max)
constexpr std::size_t kDatabaseBytesMax = 1U << 20;

UniqueFd new_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

std::optional<sockaddr_un> address_of(const Path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    if (text.empty() || text.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, text.c_str(), text.size());
    return address;
}

Error failure(const Path& path, int reason) {
    return Error{fmt::format("{}: cannot listen there for cenote-quic: {}", path.string(), std::strerror(reason))};
}

std::optional<uid_t> user_of(const char* name) {
    passwd record{};
    passwd* found = nullptr;
    std::vector<char> room(1024);
    while (::getpwnam_r(name, &record, room.data(), room.size(), &found) == ERANGE && room.size() < kDatabaseBytesMax)
        room.resize(room.size() * 2);
    if (found == nullptr) return std::nullopt;
    return record.pw_uid;
}

/// EAGAIN: the other end does not read; ENOBUFS, ENOMEM: the kernel is short of memory.
Sent outcome_of(ssize_t sent) noexcept {
    if (sent >= 0) return Sent::Yes;
    const bool is_full = errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == EINTR;
    return is_full ? Sent::NoRoom : Sent::Closed;
}

Received outcome_of(ssize_t received, const msghdr& header) noexcept {
    if (received < 0)
        return errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM ? Received::Nothing
                                                                                        : Received::Closed;
    if (received == 0) return Received::Closed;  // no packet of this protocol is empty
    return (header.msg_flags & MSG_TRUNC) != 0 ? Received::Garbage : Received::Packet;
}

}  // namespace

Result<UniqueFd> listen_at(const Path& path) {
    const auto address = address_of(path);
    if (!address) return failure(path, ENAMETOOLONG);
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) {
        if (connect_to(path).valid() || errno != ECONNREFUSED) return failure(path, EADDRINUSE);
        ::unlink(path.c_str());
    }
    UniqueFd fd = new_socket();
    if (!fd.valid() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return failure(path, errno);
    if (::chmod(path.c_str(), kSocketMode) != 0 || ::listen(fd.get(), kBacklog) != 0) {
        const int reason = errno;
        ::unlink(path.c_str());
        return failure(path, reason);
    }
    return fd;
}

UniqueFd connect_to(const Path& path) {
    const auto address = address_of(path);
    if (!address) return {};
    UniqueFd fd = new_socket();
    if (!fd.valid() || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return {};
    return fd;
}

Result<std::pair<UniqueFd, UniqueFd>> make_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return Error{fmt::format("cannot make a local socket: {}; raise the limit on open files (LimitNOFILE=)",
                                 std::strerror(errno))};
    for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kBuffer, sizeof kBuffer);
    return std::pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<uid_t> peer_user(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return Error{fmt::format("cannot tell whose process has connected: {}", std::strerror(errno))};
    return credentials.uid;
}

bool may_relay(uid_t user) { return user == 0 || user == ::geteuid() || user_of(std::string(kUser).c_str()) == user; }

Sent send_packet(int socket, ByteView head, ByteView body) noexcept {
    std::array<iovec, 2> parts{
        {{const_cast<std::uint8_t*>(head.data()), head.size()}, {const_cast<std::uint8_t*>(body.data()), body.size()}}};
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = body.empty() ? 1 : 2;
    return outcome_of(::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL));
}

Sent send_packet(int socket, ByteView packet, std::span<const int> descriptors) noexcept {
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(kDescriptorsMax * sizeof(int))> control{};
    iovec part{const_cast<std::uint8_t*>(packet.data()), packet.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (descriptors.size() > kDescriptorsMax) return Sent::Closed;
    if (!descriptors.empty()) {
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    return outcome_of(::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL));
}

Received receive_packet(int socket, MutableBytes space, ByteView& packet) noexcept {
    iovec part{space.data(), space.size()};
    msghdr header{};  // without room for descriptors the kernel closes them
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t received = ::recvmsg(socket, &header, MSG_DONTWAIT);
    packet = space.first(received > 0 ? static_cast<std::size_t>(received) : 0);
    return outcome_of(received, header);
}

Received receive_packet(int socket, MutableBytes space, ByteView& packet, std::vector<UniqueFd>& descriptors) {
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(kDescriptorsMax * sizeof(int))> control{};
    iovec part{space.data(), space.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t received = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    packet = space.first(received > 0 ? static_cast<std::size_t>(received) : 0);
    if (received > 0)
        for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
            if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
            for (std::size_t at = 0; at + CMSG_LEN(sizeof(int)) <= each->cmsg_len; at += sizeof(int)) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(each) + at, sizeof fd);
                descriptors.emplace_back(fd);
            }
        }
    if ((header.msg_flags & MSG_CTRUNC) != 0) return Received::Garbage;
    return outcome_of(received, header);
}

}  // namespace cenote::relay
