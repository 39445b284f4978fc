// SPDX-License-Identifier: Apache-2.0
#include "resolver/rawudp/rawudp.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cenote::rawudp {
namespace {

constexpr seconds kRepliesComeFor{5};  // longer than any exchange takes

bool is_not_permitted(int reason) noexcept { return reason == EPERM || reason == EACCES; }

std::string why_not(const std::string& what, int reason) {
    if (reason == ENOSYS && !is_built())
        return "this cenoted was built without it, which needs libbpf, and clang or gcc-bpf";
    std::string why = what + ": " + std::strerror(reason);
    if (is_not_permitted(reason))
        why += "; it needs CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW, and the system calls bpf and capset";
    else if (reason == EINVAL || reason == ENOTSUP)
        why += "; it needs Linux 5.9";
    return why;
}

/// 0, or why not.
int give_sockets(Program& program, std::uint32_t owner, const Way& v4, const Way& v6) noexcept {
    if (const int failed = program.set_socket(2 * owner, v4.in.get()); failed != 0) return failed;
    return v6.usable() ? program.set_socket(2 * owner + 1, v6.in.get()) : 0;
}

}  // namespace

RawUdp::RawUdp(std::uint32_t workers) : published_(std::make_shared<const std::vector<SocketAddress>>()) {
    why_ = open(workers);
    if (!why_.empty()) give_up(why_);
}

RawUdp::~RawUdp() = default;

std::string RawUdp::open(std::uint32_t workers) {
    if (workers > kWorkersMax) return "there are more workers than " + std::to_string(kWorkersMax);
    auto program = Program::load(2 * (workers + 1));
    if (!program) return why_not("the kernel takes no program for its look-up of sockets", program.error());
    program_ = std::move(*program);
    const Ports ports(program_->owners());
    for (std::uint32_t i = 0; i <= workers; ++i) {
        Way v4 = open_way(AF_INET);
        if (!v4.usable()) return why_not("there is no raw socket", errno);
        Way v6 = open_way(AF_INET6);  // without IPv6 there is none to ask
        if (const int failed = give_sockets(*program_, i, v4, v6); failed != 0)
            return why_not("the kernel takes no socket for its look-up", failed);
        if (i == 0) {
            strays_ = std::make_unique<Strays>(std::move(v4), std::move(v6), ports);
            continue;
        }
        owned_.push_back(std::make_unique<Lane>(Lane{.v4 = std::move(v4),
                                                     .v6 = std::move(v6),
                                                     .owner = static_cast<Owner>(kAnotherProgram + i),
                                                     .ports = ports,
                                                     .servers = published_}));
        lanes_.push_back(owned_.back().get());
    }
    if (const int failed = program_->attach(); failed != 0)
        return why_not("the kernel attaches no program to its look-up of sockets", failed);
    return {};
}

void RawUdp::give_up(const std::string& why) {
    why_ = why;
    lanes_.clear();
    owned_.clear();
    strays_.reset();
    program_.reset();
}

/// Workers use a server only after the program has it, and the program has it for longer than they use it.
void RawUdp::set_servers(std::vector<SocketAddress> servers, Ticks now) {
    if (program_ == nullptr) return;
    std::ranges::sort(servers);
    servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
    // The scope of a link-local address is not part of what the program sees.
    std::erase_if(servers, [](const SocketAddress& server) { return server.scope_id != 0; });
    why_.clear();
    std::erase_if(servers, [this](const SocketAddress& server) {
        const int failed = std::ranges::binary_search(servers_, server) ? 0 : program_->add_server(server);
        if (failed != 0) why_ = why_not(server.to_string() + " cannot be given to the kernel", failed);
        return failed != 0;
    });
    for (const SocketAddress& server : servers_)
        if (!std::ranges::binary_search(servers, server)) leaving_.push_back({server, now + kRepliesComeFor});
    std::erase_if(leaving_, [&](const Leaving& each) { return std::ranges::binary_search(servers, each.server); });
    servers_ = std::move(servers);
    published_.publish(std::make_shared<const std::vector<SocketAddress>>(servers_));
}

void RawUdp::look(Ticks now) {
    if (program_ == nullptr) return;
    strays_->look();
    std::erase_if(leaving_,
                  [&](const Leaving& each) { return each.until <= now && program_->remove_server(each.server) == 0; });
}

}  // namespace cenote::rawudp
