// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/groups.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace cenote::policy {
namespace {

/// Gives equal sets the same number.
class SetNumbers {
public:
    explicit SetNumbers(std::vector<OwnerSet>& sets) : sets_(sets) {}

    std::uint32_t number_of(OwnerSet set) {
        const auto [found, is_new] = numbers_.try_emplace(std::move(set), static_cast<std::uint32_t>(sets_.size()));
        if (is_new) sets_.push_back(found->first);
        return found->second;
    }

private:
    std::vector<OwnerSet>& sets_;
    std::map<OwnerSet, std::uint32_t> numbers_;
};

struct Around {
    Prefix prefix;
    std::uint32_t set;
};

/// The owners at this prefix replace the owners of the same family at the prefixes around it.
template <typename Iterator>
void leave_families(Iterator first, Iterator last, const Nesting& nesting, OwnerSet& set) {
    const auto family_of = [&](std::uint32_t owner) {
        return owner < nesting.families.size() ? nesting.families[owner] : OwnerSet::kNone;
    };
    for (auto each = first; each != last; ++each) {
        const std::uint32_t family = family_of(each->owner);
        if (family == OwnerSet::kNone) continue;
        std::erase_if(set.owners, [&](std::uint32_t owner) { return family_of(owner) == family; });
    }
}

}  // namespace

PrefixSets nest(std::vector<OwnedPrefix> prefixes, const Nesting& nesting) {
    // By address, then by length: an enclosing prefix stands before the prefixes inside it.
    std::sort(prefixes.begin(), prefixes.end(), [](const OwnedPrefix& a, const OwnedPrefix& b) {
        return a.prefix != b.prefix ? a.prefix < b.prefix : a.owner < b.owner;
    });
    PrefixSets result;
    SetNumbers numbers(result.sets);
    numbers.number_of({});

    std::vector<std::pair<Prefix, PrefixTable::Value>> entries;
    std::vector<Around> around;
    for (auto first = prefixes.begin(); first != prefixes.end();) {
        const Prefix& prefix = first->prefix;
        const auto last = std::find_if(first, prefixes.end(), [&](const OwnedPrefix& p) { return p.prefix != prefix; });
        while (!around.empty() && !around.back().prefix.contains(prefix)) around.pop_back();

        OwnerSet set = around.empty() ? OwnerSet{} : result.sets[around.back().set];
        if (first->owner < nesting.never_nearest) set.nearest = first->owner;
        leave_families(first, last, nesting, set);
        for (auto each = first; each != last; ++each) {
            const auto place = std::lower_bound(set.owners.begin(), set.owners.end(), each->owner);
            if (place == set.owners.end() || *place != each->owner) set.owners.insert(place, each->owner);
        }
        around.push_back({prefix, numbers.number_of(std::move(set))});
        entries.emplace_back(prefix, around.back().set);
        first = last;
    }
    result.table = PrefixTable(entries, 0);
    return result;
}

PrefixSets classes_of(std::span<const Group> groups, std::span<const Exception> exceptions,
                      std::span<const ClientTrigger> triggers) {
    std::vector<OwnedPrefix> prefixes;
    for (std::uint32_t index = 0; index < groups.size(); ++index) {
        for (const Prefix& prefix : groups[index].clients) prefixes.push_back({prefix, index});
    }
    const auto behind = static_cast<std::uint32_t>(groups.size());
    for (std::uint32_t index = 0; index < exceptions.size(); ++index) {
        if (exceptions[index].client) prefixes.push_back({*exceptions[index].client, behind + index});
    }
    const auto behind_both = static_cast<std::uint32_t>(behind + exceptions.size());
    std::vector<std::uint32_t> families(behind_both + triggers.size(), OwnerSet::kNone);
    for (std::uint32_t index = 0; index < triggers.size(); ++index) {
        prefixes.push_back({triggers[index].prefix, behind_both + index});
        families[behind_both + index] = triggers[index].source;
    }
    return nest(std::move(prefixes), {.never_nearest = behind, .families = families});
}

void add_identities(std::span<const std::vector<std::uint32_t>> groups_of_identities, PrefixSets& classes) {
    const std::size_t by_address = classes.sets.size();
    classes.sets.reserve(by_address * (groups_of_identities.size() + 1));
    for (const auto& groups : groups_of_identities)
        for (std::size_t i = 0; i < by_address; ++i) {
            OwnerSet set{.owners = {}, .nearest = groups.front()};
            std::ranges::set_union(classes.sets[i].owners, groups, std::back_inserter(set.owners));
            classes.sets.push_back(std::move(set));
        }
}

bool is_for_everyone(const std::vector<std::string>& groups) {
    return groups.empty() || std::find(groups.begin(), groups.end(), kEveryone) != groups.end();
}

bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return is_for_everyone(a) || is_for_everyone(b) ||
           std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

bool include(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
    if (is_for_everyone(outer)) return true;
    return !is_for_everyone(inner) && std::all_of(inner.begin(), inner.end(), [&](const std::string& id) {
        return std::find(outer.begin(), outer.end(), id) != outer.end();
    });
}

}  // namespace cenote::policy
