// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/activity.h"

#include <algorithm>
#include <cmath>

namespace cenote::telemetry {

void ClientSketch::merge_into(Registers& registers) const noexcept {
    for (std::size_t i = 0; i < kRegisters; ++i) registers[i] = std::max(registers[i], registers_[i].load());
}

std::uint64_t ClientSketch::estimate(const Registers& registers) noexcept {
    constexpr double kCount = kRegisters;
    constexpr double kAlpha = 0.7213 / (1 + 1.079 / kCount);
    double sum = 0;
    for (const auto value : registers) sum += std::ldexp(1.0, -value);
    const double raw = kAlpha * kCount * kCount / sum;
    const auto empty = static_cast<double>(std::count(registers.begin(), registers.end(), std::uint8_t{0}));
    const double few = empty > 0 ? kCount * std::log(kCount / empty) : raw;  // linear counting
    return static_cast<std::uint64_t>(std::llround(raw <= 2.5 * kCount ? few : raw));
}

}  // namespace cenote::telemetry
