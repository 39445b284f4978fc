// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/top.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>
#include <utility>

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
    using Entry = std::unordered_map<std::string, Tallied>::iterator;
    std::vector<Entry> entries;
    entries.reserve(keys_.size());
    for (auto entry = keys_.begin(); entry != keys_.end(); ++entry) entries.push_back(entry);
    const auto rank = [](const Entry& entry) {
        return std::pair(std::popcount(entry->second.others), entry->second.count);
    };
    const auto kept = entries.begin() + kKept;
    std::nth_element(entries.begin(), kept, entries.end(),
                     [&](const Entry& a, const Entry& b) { return rank(a) > rank(b); });
    std::for_each(kept, entries.end(), [&](const Entry& entry) { keys_.erase(entry); });
    for (auto& [key, tallied] : keys_) tallied.count -= tallied.count / 2;
}

std::vector<TopRow> TopTable::most(std::size_t rows, std::uint64_t others_min) const {
    std::vector<TopRow> all;
    all.reserve(keys_.size());
    for (const auto& [key, tallied] : keys_)
        if (const std::uint64_t others = estimate(tallied.others); others >= others_min)
            all.push_back({key, tallied.count, others});
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(rows, all.size()));
    std::partial_sort(all.begin(), end, all.end(), [](const TopRow& a, const TopRow& b) {
        return a.count != b.count ? a.count > b.count : a.key < b.key;
    });
    all.erase(end, all.end());
    return all;
}

}  // namespace cenote::telemetry
