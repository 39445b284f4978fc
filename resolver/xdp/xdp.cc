// SPDX-License-Identifier: Apache-2.0
#include "resolver/xdp/xdp.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "resolver/xdp/interface.h"

namespace cenote::xdp {

std::string_view to_text(Way way) noexcept {
    switch (way) {
        case Way::ZeroCopy: return "zero-copy";
        case Way::Copy: return "copy";
        case Way::Generic: return "generic";
        case Way::Sockets: break;
    }
    return "sockets";
}

Interfaces::Interfaces(const Options& options) {
    for (const std::string& name : options.interfaces)
        interfaces_.push_back(std::make_unique<Interface>(name, options.mode));
    for (const auto& interface : interfaces_)
        for (const auto& queue : interface->queues()) queues_.push_back(queue.get());
}

Interfaces::~Interfaces() = default;

void Interfaces::give_up(const std::string& why) {
    queues_.clear();
    for (const auto& interface : interfaces_) interface->give_up(why);
}

void Interfaces::listen(std::vector<SocketAddress> addresses) {
    listen_ = std::move(addresses);
    look();
}

void Interfaces::look() {
    if (interfaces_.empty()) return;
    for (const auto& interface : interfaces_) interface->look();
    const auto addresses = read_addresses();
    if (!addresses) return;  // those of before stay
    for (const auto& interface : interfaces_) interface->listen(listen_, *addresses);
}

void Interfaces::detach() noexcept {
    for (const auto& interface : interfaces_) interface->detach();
}

std::vector<QueueState> Interfaces::states() const {
    std::vector<QueueState> states;
    for (const auto& interface : interfaces_)
        for (QueueState& state : interface->states()) states.push_back(std::move(state));
    return states;
}

std::vector<Fallback> Interfaces::fallbacks() const {
    std::vector<Fallback> fallbacks;
    for (const auto& interface : interfaces_)
        if (std::string why = interface->problem(); !why.empty())
            fallbacks.push_back({interface->states().front().interface, std::move(why)});
    return fallbacks;
}

Status drop_privileges() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (syscall(SYS_capget, &header, sets.data()) != 0) return Done{};  // then it cannot have been given any
    bool any = false;
    for (const unsigned capability : std::array<unsigned, 3>{CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF}) {
        __user_cap_data_struct& set = sets[capability / 32];
        const unsigned bit = 1U << capability % 32;
        any = any || ((set.permitted | set.effective | set.inheritable) & bit) != 0;
        set.permitted &= ~bit;
        set.effective &= ~bit;
        set.inheritable &= ~bit;
    }
    if (!any || syscall(SYS_capset, &header, sets.data()) == 0) return Done{};
    return Error{std::string("the capabilities of AF_XDP cannot be given up: ") + std::strerror(errno) +
                 "; allow the system call capset"};
}

}  // namespace cenote::xdp
