// SPDX-License-Identifier: Apache-2.0
#include "blocklists/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
namespace cenote::blocklists {
namespace {

using domainset::DomainSet;

std::vector<std::string> ids_of(const DomainSet& set, domainset::SourceSetId tags) {
    std::vector<std::string> ids;
    for (const std::uint32_t tag : set.source_set(tags)) ids.push_back(set.sources()[set.tags()[tag].source].id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

/// The source ids of every source set of a set, computed once.
class Ids {
public:
    explicit Ids(const DomainSet& set) : set_(set) {
        for (domainset::SourceSetId id = 0; id < set.source_set_count(); ++id) ids_.push_back(ids_of(set, id));
    }
    [[nodiscard]] const std::vector<std::string>& at(const wire::Name& name) const {
        const auto hit = set_.match(name);
        return hit ? ids_[hit->tags] : none_;
    }
    [[nodiscard]] const DomainSet& set() const noexcept { return set_; }

private:
    const DomainSet& set_;
    std::vector<std::vector<std::string>> ids_;
    std::vector<std::string> none_;
};

std::string shown(const domainset::AddressRule& rule) {
    return fmt::format("{}{}{}", rule.sinkholes ? "" : "open ",
                       rule.use == domainset::AddressUse::Client ? "client " : "", rule.prefix.to_string());
}

/// The ids of the lists that have each address rule.
std::map<std::string, std::vector<std::string>> address_rules_of(const DomainSet& set) {
    using domainset::AddressUse;
    std::map<std::string, std::vector<std::string>> rules;
    for (const AddressUse use : {AddressUse::Response, AddressUse::Client})
        for (const domainset::AddressRule& rule : set.addresses(use))
            rules[shown(rule)].push_back(set.sources()[set.tags()[rule.tag].source].id);
    for (auto& [text, ids] : rules) std::sort(ids.begin(), ids.end());
    return rules;
}

void add_changed_addresses(const DomainSet& before, const DomainSet& after, std::vector<Change>& changes) {
    const auto old = address_rules_of(before);
    const auto now = address_rules_of(after);
    const auto at = [](const auto& rules, const std::string& rule) {
        const auto found = rules.find(rule);
        return found == rules.end() ? std::vector<std::string>() : found->second;
    };
    for (const auto* rules : {&old, &now})
        for (const auto& [rule, ids] : *rules)
            if (at(old, rule) != at(now, rule)) changes.push_back({rule, at(old, rule), at(now, rule), {}});
}

}  // namespace

std::vector<Change> diff(const DomainSet& before, const DomainSet& after, const Popular& popular) {
    const Ids old(before);
    const Ids now(after);
    std::vector<Change> changes;
    const auto compare = [&](const wire::Name& name) {
        const auto& was = old.at(name);
        const auto& is = now.at(name);
        if (was != is) changes.push_back({name.to_string(), was, is, popular.rank_of(name)});
    };
    before.for_each([&](const domainset::Entry& entry) { compare(entry.name); });
    after.for_each([&](const domainset::Entry& entry) { compare(entry.name); });
    // A parent that is added or removed changes names that are no entries themselves.
    for (const wire::Name& name : popular.names()) compare(name);
    add_changed_addresses(before, after, changes);
    const auto key = [](const Change& change) { return std::tie(change.name); };
    std::sort(changes.begin(), changes.end(), [&](const Change& a, const Change& b) {
        if (a.rank.has_value() != b.rank.has_value()) return a.rank.has_value();
        return a.rank != b.rank ? a.rank < b.rank : key(a) < key(b);
    });
    const auto same = [&](const Change& a, const Change& b) { return key(a) == key(b); };
    changes.erase(std::unique(changes.begin(), changes.end(), same), changes.end());
    return changes;
}

}  // namespace cenote::blocklists
