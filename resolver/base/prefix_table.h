// SPDX-License-Identifier: Apache-2.0
//
// Longest-prefix match from a client address to a small number.
//
// Threads:  built once, then read by any thread.
// Memory:   a multibit trie, 8 bits a level, at most 16 levels; for IPv4 four, because the 96 bits of the mapped prefix
//           are skipped.
// Failure:  none; an address under no prefix gives `missing`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "resolver/base/address.h"

namespace cenote {

class PrefixTable {
public:
    using Value = std::uint32_t;

    PrefixTable() = default;  // gives 0 for every address
    /// Later entries of an equal prefix replace earlier ones.
    PrefixTable(std::span<const std::pair<Prefix, Value>> entries, Value missing);

    [[nodiscard]] Value find(const IpAddress& ip) const noexcept;

private:
    struct Slot {
        Value value;
        std::uint32_t child;  // 0: none
    };
    void insert(const Prefix& prefix, Value value);
    std::size_t child_of(std::size_t slot);

    std::vector<Slot> slots_;  // 256 a node; node 0 the IPv6 root, node 1 the IPv4 root
};

}  // namespace cenote
