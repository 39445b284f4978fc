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

/// The loads of the halves are not moved behind the second load of the version: an address that was removed in between
/// is not read in part.
IpAddress ClientTable::Row::client() const noexcept {
    const std::uint32_t before = version.load(std::memory_order_acquire);
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t half = 0; half < address.size(); ++half) {
        const std::uint64_t bytes = address[half].load(std::memory_order_acquire);
        std::memcpy(octets.data() + 8 * half, &bytes, sizeof bytes);
    }
    const bool whole = before % 2 == 1 && version.load(std::memory_order_relaxed) == before;
    return whole ? IpAddress::v6(octets) : IpAddress();
}

void ClientTable::Row::set_client(const IpAddress& client) noexcept {
    for (std::size_t half = 0; half < address.size(); ++half) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, client.octets().data() + 8 * half, sizeof bytes);
        address[half].store(bytes, std::memory_order_relaxed);
    }
    version.store(version.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void ClientTable::Row::clear() noexcept {
    count.store(0, std::memory_order_relaxed);
    if (has_address()) version.store(version.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    for (auto& half : address) half.store(0, std::memory_order_release);
    hashed.store(0, std::memory_order_release);
}

bool ClientTable::add(std::uint64_t hashed, const IpAddress& client, Key service, Ticks at) noexcept {
    for (std::size_t probe = 0; probe < kProbes; ++probe) {
        Row& row = rows_[(hashed + probe) % kRows];
        const std::uint64_t count = row.count.load(std::memory_order_relaxed);
        if (count != 0 && row.hashed.load(std::memory_order_relaxed) != hashed) continue;
        if (count == 0) row.hashed.store(hashed, std::memory_order_relaxed);
        if (!row.has_address() && client != IpAddress()) row.set_client(client);
        row.last_seen.raise(at.time_since_epoch().count());
        row.service.store(service, std::memory_order_relaxed);
        row.count.store(count + 1, std::memory_order_release);
        return true;
    }
    return false;
}

void ClientTable::clear() noexcept {
    for (Row& row : rows_) row.clear();
}

}  // namespace cenote::telemetry
