// SPDX-License-Identifier: Apache-2.0
#include "resolver/xdp/interface.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cenote::xdp {
namespace {

constexpr std::uint32_t kQueuesMax = 256;
constexpr const char* kNeeds =
    "it needs CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW, the address families AF_XDP and AF_NETLINK, and the system calls "
    "bpf and capset, as systemd gives them with the drop-in xdp.conf";

ifreq request_for(const std::string& name) noexcept {
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

/// An errno value in the place of the interface's MAC address.
Result<Mac, int> mac_of(const std::string& name) {
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request = request_for(name);
    if (!fd.valid() || ioctl(fd.get(), SIOCGIFHWADDR, &request) != 0) return errno;
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) return EMEDIUMTYPE;
    Mac mac;
    std::memcpy(mac.data(), request.ifr_hwaddr.sa_data, mac.size());
    return mac;
}

/// One where the driver does not say.
std::uint32_t queue_count(const std::string& name) {
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ethtool_channels channels{};
    channels.cmd = ETHTOOL_GCHANNELS;
    ifreq request = request_for(name);
    request.ifr_data = reinterpret_cast<char*>(&channels);
    if (!fd.valid() || ioctl(fd.get(), SIOCETHTOOL, &request) != 0) return 1;
    return std::clamp(channels.combined_count + channels.rx_count, 1U, kQueuesMax);
}

std::string not_permitted(int reason) { return fmt::format("{}: {}", std::strerror(reason), kNeeds); }

std::string why_not_loaded(int reason) {
    if (reason == ENOSYS && !is_built())
        return "this cenoted was built without AF_XDP, which needs libbpf, and clang or gcc-bpf";
    if (reason == EPERM || reason == EACCES || reason == ENOSYS)
        return "the kernel takes no filter: " + not_permitted(reason);
    return fmt::format("the kernel takes no filter: {}", std::strerror(reason));
}

std::string why_no_socket(int reason) {
    if (reason == EPERM || reason == EACCES || reason == EAFNOSUPPORT)
        return "there is no socket of AF_XDP: " + not_permitted(reason);
    if (reason == ENOBUFS || reason == ENOMEM)
        return "too little memory may be locked: each queue takes 8 MiB; raise LimitMEMLOCK";
    if (reason == EBUSY) return "another program has the queue";
    if (reason == EOPNOTSUPP) return "the driver does not support AF_XDP on the queue; try xdp_mode = \"generic\"";
    return fmt::format("there is no socket of AF_XDP: {}", std::strerror(reason));
}

std::string why_not_attached(int reason, const std::string& name) {
    if (reason == EBUSY || reason == EEXIST)
        return fmt::format("another XDP program is on the interface; 'ip link show dev {}' shows it", name);
    if (reason == ERANGE || reason == EINVAL || reason == EMSGSIZE)
        return fmt::format(
            "the driver takes no filter with this MTU or these settings: {}; lower the MTU, or look at "
            "the kernel's log",
            std::strerror(reason));
    if (reason == EOPNOTSUPP)
        return "the driver has no native XDP; xdp_mode = \"generic\" works with every driver, and gains less";
    if (reason == EPERM || reason == EACCES) return "the kernel attaches no filter: " + not_permitted(reason);
    return fmt::format("the kernel attaches no filter: {}", std::strerror(reason));
}

}  // namespace

Result<MachineAddresses, int> read_addresses() {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return errno;
    MachineAddresses addresses;
    for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr ||
            (each->ifa_addr->sa_family != AF_INET && each->ifa_addr->sa_family != AF_INET6))
            continue;
        const IpAddress ip = SocketAddress::from_native(each->ifa_addr).ip;
        addresses.all.push_back(ip);
        addresses.of_interface[each->ifa_name].push_back(ip);
    }
    freeifaddrs(first);
    return addresses;
}

Interface::Interface(std::string name, Mode mode) : name_(std::move(name)) {
    if (std::string why = open(mode); !why.empty()) give_up(std::move(why));
}

/// Empty, or why it is not served.
std::string Interface::open(Mode mode) {
    index_ = if_nametoindex(name_.c_str());
    if (index_ == 0) return "there is no such interface";
    const auto mac = mac_of(name_);
    if (!mac) return mac.error() == EMEDIUMTYPE ? "it is no Ethernet interface" : std::strerror(mac.error());
    if (const auto addresses = read_addresses(); !addresses)
        return "the addresses of this machine cannot be read: " + not_permitted(addresses.error());
    mac_ = *mac;
    count_ = queue_count(name_);
    auto filter = Filter::load(count_);
    if (!filter) return why_not_loaded(filter.error());
    filter_ = std::move(*filter);
    if (const int failed = filter_->set_mac(mac_); failed != 0) return why_not_loaded(failed);
    if (std::string why = open_queues(count_, mode == Mode::Auto ? Copies::WhereNeeded : Copies::Always); !why.empty())
        return why;
    return attach(mode);
}

std::string Interface::open_queues(std::uint32_t count, Copies copies) {
    for (std::uint32_t number = 0; number < count; ++number) {
        auto socket = Socket::open(index_, number, copies);
        const int failed = socket ? filter_->set_socket(number, (*socket)->fd()) : socket.error();
        if (failed != 0) {
            lacking_[number] = why_no_socket(failed);
            continue;
        }
        auto queue = std::make_unique<Queue>();
        queue->interface = index_;
        queue->number = number;
        queue->socket = std::move(*socket);
        queues_.push_back(std::move(queue));
    }
    return queues_.empty() ? lacking_.begin()->second : std::string();
}

std::string Interface::attach(Mode mode) {
    hook_ = mode == Mode::Generic ? Hook::Generic : Hook::Driver;
    int failed = filter_->attach(index_, hook_);
    if (failed == EOPNOTSUPP && mode == Mode::Auto) {
        hook_ = Hook::Generic;
        failed = filter_->attach(index_, hook_);
    }
    return failed == 0 ? std::string() : why_not_attached(failed, name_);
}

void Interface::give_up(std::string why) {
    why_ = std::move(why);
    filter_.reset();
    queues_.clear();
    lacking_.clear();
}

void Interface::listen(const std::vector<SocketAddress>& listen, const MachineAddresses& addresses) {
    if (!why_.empty()) return;
    std::vector<SocketAddress> taken;
    const auto own = addresses.of_interface.find(name_);
    for (const SocketAddress& address : listen) {
        if (!address.ip.is_unspecified()) {
            taken.push_back(address);
            continue;
        }
        if (own == addresses.of_interface.end()) continue;
        for (const IpAddress& ip : own->second)
            if (ip.is_v4() == address.ip.is_v4()) taken.push_back({ip, address.port});
    }
    if (const int failed = filter_->set_places(taken, addresses.all); failed != 0)
        why_ = fmt::format("the kernel does not take the addresses of the filter: {}; restart cenoted",
                           std::strerror(failed));
    if (!why_.empty()) filter_->detach();
}

void Interface::look() {
    if (!why_.empty()) return;
    if (if_nametoindex(name_.c_str()) != index_) {
        why_ = "the interface has gone; once it is back, restart cenoted";
        filter_->detach();
        return;
    }
    const auto mac = mac_of(name_);
    if (mac && *mac != mac_ && filter_->set_mac(*mac) == 0) mac_ = *mac;
}

void Interface::detach() noexcept {
    if (filter_ != nullptr) filter_->detach();
}

std::vector<QueueState> Interface::states() const {
    std::vector<QueueState> states(count_);
    for (std::uint32_t number = 0; number < count_; ++number) {
        QueueState& state = states[number];
        state.interface = name_;
        state.queue = number;
        const auto lacking = lacking_.find(number);
        state.why = why_.empty() && lacking != lacking_.end() ? lacking->second : why_;
        if (filter_ == nullptr) continue;
        const FilterCounts counts = filter_->counts(number);
        state.redirected = counts.redirected;
        state.passed = counts.passed;
    }
    for (const auto& queue : queues_) {
        QueueState& state = states[queue->number];
        const auto read = [](const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); };
        state.bad_checksum = read(queue->counts.bad_checksum);
        state.not_plain = read(queue->counts.not_plain);
        state.no_room = read(queue->counts.no_room);
        state.dropped = queue->socket->dropped();
        if (!why_.empty()) continue;
        const Way in_driver = queue->socket->zero_copy() ? Way::ZeroCopy : Way::Copy;
        state.way = hook_ == Hook::Generic ? Way::Generic : in_driver;
    }
    return states;
}

std::string Interface::problem() const {
    if (!why_.empty() || lacking_.empty()) return why_;
    return fmt::format("{} of {} queues have no socket, the first because {}", lacking_.size(), count_,
                       lacking_.begin()->second);
}

}  // namespace cenote::xdp
