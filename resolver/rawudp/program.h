// SPDX-License-Identifier: Apache-2.0
//
// The program in the kernel that decides which socket gets a datagram of an upstream server (replies.bpf.c), its maps,
// and its link to the network namespace of this process. Nothing of it is pinned: it ends with the process, however
// that ends.
//
// Threads:  control plane, one thread. Any thread may write owners().
// Memory:   64 KiB of owners, and some 500 KiB of maps in the kernel.
// Failure:  an errno value, 0: done. A build without libbpf, or without a compiler for BPF, loads no program
//           (without/program.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "resolver/base/address.h"
#include "resolver/base/result.h"

namespace cenote::rawudp {

/// Whether this build has the program at all.
[[nodiscard]] bool is_built() noexcept;

class Program {
public:
    /// With places for so many sockets; needs CAP_BPF and CAP_NET_ADMIN, like attach().
    static Result<std::unique_ptr<Program>, int> load(std::uint32_t sockets);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] int attach() noexcept;
    /// A bound UDP socket.
    [[nodiscard]] int set_socket(std::uint32_t place, int fd) noexcept;
    [[nodiscard]] int add_server(const SocketAddress& server) noexcept;
    [[nodiscard]] int remove_server(const SocketAddress& server) noexcept;
    /// The owner of each port (ports.h).
    [[nodiscard]] std::span<std::uint8_t, 65536> owners() const noexcept;
    /// For BPF_PROG_TEST_RUN.
    [[nodiscard]] int descriptor() const noexcept;

private:
    struct State;
    explicit Program(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace cenote::rawudp
