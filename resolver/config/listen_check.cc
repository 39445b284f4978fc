// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/listen_check.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

namespace cenote::config {
namespace {

constexpr std::size_t kProcMax = 16U << 20;
constexpr std::uint16_t kDnsPort = 53;
constexpr std::string_view kListening = "0A";    // TCP_LISTEN
constexpr std::string_view kUnconnected = "07";  // a UDP socket without a peer

std::optional<std::uint32_t> hex(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "0100007F:0035": words of the address in the order of bytes of the machine, and the port.
std::optional<SocketAddress> parse_kernel_address(std::string_view text) {
    constexpr std::size_t kWord = 8;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || (colon != kWord && colon != 4 * kWord)) return std::nullopt;
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t at = 0; at < colon; at += kWord) {
        const auto word = hex(text.substr(at, kWord));
        if (!word) return std::nullopt;
        std::memcpy(&octets[at / 2], &*word, sizeof *word);
    }
    const auto port = hex(text.substr(colon + 1));
    if (!port || *port > UINT16_MAX) return std::nullopt;
    const IpAddress ip =
        colon == kWord ? IpAddress::v4({octets[0], octets[1], octets[2], octets[3]}) : IpAddress::v6(octets);
    return SocketAddress{.ip = ip, .port = static_cast<std::uint16_t>(*port)};
}

/// A port of all addresses is a port of each; whether [::] covers IPv4 as well is not known here.
bool meet(const SocketAddress& wanted, const SocketAddress& taken) {
    if (wanted.port != taken.port || wanted.ip.is_v4() != taken.ip.is_v4()) return false;
    return wanted.ip == taken.ip || wanted.ip.is_unspecified() || taken.ip.is_unspecified();
}

std::vector<HostSocket> sockets_of_host(const Path& proc_net) {
    std::vector<HostSocket> all;
    for (const auto& [file, protocol] : {std::pair{"udp", server::Protocol::Udp},
                                         {"udp6", server::Protocol::Udp},
                                         {"tcp", server::Protocol::Tcp},
                                         {"tcp6", server::Protocol::Tcp}}) {
        const auto text = read_file(proc_net / file, kProcMax);
        if (!text) continue;
        const auto found = parse_host_sockets(*text, protocol);
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

bool is_address_absent(const SocketAddress& address) {
    const SocketAddress any_port{.ip = address.ip, .port = 0, .scope_id = address.scope_id};
    const UniqueFd fd(::socket(any_port.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage native;
    const socklen_t size = any_port.to_native(native);
    return fd.valid() && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0 &&
           errno == EADDRNOTAVAIL;
}

bool answers(const Path& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.native().size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return fd.valid() && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::vector<HostSocket> parse_host_sockets(std::string_view text, server::Protocol protocol) {
    std::vector<HostSocket> sockets;
    std::istringstream lines{std::string(text)};
    std::string line;
    std::getline(lines, line);  // the headings
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string number, local, remote, state, queues, timer, retransmits;
        uid_t owner = 0;
        if (!(words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> owner)) continue;
        if (state != (protocol == server::Protocol::Tcp ? kListening : kUnconnected)) continue;
        if (const auto address = parse_kernel_address(local)) sockets.push_back({*address, protocol, owner});
    }
    return sockets;
}

ListenCheck::ListenCheck(const Settings& settings, uid_t daemon, Diagnostics& out)
    : daemon_(daemon), daemon_runs_(answers(settings.control.socket)), out_(out) {}

void ListenCheck::run(const std::vector<TomlText>& listen, const Path& proc_net) {
    const auto sockets = sockets_of_host(proc_net);
    for (const TomlText& text : listen)
        if (const auto address = SocketAddress::parse(text.value, kDnsPort)) check(text, *address, sockets);
}

void ListenCheck::check(const TomlText& text, const SocketAddress& address, const std::vector<HostSocket>& sockets) {
    if (is_address_absent(address))
        return out_.warning(text.place,
                            fmt::format("this machine has no address {} now; change it, or give the machine "
                                        "this address",
                                        address.ip.to_string()));
    const auto taken = std::ranges::find_if(sockets, [&](const HostSocket& socket) {
        return address.port != 0 && meet(address, socket.address) && !is_of_daemon(socket);
    });
    if (taken == sockets.end()) return;
    const bool tcp = taken->protocol == server::Protocol::Tcp;
    out_.warning(text.place,
                 fmt::format("another program has {} of {}; see which with 'ss -lnp{} sport = :{}', and end "
                             "it or change one of the two",
                             tcp ? "TCP" : "UDP", taken->address.to_string(), tcp ? 't' : 'u', address.port));
}

bool ListenCheck::is_of_daemon(const HostSocket& socket) const noexcept {
    return daemon_runs_ && (socket.owner == daemon_ || socket.owner == ::geteuid());
}

}  // namespace cenote::config
