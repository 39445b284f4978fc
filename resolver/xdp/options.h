// SPDX-License-Identifier: Apache-2.0
//
// Which interfaces are served by AF_XDP, and how.
//
// Threads: plain values.   Memory: the names.   Failure: none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cenote::xdp {

inline constexpr std::size_t kInterfacesMax = 16;
inline constexpr std::size_t kInterfaceNameMax = 15;  // as the kernel has it

enum class Mode : std::uint8_t {
    Auto,     // in the driver, without copies where it can do that; by Generic where the driver has no hook
    Copy,     // in the driver, with copies
    Generic,  // behind the driver, which may be any
};

struct Options {
    std::vector<std::string> interfaces;
    Mode mode = Mode::Copy;

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::xdp
