// SPDX-License-Identifier: Apache-2.0
#include "resolver/control/unix_socket.h"

#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <vector>

namespace cenote::control {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kSocketMode = 0666;                 // rights are checked by credentials
constexpr std::uint32_t kNoLogin = 0xffffffff;       // /proc/PID/loginuid of a process without a login
constexpr std::size_t kDatabaseBytesMax = 1U << 20;  // of one passwd or group record

struct User {
    std::string name;
    std::uint32_t gid = 0;
};

Error failure(const Path& path, std::string_view what, int error) {
    return Error{fmt::format("{}: {}: {}", path.string(), what, std::strerror(error))};
}

/// Calls one of the re-entrant database functions with a larger buffer until the record fits.
template <typename Record, typename Lookup>
bool look_up(Record& record, std::vector<char>& room, Lookup lookup) {
    Record* found = nullptr;
    room.resize(1024);
    while (lookup(&record, room.data(), room.size(), &found) == ERANGE && room.size() < kDatabaseBytesMax)
        room.resize(room.size() * 2);
    return found != nullptr;
}

std::optional<User> user_of(std::uint32_t uid) {
    passwd record{};
    std::vector<char> room;
    if (!look_up(record, room, [uid](auto* into, char* at, std::size_t size, auto** found) {
            return getpwuid_r(uid, into, at, size, found);
        }))
        return std::nullopt;
    return User{record.pw_name, record.pw_gid};
}

std::optional<std::uint32_t> gid_of(const std::string& name) {
    group record{};
    std::vector<char> room;
    if (!look_up(record, room, [&name](auto* into, char* at, std::size_t size, auto** found) {
            return getgrnam_r(name.c_str(), into, at, size, found);
        }))
        return std::nullopt;
    return record.gr_gid;
}

std::vector<std::uint32_t> groups_of(const User& user) {
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    while (getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(std::max(count, static_cast<int>(groups.size()) * 2)));
    groups.resize(static_cast<std::size_t>(count));
    return {groups.begin(), groups.end()};
}

#ifdef SO_PEERPIDFD
constexpr int kPeerPidfd = SO_PEERPIDFD;
#else
constexpr int kPeerPidfd = 77;  // asm-generic/socket.h of Linux 6.5
#endif

/// A handle on the process that connected; invalid where the kernel has no SO_PEERPIDFD.
UniqueFd peer_process(int connection) {
    int pidfd = -1;
    socklen_t size = sizeof pidfd;
    if (::getsockopt(connection, SOL_SOCKET, kPeerPidfd, &pidfd, &size) != 0) return {};
    return UniqueFd(pidfd);
}

/// Whether the process has not ended (pidfd_open(2): the descriptor is readable when it has); until then no other
/// process has its id.
bool is_running(const UniqueFd& process) {
    pollfd state{.fd = process.get(), .events = POLLIN, .revents = 0};
    return process.valid() && ::poll(&state, 1, 0) == 0;
}

/// The user who logged in, where sudo or su runs the process as another one.
std::optional<std::uint32_t> login_uid(std::int32_t pid) {
    std::ifstream file(fmt::format("/proc/{}/loginuid", pid));
    std::uint32_t uid = kNoLogin;
    if (!(file >> uid) || uid == kNoLogin) return std::nullopt;
    return uid;
}

/// The login uid of the peer's process, if it still runs after its file was read: then the file was its own.
std::optional<std::uint32_t> proved_login_uid(int connection, std::int32_t pid) {
    const UniqueFd process = peer_process(connection);
    const auto uid = login_uid(pid);
    return is_running(process) ? uid : std::nullopt;
}

std::string name_of(std::uint32_t uid) {
    const auto user = user_of(uid);
    return user ? user->name : fmt::format("uid {}", uid);
}

bool in_any(const std::vector<std::uint32_t>& groups, const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(), [&groups](const std::string& name) {
        const auto gid = gid_of(name);
        return gid && std::find(groups.begin(), groups.end(), *gid) != groups.end();
    });
}

bool is_owner(std::uint32_t uid, const Path& folder) {
    struct stat info {};
    return !folder.empty() && ::stat(folder.c_str(), &info) == 0 && info.st_uid == uid;
}

UniqueFd new_socket(int flags) { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)); }

int connect_to(const UniqueFd& fd, const sockaddr_un& address) {
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

/// Removes the socket file of a daemon that has ended. Any other file is an Error.
Status remove_stale(const Path& path, const sockaddr_un& address) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return Done{};  // bind() reports what is wrong with the folder
    if (!S_ISSOCK(info.st_mode))
        return Error{fmt::format("{} is there and is no socket; remove it or set control.socket", path.string())};
    const UniqueFd probe = new_socket(SOCK_NONBLOCK);
    const int error = connect_to(probe, address);
    if (error == 0 || error == EAGAIN)
        return Error{fmt::format("another cenoted listens on {}; stop it or set control.socket", path.string())};
    if (error != ECONNREFUSED) return failure(path, "cannot tell whether this socket is in use", error);
    if (::unlink(path.c_str()) != 0) return failure(path, "cannot remove the stale socket", errno);
    return Done{};
}

}  // namespace

std::string own_actor() { return name_of(login_uid(::getpid()).value_or(::geteuid())); }

Result<sockaddr_un> socket_address(const Path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    if (text.empty()) return Error{"the control socket's path is empty; set control.socket"};
    if (text.size() >= sizeof address.sun_path)
        return Error{fmt::format("the control socket's path is too long ({} bytes, at most {}): {}", text.size(),
                                 sizeof address.sun_path - 1, text)};
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    return address;
}

Result<UniqueFd> listen_at(const Path& path) {
    const auto address = socket_address(path);
    if (!address) return address.error();
    if (auto room = remove_stale(path, *address); !room) return std::move(room).error();
    UniqueFd fd = new_socket(SOCK_NONBLOCK);
    if (!fd.valid()) return failure(path, "cannot make a socket", errno);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
        const int error = errno;
        if (error == ENOENT)
            return Error{
                fmt::format("the folder {} of the control socket does not exist; make it or set "
                            "control.socket",
                            path.parent_path().string())};
        return failure(path, "cannot make the control socket", error);
    }
    if (::chmod(path.c_str(), kSocketMode) != 0 || ::listen(fd.get(), kBacklog) != 0) {
        const int error = errno;
        ::unlink(path.c_str());
        return failure(path, "cannot listen on the control socket", error);
    }
    return fd;
}

Result<Peer> peer_of(int connection, const Options& options) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return Error{fmt::format("cannot tell who is at the control socket: {}", std::strerror(errno))};
    Peer peer;
    peer.uid = credentials.uid;
    peer.gid = credentials.gid;
    peer.pid = credentials.pid;
    peer.actor = name_of(proved_login_uid(connection, peer.pid).value_or(peer.uid));
    set_rights(peer, options);
    return peer;
}

void set_rights(Peer& peer, const Options& options) {
    const auto user = user_of(peer.uid);
    if (user && user->name == kWebUser) {  // a group that it is put into gives it nothing
        peer.right = Right::Web;
        peer.may_approve = peer.may_inspect = false;
        peer.serves_web = true;
        return;
    }
    set_rights(peer, user ? groups_of(*user) : std::vector<std::uint32_t>{peer.gid}, ::geteuid(), options);
}

void set_rights(Peer& peer, const std::vector<std::uint32_t>& groups, std::uint32_t own_uid, const Options& options) {
    const bool owner = peer.uid == 0 || peer.uid == own_uid;
    const bool admin = owner || in_any(groups, options.admins);
    const bool approver = in_any(groups, options.approvers);
    peer.may_approve = admin || approver;
    peer.serves_web = owner;
    peer.may_inspect = owner || in_any(groups, options.inspectors);  // who changes rules need not see what clients do
    if (admin)
        peer.right = Right::Admin;
    else if (approver)
        peer.right = Right::Approve;
    else if (peer.may_inspect || in_any(groups, options.readers))
        peer.right = Right::Read;
    else if (is_owner(peer.uid, options.published_in))
        peer.right = Right::Publish;
    else
        peer.right = Right::None;
}

}  // namespace cenote::control
