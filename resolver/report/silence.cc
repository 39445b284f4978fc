// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/silence.h"

#include <algorithm>
#include <map>

namespace cenote::report {
namespace {

constexpr std::uint64_t kUsualLeast = 50;  // queries of a day: with fewer, silence is chance
constexpr std::size_t kDaysLeast = 5;      // that were counted among the last ones
constexpr double kGoOn = 0.25;             // what the others have at least, of their usual day
constexpr double kSilent = 0.1;            // what a silent group has at most, of what the others have

using Counts = std::vector<std::uint64_t>;     // by group
using ByNode = std::map<std::string, Counts>;  // of one day

struct Usual {
    std::uint64_t queries = 0;
    bool watched = false;
    bool quiet_a_week_before = false;
};

/// The counts of a day on the nodes of another; empty: none of them counted.
Counts counts_on(const ByNode& day, const ByNode& nodes, std::size_t groups) {
    Counts sums;
    for (const auto& [node, counts] : day) {
        if (!nodes.contains(node)) continue;
        sums.resize(groups);
        for (std::size_t i = 0; i < groups; ++i) sums[i] += counts[i];
    }
    return sums;
}

template <typename Value>
Value median_of(std::vector<Value> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

bool is_small(const policy::Group& group, std::uint64_t smallest) {
    if (group.expected != 0 && group.expected < smallest) return true;
    std::uint64_t addresses = 0;
    for (const Prefix& clients : group.clients) {
        const int bits = 128 - clients.mapped_length();
        addresses += std::uint64_t{1} << std::min(bits, 32);
    }
    return addresses < smallest;
}

class Calendar {
public:
    Calendar(const std::vector<history::GroupDay>& days, const std::vector<WatchedGroup>& groups) : groups_(groups) {
        std::map<std::string, std::size_t> index;
        for (const WatchedGroup& group : groups) index.emplace(group.id, index.size());
        for (const history::GroupDay& row : days) {
            Counts& counts = days_[row.day][row.node];
            counts.resize(groups.size());
            if (const auto found = index.find(row.group); found != index.end()) counts[found->second] += row.queries;
        }
    }

    [[nodiscard]] std::vector<Silence> silences(WallTime from) const {
        std::vector<Silence> found;
        for (auto day = days_.lower_bound(from); day != days_.end(); ++day) add_silences(*day, found);
        return found;
    }

private:
    void add_silences(const std::pair<const WallTime, ByNode>& day, std::vector<Silence>& found) const {
        const std::vector<Usual> usual = usual_before(day);
        const Counts today = counts_on(day.second, day.second, groups_.size());
        std::vector<std::pair<double, std::size_t>> shares;  // of the usual day, with the group, the least first
        for (std::size_t i = 0; i < usual.size(); ++i)
            if (usual[i].watched)
                shares.emplace_back(static_cast<double>(today[i]) / static_cast<double>(usual[i].queries), i);
        std::ranges::sort(shares);
        const std::size_t middle = shares.empty() ? 0 : (shares.size() - 1) / 2;  // of the others
        for (std::size_t rank = 0; rank + 1 < shares.size(); ++rank) {
            const double go_on = shares[middle < rank ? middle : middle + 1].first;
            const auto [share, i] = shares[rank];
            if (go_on >= kGoOn && share < go_on * kSilent && !usual[i].quiet_a_week_before)
                found.push_back({day.first, groups_[i].id, today[i], usual[i].queries});
        }
    }

    [[nodiscard]] std::vector<Usual> usual_before(const std::pair<const WallTime, ByNode>& day) const {
        std::vector<Counts> before;
        Counts week_before;
        for (auto each = days_.lower_bound(day.first - kUsualDays); each->first < day.first; ++each) {
            Counts counts = counts_on(each->second, day.second, groups_.size());
            if (counts.empty()) continue;
            if (each->first == day.first - std::chrono::days(7)) week_before = counts;
            before.push_back(std::move(counts));
        }
        std::vector<Usual> usual(groups_.size());
        if (before.size() < kDaysLeast) return usual;
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            std::vector<std::uint64_t> counts;
            for (const Counts& each : before) counts.push_back(each[i]);
            const auto days = counts.size() - static_cast<std::size_t>(std::ranges::count(counts, 0U));
            const std::uint64_t median = days * 2 > counts.size() ? median_of(counts) : 0;
            usual[i].queries = std::max(median, groups_[i].expected);
            usual[i].watched = usual[i].queries >= kUsualLeast;
            usual[i].quiet_a_week_before = median >= groups_[i].expected && !week_before.empty() &&
                                           static_cast<double>(week_before[i]) < static_cast<double>(median) * kSilent;
        }
        return usual;
    }

    const std::vector<WatchedGroup>& groups_;
    std::map<WallTime, ByNode> days_;
};

}  // namespace

std::vector<WatchedGroup> watched_groups(const std::vector<policy::Group>& groups, std::uint64_t smallest) {
    std::vector<WatchedGroup> watched;
    for (const policy::Group& group : groups)
        if (!is_small(group, smallest)) watched.push_back({group.id, group.expected});
    return watched;
}

std::vector<Silence> silences(const std::vector<history::GroupDay>& days, const std::vector<WatchedGroup>& groups,
                              WallTime from) {
    return Calendar(days, groups).silences(from);
}

}  // namespace cenote::report
