// SPDX-License-Identifier: Apache-2.0
#include "blocklists/acceptance.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "blocklists/public_suffix.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kGuardedShown = 5;  // so many of the longest names fit into what is kept of a refusal
constexpr std::size_t kPopularShown = 3;

std::vector<const LeftOut*> newly_left_out(const ListCopy& before, const ListCopy& now) {
    std::set<std::string> known;
    for (const auto& entry : before.left_out()) known.insert(entry.name);
    std::vector<const LeftOut*> added;
    for (const auto& entry : now.left_out())
        if (known.insert(entry.name).second) added.push_back(&entry);
    return added;
}

std::string why_not_guarded(const ListCopy& before, const ListCopy& now) {
    const auto added = newly_left_out(before, now);
    if (added.empty()) return {};
    std::string text = "it adds ";
    if (added.size() > 1) text += fmt::format("{} entries that may not be sinkholed: ", added.size());
    const auto shown = std::span(added).first(std::min(added.size(), kGuardedShown));
    for (const LeftOut* entry : shown) {
        const std::string place = entry->line == 0 ? std::string() : fmt::format(" in line {}", entry->line);
        text += fmt::format("{}'{}'{}{}: {}", entry == shown.front() ? "" : "; ", entry->name, place,
                            added.size() > 1 ? "" : ", which may not be sinkholed", entry->why);
    }
    if (added.size() > shown.size()) text += fmt::format("; and {} more", added.size() - shown.size());
    return text;
}

std::string why_not_size(const ListCopy& before, const ListCopy& now, const ListLimits& limits) {
    const double was = before.count();
    const double is = now.count();
    if (is < was * (1 - limits.shrink_max) && was - is >= limits.change_min)
        return fmt::format("it lost {} of {} entries", before.count() - now.count(), before.count());
    if (is > was * limits.growth_max && is - was >= limits.change_min)
        return fmt::format("it grew from {} to {} entries", before.count(), now.count());
    return {};
}

std::string why_not_popular(const ListCopy& before, const ListCopy& now, const Popular& popular,
                            const ListLimits& limits) {
    if (popular.empty()) return {};
    const auto was = popular.closed_by(before);
    const auto is = popular.closed_by(now);
    std::vector<std::string> added;  // of one domain the most popular name speaks for all
    std::set<std::string> domains;
    for (std::size_t i = 0; i < is.size(); ++i)
        if (is[i] && !was[i] && domains.insert(registrable_domain(popular.names()[i])).second)
            added.push_back(popular.names()[i].to_string());
    if (added.size() <= limits.popular_closed_max) return {};
    const auto shown = std::span(added).first(std::min(added.size(), kPopularShown));
    return fmt::format("it would newly sinkhole {} popular names, {} first", added.size(), fmt::join(shown, ", "));
}

std::string why_not_space(const ListCopy* before, const ListCopy& now) {
    using domainset::AddressUse;
    for (const auto use : {AddressUse::Response, AddressUse::Client}) {
        const auto was = before != nullptr ? before->address_space(use) : domainset::AddressSpace{};
        if (auto why = domainset::why_not_together(now.address_space(use), was, use)) return *std::move(why);
    }
    return {};
}

}  // namespace

std::string why_not_taken(const ListCopy* before, const ListCopy& now, const Popular& popular,
                          const ListLimits& limits) {
    std::string why;
    if (before != nullptr) why = why_not_guarded(*before, now);
    if (why.empty() && before != nullptr) why = why_not_size(*before, now, limits);
    if (why.empty() && before != nullptr) why = why_not_popular(*before, now, popular, limits);
    return why.empty() ? why_not_space(before, now) : why;
}

}  // namespace cenote::blocklists
