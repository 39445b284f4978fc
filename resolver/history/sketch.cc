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
    for (std::size_t i = 0; i < registers_.size(); ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

std::uint64_t Sketch::estimate() const noexcept {
    constexpr double kCount = telemetry::kSketchRegisters;
    constexpr double kAlpha = 0.7213 / (1 + 1.079 / kCount);
    double sum = 0;
    for (const auto value : registers_) sum += std::ldexp(1.0, -value);
    const double raw = kAlpha * kCount * kCount / sum;
    const auto empty = static_cast<double>(std::count(registers_.begin(), registers_.end(), std::uint8_t{0}));
    const double few = empty > 0 ? kCount * std::log(kCount / empty) : raw;  // linear counting
    return static_cast<std::uint64_t>(std::llround(raw <= 2.5 * kCount ? few : raw));
}

std::optional<Sketch> Sketch::from_bytes(ByteView bytes) noexcept {
    Sketch sketch;
    if (bytes.size() != sketch.registers_.size() ||
        std::ranges::any_of(bytes, [](auto rank) { return rank > kRankMax; }))
        return std::nullopt;
    std::ranges::copy(bytes, sketch.registers_.begin());
    return sketch;
}

}  // namespace cenote::history
