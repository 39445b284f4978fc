// SPDX-License-Identifier: Apache-2.0
//
// One interface: its filter, and a socket for each of its queues.
//
// Threads:  the control thread.
// Memory:   that of its sockets and its filter.
// Failure:  what cannot be had has a reason in the place of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "resolver/xdp/filter.h"
#include "resolver/xdp/xdp.h"

namespace cenote::xdp {

/// The addresses of this machine, and which of them are those of an interface.
struct MachineAddresses {
    std::vector<IpAddress> all;
    std::map<std::string, std::vector<IpAddress>, std::less<>> of_interface;

    friend bool operator==(const MachineAddresses&, const MachineAddresses&) = default;
};
/// Gives an errno value.
[[nodiscard]] Result<MachineAddresses, int> read_addresses();

class Interface {
public:
    Interface(std::string name, Mode mode);

    /// Before listen() alone, while no worker has the queues: the UDP sockets serve it, for this reason.
    void give_up(std::string why);
    /// Has the filter take queries to these addresses.
    void listen(const std::vector<SocketAddress>& listen, const MachineAddresses& addresses);
    /// Whether it is there still, and its MAC address.
    void look();
    void detach() noexcept;
    [[nodiscard]] std::vector<std::unique_ptr<Queue>>& queues() noexcept { return queues_; }
    [[nodiscard]] std::vector<QueueState> states() const;
    /// Empty: all of it is served as it was asked for.
    [[nodiscard]] std::string problem() const;

private:
    std::string open(Mode mode);
    std::string open_queues(std::uint32_t count, Copies copies);
    std::string attach(Mode mode);

    std::string name_;
    unsigned index_ = 0;
    std::uint32_t count_ = 1;  // of queues
    Hook hook_ = Hook::Driver;
    std::unique_ptr<Filter> filter_;
    std::vector<std::unique_ptr<Queue>> queues_;    // those with a socket
    std::map<std::uint32_t, std::string> lacking_;  // why a queue has none
    std::string why_;                               // why none is served; empty: some are
    Mac mac_{};
};

}  // namespace cenote::xdp
