// SPDX-License-Identifier: Apache-2.0
//
// How many of something each address has, for limits by client.
//
// Threads:  one thread.
// Memory:   a fixed table of counts by keyed hash; two addresses that share a place share a limit.
// Failure:  none.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/hash.h"
#include "resolver/base/random.h"

namespace cenote {

class AddressCounts {
public:
    /// `expected`: how many addresses have something at once, at most.
    explicit AddressCounts(std::uint32_t expected) : seed_(random_u64()), counts_(std::bit_ceil(expected * 4U)) {}

    [[nodiscard]] std::uint32_t get(const IpAddress& address) const noexcept { return counts_[place(address)]; }
    void add(const IpAddress& address) noexcept { ++counts_[place(address)]; }
    void remove(const IpAddress& address) noexcept { --counts_[place(address)]; }

private:
    [[nodiscard]] std::size_t place(const IpAddress& address) const noexcept {
        return hash64(address.octets(), seed_) & (counts_.size() - 1);
    }

    std::uint64_t seed_;
    std::vector<std::uint32_t> counts_;
};

}  // namespace cenote
