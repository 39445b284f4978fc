// SPDX-License-Identifier: Apache-2.0
//
// In the place of libbpf/program.cc where the build found no libbpf or no compiler for BPF.
#include "resolver/rawudp/program.h"

#include <array>
#include <cerrno>

namespace cenote::rawudp {

struct Program::State {
    std::array<std::uint8_t, 65536> owners{};
};

bool is_built() noexcept { return false; }

Result<std::unique_ptr<Program>, int> Program::load(std::uint32_t) { return ENOSYS; }
Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::~Program() = default;
int Program::attach() noexcept { return ENOSYS; }
int Program::set_socket(std::uint32_t, int) noexcept { return ENOSYS; }
int Program::add_server(const SocketAddress&) noexcept { return ENOSYS; }
int Program::remove_server(const SocketAddress&) noexcept { return ENOSYS; }
std::span<std::uint8_t, 65536> Program::owners() const noexcept { return state_->owners; }
int Program::descriptor() const noexcept { return -1; }

}  // namespace cenote::rawudp
