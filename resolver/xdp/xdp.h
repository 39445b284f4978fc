// SPDX-License-Identifier: Apache-2.0
//
// AF_XDP on the interfaces that the configuration names: filter, sockets and their state. Queries that the filter takes
// go around the network stack of the kernel; all others reach the UDP sockets, which stay open.
//
// Threads:  the control thread; what a Queue has is for one worker, but for its counts.
// Memory:   8 MiB for each queue, and what the kernel keeps.
// Failure:  none that ends anything: an interface or a queue that cannot be had is served by the UDP sockets, and its
//           state says why.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/result.h"
#include "resolver/xdp/options.h"
#include "resolver/xdp/socket.h"

namespace cenote::xdp {

/// What serves a queue.
enum class Way : std::uint8_t { ZeroCopy, Copy, Generic, Sockets };
[[nodiscard]] std::string_view to_text(Way way) noexcept;

/// What a worker counts, and the control thread reads.
struct QueueCounts {
    std::atomic<std::uint64_t> bad_checksum{0};
    std::atomic<std::uint64_t> not_plain{0};  // the filter and read_frame() differ, or the filter is not ours
    std::atomic<std::uint64_t> no_room{0};    // replies that left by the UDP socket

    static void add(std::atomic<std::uint64_t>& count) noexcept {
        count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);  // one thread writes
    }
};

/// A queue with its socket, for one worker.
struct Queue {
    unsigned interface = 0;  // index
    std::uint32_t number = 0;
    std::unique_ptr<Socket> socket;
    QueueCounts counts;
};

struct QueueState {
    std::string interface;
    std::uint32_t queue = 0;
    Way way = Way::Sockets;
    std::string why;  // Way::Sockets: the reason
    std::uint64_t redirected = 0;
    std::uint64_t passed = 0;
    std::uint64_t bad_checksum = 0;
    std::uint64_t not_plain = 0;
    std::uint64_t no_room = 0;
    std::uint64_t dropped = 0;
};

/// An interface, or queues of it, that the UDP sockets serve.
struct Fallback {
    std::string interface;
    std::string why;
};

class Interface;

class Interfaces {
public:
    /// Needs CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW; drop_privileges() may follow. Takes no query before listen().
    explicit Interfaces(const Options& options);
    ~Interfaces();
    Interfaces(const Interfaces&) = delete;
    Interfaces& operator=(const Interfaces&) = delete;

    /// The queues that have a socket.
    [[nodiscard]] const std::vector<Queue*>& queues() const noexcept { return queues_; }
    /// Before listen() alone: the UDP sockets serve all of them, for this reason.
    void give_up(const std::string& why);
    /// Takes the queries to these addresses, of which unspecified ones stand for all of an interface.
    void listen(std::vector<SocketAddress> addresses);
    /// Follows the addresses of the machine and the interfaces; to be called about every second.
    void look();
    /// All frames go to the kernel from now on. Those that have come before can still be read.
    void detach() noexcept;
    [[nodiscard]] std::vector<QueueState> states() const;
    /// One for each interface of which not all is served as it was asked for.
    [[nodiscard]] std::vector<Fallback> fallbacks() const;

private:
    std::vector<std::unique_ptr<Interface>> interfaces_;
    std::vector<Queue*> queues_;
    std::vector<SocketAddress> listen_;
};

/// Gives up what Interfaces needs, for all that this thread starts from now on. An Error: it has it still.
[[nodiscard]] Status drop_privileges() noexcept;

}  // namespace cenote::xdp
