// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/sketch.h"

#include <algorithm>
#include <cmath>

namespace cenote::history {
namespace {

constexpr std::uint8_t kRankMax = 65;  // of a hash of 64 bits

}  // namespace

void Sketch::add(const telemetry::SketchCell& cell) noexcept {
    if (cell.index < registers_.size()) registers_[cell.index] = std::max(registers_[cell.index], cell.rank);
}

void Sketch::merge(const Sketch& other) noexcept {
    if (&other == this) return;
    // They do not overlap, so that the compiler may take sixteen registers at a time.
    std::uint8_t* __restrict mine = registers_.data();
    const std::uint8_t* __restrict others = other.registers_.data();
    for (std::size_t i = 0; i < telemetry::kSketchRegisters; ++i) mine[i] = mine[i] > others[i] ? mine[i] : others[i];
}

std::uint64_t Sketch::estimate() const noexcept {
    constexpr double kCount = telemetry::kSketchRegisters;
    constexpr double kAlpha = 0.7213 / (1 + 1.079 / kCount);
    std::array<std::uint32_t, kRankMax + 1> ranks{};  // how many registers have each
    for (const auto value : registers_) ++ranks[std::min(value, kRankMax)];
    double sum = 0;
    for (std::size_t rank = ranks.size(); rank-- > 0;)
        if (ranks[rank] != 0) sum += std::ldexp(static_cast<double>(ranks[rank]), -static_cast<int>(rank));
    const double raw = kAlpha * kCount * kCount / sum;
    const auto empty = static_cast<double>(ranks[0]);
    const double few = empty > 0 ? kCount * std::log(kCount / empty) : raw;  // linear counting
    return static_cast<std::uint64_t>(std::llround(raw <= 2.5 * kCount ? few : raw));
}

std::optional<Sketch> Sketch::from_bytes(ByteView bytes) noexcept {
    Sketch sketch;
    if (bytes.size() != sketch.registers_.size()) return std::nullopt;
    std::ranges::copy(bytes, sketch.registers_.begin());
    std::uint8_t highest = 0;
    for (const auto rank : sketch.registers_) highest = rank > highest ? rank : highest;
    if (highest > kRankMax) return std::nullopt;
    return sketch;
}

}  // namespace cenote::history
