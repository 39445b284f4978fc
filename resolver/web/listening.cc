// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/listening.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace cenote::web {
namespace {

constexpr int kBacklog = 256;
constexpr mode_t kSocketMode = 0666;  // users are identified by the credentials of the connection
constexpr std::string_view kUnix = "unix:";

Error failure(const std::string& at, std::string_view what, int error) {
    return Error{fmt::format("cannot {} {}: {}", what, at, std::strerror(error))};
}

Status remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return Done{};
    if (!S_ISSOCK(info.st_mode)) return Error{fmt::format("{} is there and is no socket; remove it", path)};
    const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int failed = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (failed == 0 || errno == EAGAIN) return Error{fmt::format("another program listens on {}", path)};
    if (::unlink(path.c_str()) != 0) return failure(path, "remove the stale socket", errno);
    return Done{};
}

Result<Listening> listen_at_path(const std::string& at) {
    const std::string path = at.substr(kUnix.size());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return Error{fmt::format("the path {} is too long", path)};
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (auto room = remove_stale(path, address); !room) return std::move(room).error();
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), kSocketMode) != 0 || ::listen(fd.get(), kBacklog) != 0)
        return failure(at, "listen on", errno);
    return Listening{std::move(fd), at};
}

Result<Listening> listen_at_address(const std::string& at) {
    const auto address = SocketAddress::parse(at, 0);
    if (!address) return Error{fmt::format("'{}' is no address", at)};
    const bool v4 = address->ip.is_v4();
    UniqueFd fd(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) return failure(at, "listen on", errno);
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!v4) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    sockaddr_storage native{};
    socklen_t size = address->to_native(native);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0 || ::listen(fd.get(), kBacklog) != 0)
        return failure(at, "listen on", errno);
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&native), &size) != 0)
        return failure(at, "listen on", errno);
    return Listening{std::move(fd), SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).to_string()};
}

}  // namespace

Result<Listening> listen_at(const Listen& listen) {
    return listen.is_address ? listen_at_address(listen.at) : listen_at_path(listen.at);
}

Origin origin_of(int connection, bool tls) {
    Origin origin;
    origin.tls = tls;
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    if (::getsockname(connection, reinterpret_cast<sockaddr*>(&native), &size) != 0) return origin;
    if (native.ss_family == AF_UNIX) {
        ucred credentials{};
        socklen_t length = sizeof credentials;
        if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0)
            origin.peer_uid = credentials.uid;
        return origin;
    }
    origin.local = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).ip;
    size = sizeof native;
    if (::getpeername(connection, reinterpret_cast<sockaddr*>(&native), &size) == 0)
        origin.from_loopback = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).ip.is_loopback();
    return origin;
}

}  // namespace cenote::web
