// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/top.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

namespace cenote::telemetry {
namespace {

constexpr int kShares = 64;

std::uint64_t estimate(std::uint64_t bits) {
    const int empty = kShares - std::popcount(bits);
    return static_cast<std::uint64_t>(std::llround(kShares * std::log(double{kShares} / std::max(empty, 1))));
}

}  // namespace

void TopTable::add(std::string_view key, std::uint64_t other) {
    Tallied& tallied = keys_[std::string(key)];
    ++tallied.count;
    tallied.others |= std::uint64_t{1} << (other % kShares);
    if (keys_.size() > 2 * kKept) prune();
}

void TopTable::prune() {
    std::vector<std::uint64_t> counts;
    counts.reserve(keys_.size());
    for (const auto& [key, tallied] : keys_) counts.push_back(tallied.count);
    const auto middle = counts.end() - kKept;
    std::nth_element(counts.begin(), middle, counts.end());
    // Of those that are as frequent as the last one kept, none stays: they are the many that came once.
    std::erase_if(keys_, [least = *middle](const auto& entry) { return entry.second.count <= least; });
    for (auto& [key, tallied] : keys_) tallied.count -= tallied.count / 2;
}

std::vector<TopRow> TopTable::most(std::size_t rows) const {
    std::vector<TopRow> all;
    all.reserve(keys_.size());
    for (const auto& [key, tallied] : keys_) all.push_back({key, tallied.count, estimate(tallied.others)});
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(rows, all.size()));
    std::partial_sort(all.begin(), end, all.end(), [](const TopRow& a, const TopRow& b) {
        return a.count != b.count ? a.count > b.count : a.key < b.key;
    });
    all.erase(end, all.end());
    return all;
}

}  // namespace cenote::telemetry
