// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/prefix_table.h"

#include <algorithm>

namespace cenote {
namespace {

constexpr std::uint32_t kFanout = 256;
constexpr std::uint32_t kRoot = 0;
constexpr std::uint32_t kRootV4 = 1;
constexpr unsigned kMappedOctets = 12;

}  // namespace

PrefixTable::PrefixTable(std::span<const std::pair<Prefix, Value>> entries, Value missing)
    : slots_(2 * kFanout, Slot{missing, 0}) {
    // Shortest first: a prefix overwrites only slots of shorter ones, and a new node starts with the value of
    // its parent slot. The sort is stable, so that the last of equal prefixes wins.
    std::vector<std::pair<Prefix, Value>> sorted(entries.begin(), entries.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first.mapped_length() < b.first.mapped_length(); });
    for (const auto& [prefix, value] : sorted) insert(prefix, value);
}

PrefixTable::Value PrefixTable::find(const IpAddress& ip) const noexcept {
    if (slots_.empty()) return 0;
    const bool v4 = ip.is_v4();
    std::size_t node = v4 ? kRootV4 : kRoot;
    for (unsigned level = v4 ? kMappedOctets : 0;; ++level) {  // no node of the last level has a child
        const Slot& slot = slots_[node * kFanout + ip.octets()[level]];
        if (slot.child == 0) return slot.value;
        node = slot.child;
    }
}

void PrefixTable::insert(const Prefix& prefix, Value value) {
    const Prefix all_v4(IpAddress::v4({0, 0, 0, 0}), 8 * kMappedOctets);
    if (prefix.contains(all_v4)) std::fill_n(&slots_[kRootV4 * kFanout], kFanout, Slot{value, 0});

    const auto& octets = prefix.ip().octets();
    const unsigned length = prefix.mapped_length();
    const bool v4 = all_v4.contains(prefix);
    std::size_t node = v4 ? kRootV4 : kRoot;
    unsigned level = v4 ? kMappedOctets : 0;
    for (; length > 8 * (level + 1); ++level) node = child_of(node * kFanout + octets[level]);

    const std::size_t first = node * kFanout + octets[level];
    const std::size_t count = std::size_t{1} << (8 * (level + 1) - length);
    std::fill_n(slots_.begin() + static_cast<std::ptrdiff_t>(first), count, Slot{value, 0});
}

std::size_t PrefixTable::child_of(std::size_t slot) {
    if (slots_[slot].child == 0) {
        const auto node = static_cast<std::uint32_t>(slots_.size() / kFanout);
        slots_.resize(slots_.size() + kFanout, Slot{slots_[slot].value, 0});
        slots_[slot].child = node;
    }
    return slots_[slot].child;
}

}  // namespace cenote
