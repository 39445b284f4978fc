// SPDX-License-Identifier: Apache-2.0
//
// Counts by client, for limits by client. Addresses with the same ClientPrefix count as one client.
//
// Threads:  one thread.
// Memory:   a fixed table of counts by keyed hash; two clients with the same slot share a limit.
// Failure:  none.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/hash.h"
#include "resolver/base/random.h"

namespace cenote {

/// The part of an address that identifies a client: one client can have a whole IPv6 prefix (RFC 6177 §2).
struct ClientPrefix {
    std::uint8_t v4 = 32;  // bits, 0 to 32
    std::uint8_t v6 = 56;  // bits, 0 to 128

    [[nodiscard]] IpAddress of(const IpAddress& ip) const noexcept {
        return Prefix(ip, ip.is_v4() ? static_cast<std::uint8_t>(96 + v4) : v6).ip();
    }
    friend bool operator==(const ClientPrefix&, const ClientPrefix&) noexcept = default;
};

class AddressCounts {
public:
    /// `expected`: the most clients with a count at the same time.
    AddressCounts(std::uint32_t expected, ClientPrefix prefix)
        : prefix_(prefix), seed_(random_u64()), counts_(std::bit_ceil(expected * 4U)) {}

    [[nodiscard]] std::uint32_t get(const IpAddress& address) const noexcept { return counts_[place(address)]; }
    void add(const IpAddress& address) noexcept { ++counts_[place(address)]; }
    void remove(const IpAddress& address) noexcept { --counts_[place(address)]; }

private:
    [[nodiscard]] std::size_t place(const IpAddress& address) const noexcept {
        return hash64(prefix_.of(address).octets(), seed_) & (counts_.size() - 1);
    }

    ClientPrefix prefix_;
    std::uint64_t seed_;
    std::vector<std::uint32_t> counts_;
};

}  // namespace cenote
