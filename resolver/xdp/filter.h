// SPDX-License-Identifier: Apache-2.0
//
// The program in the kernel that decides which frames go to our sockets (filter.bpf.c), its maps, and its link to an
// interface. Nothing of it is pinned: what the process holds ends with the process, however that ends.
//
// Threads:  control plane, one thread.
// Memory:   that of the maps in the kernel, some 300 KiB.
// Failure:  an errno value, 0: done. A build without libbpf, or without a compiler for BPF, loads no filter
//           (without/filter.cc).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/result.h"

namespace cenote::xdp {

/// Whether this program has the filter at all.
[[nodiscard]] bool is_built() noexcept;

enum class Hook : std::uint8_t {
    Driver,   // native: before the kernel has made anything of the frame
    Generic,  // after it has; works with every driver, and gains less
};

/// What became of the frames of a queue.
struct FilterCounts {
    std::uint64_t redirected = 0;
    std::uint64_t passed = 0;
};

using Mac = std::array<std::uint8_t, 6>;

class Filter {
public:
    /// For an interface with so many queues; needs CAP_BPF and CAP_NET_ADMIN.
    static Result<std::unique_ptr<Filter>, int> load(std::uint32_t queues);
    ~Filter();
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    [[nodiscard]] int attach(unsigned interface, Hook hook) noexcept;
    /// Frames go to the kernel again.
    void detach() noexcept;
    /// The AF_XDP socket of a queue; without one its frames are passed.
    [[nodiscard]] int set_socket(std::uint32_t queue, int fd) noexcept;
    [[nodiscard]] int set_mac(const Mac& mac) noexcept;
    /// Where queries are taken, and the addresses of this machine, from which none are. They replace those before.
    [[nodiscard]] int set_places(const std::vector<SocketAddress>& listen, const std::vector<IpAddress>& own);
    [[nodiscard]] FilterCounts counts(std::uint32_t queue) const;
    /// The program, for BPF_PROG_TEST_RUN.
    [[nodiscard]] int program() const noexcept;

private:
    struct State;
    explicit Filter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace cenote::xdp
