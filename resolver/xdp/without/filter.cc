// SPDX-License-Identifier: Apache-2.0
//
// In the place of libbpf/filter.cc where the build found no libbpf or no compiler for BPF.
#include "resolver/xdp/filter.h"

#include <cerrno>

namespace cenote::xdp {

struct Filter::State {};

bool is_built() noexcept { return false; }

Result<std::unique_ptr<Filter>, int> Filter::load(std::uint32_t) { return ENOSYS; }
Filter::Filter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Filter::~Filter() = default;
int Filter::attach(unsigned, Hook) noexcept { return ENOSYS; }
void Filter::detach() noexcept {}
int Filter::set_socket(std::uint32_t, int) noexcept { return ENOSYS; }
int Filter::set_mac(const Mac&) noexcept { return ENOSYS; }
int Filter::set_places(const std::vector<SocketAddress>&, const std::vector<IpAddress>&) { return ENOSYS; }
FilterCounts Filter::counts(std::uint32_t) const { return {}; }
int Filter::program() const noexcept { return -1; }

}  // namespace cenote::xdp
