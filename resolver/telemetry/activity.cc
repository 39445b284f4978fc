// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/activity.h"

#include <algorithm>
#include <cmath>
#include <cstring>

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

IpAddress ClientTable::Row::client() const noexcept {
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t half = 0; half < address.size(); ++half) {
        const std::uint64_t bytes = address[half].load(std::memory_order_relaxed);
        std::memcpy(octets.data() + 8 * half, &bytes, sizeof bytes);
    }
    return IpAddress::v6(octets);
}

bool ClientTable::add(const IpAddress& client, std::uint64_t hashed, Key service, Ticks at) noexcept {
    for (std::size_t probe = 0; probe < kProbes; ++probe) {
        Row& row = rows_[(hashed + probe) % kRows];
        const std::uint64_t count = row.count.load(std::memory_order_relaxed);
        if (count != 0 && row.client() != client) continue;
        if (count == 0) {
            for (std::size_t half = 0; half < row.address.size(); ++half) {
                std::uint64_t bytes = 0;
                std::memcpy(&bytes, client.octets().data() + 8 * half, sizeof bytes);
                row.address[half].store(bytes, std::memory_order_relaxed);
            }
        }
        row.last_seen.raise(at.time_since_epoch().count());
        row.service.store(service, std::memory_order_relaxed);
        row.count.store(count + 1, std::memory_order_release);
        return true;
    }
    return false;
}

}  // namespace cenote::telemetry
