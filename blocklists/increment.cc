// SPDX-License-Identifier: Apache-2.0
#include "blocklists/increment.h"

#include <algorithm>

#include "blocklists/dialect.h"
#include "blocklists/name_set.h"
#include "resolver/domainset/address_names.h"
#include "resolver/domainset/delta.h"
#include "resolver/domainset/writer.h"

namespace cenote::blocklists {
namespace {

using domainset::DomainSet;
using domainset::TagList;

constexpr std::size_t kChangedMin = 19;     // fewer than ListLimits::change_min: never too much for the guard
constexpr std::size_t kChangedShare = 16;   // of so many entries one may change
constexpr std::size_t kSmallNames = 65536;  // the small set is compiled into the large one before it is not small

/// Below such a name stand the list's prefixes, which no line of the list names.
bool concerns_addresses(const wire::Name& name) {
    return domainset::is_address_name(name) ||
           domainset::addresses_below(domainset::AddressUse::Response).is_below_or_equal(name) ||
           domainset::addresses_below(domainset::AddressUse::Client).is_below_or_equal(name);
}

/// nullopt: some line is of those that need the long way.
std::optional<std::vector<Rule>> rules_of(const std::vector<std::string>& lines, const Guard& guard,
                                          const Popular& popular) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    std::vector<Rule> rules;
    bool delicate = false;
    Reading reading({}, [&](const Rule& rule, std::uint32_t) {
        delicate = delicate || rule.trigger != Rule::Trigger::Name || concerns_addresses(rule.name) ||
                   guard.why_not(rule.name, rule.kind).has_value() || popular.is_or_covers(rule.name);
        rules.push_back(rule);
    });
    read_rpz(text, reading);
    if (delicate || reading.overflowed()) return std::nullopt;
    return rules;
}

std::uint32_t entries_in(const std::vector<Rule>& rules) {
    return static_cast<std::uint32_t>(
        std::count_if(rules.begin(), rules.end(), [](const Rule& rule) { return !rule.exception; }));
}

/// What the list alone says near the names that change.
Result<DomainSet> set_of(const std::vector<Rule>& rules, std::uint64_t seed) {
    domainset::DomainSetWriter writer(WallTime{}, seed);
    domainset::Source source;
    source.id = "list";
    const std::uint32_t index = writer.add_source(std::move(source));
    for (const Rule& rule : rules) {
        if (rule.exception)
            writer.add_exception(rule.name, index, rule.kind);
        else
            writer.add(rule.name, {index, domainset::Role::Web, false}, rule.kind);
    }
    auto bytes = writer.finish();
    if (!bytes) return std::move(bytes).error();
    return DomainSet::from_bytes(*std::move(bytes));
}

/// What holds once the list says what it says now: of the others what held, of the list what it alone says.
class Holding {
public:
    Holding(const DomainSet& set, const DomainSet& list, std::uint32_t tag) : set_(set), list_(list), tag_(tag) {}

    [[nodiscard]] TagList at(const wire::Name& name) const { return join(set_.match(name), list_.match(name)); }
    [[nodiscard]] TagList below(const wire::Name& name, std::uint8_t labels) const {
        return join(set_.match_below(name, labels), list_.match_below(name, labels));
    }

private:
    [[nodiscard]] TagList join(const std::optional<domainset::Hit>& all,
                               const std::optional<domainset::Hit>& own) const {
        TagList tags = all ? set_.tag_set(all->tags) : TagList{};
        std::erase(tags, tag_);
        if (own) tags.insert(std::lower_bound(tags.begin(), tags.end(), tag_), tag_);
        return tags;
    }

    const DomainSet& set_;
    const DomainSet& list_;
    std::uint32_t tag_;
};

/// The list's only tag.
std::optional<std::uint32_t> tag_of(const DomainSet& set, const Increment& of) {
    for (std::uint32_t tag = 0; tag < set.tags().size(); ++tag) {
        const domainset::Source& source = set.sources()[set.tags()[tag].source];
        if (source.kind == domainset::SourceKind::List && source.id == of.list && source.digest == of.before)
            return tag;
    }
    return std::nullopt;
}

}  // namespace

Result<std::optional<std::vector<std::uint8_t>>> increment(const DomainSet& set, const Increment& of,
                                                           const Guard& guard, const Popular& popular,
                                                           WallTime built_at) {
    const std::size_t changed_lines = of.removed.size() + of.added.size();
    const auto tag = tag_of(set, of);
    if (!tag) return {std::nullopt};
    const std::size_t entries = set.sources()[set.tags()[*tag].source].entries;
    if (changed_lines > std::max(kChangedMin, entries / kChangedShare)) return {std::nullopt};
    const auto removed = rules_of(of.removed, guard, popular);
    const auto added = rules_of(of.added, guard, popular);
    if (!removed || !added) return {std::nullopt};

    NameSet changed;
    std::vector<wire::Name> names;
    for (const auto* rules : {&*removed, &*added})
        for (const Rule& rule : *rules)
            if (changed.add(rule.name)) names.push_back(rule.name);
    const auto near = rules_of(of.around(names), guard, {});
    if (!near) return {std::nullopt};
    const auto list = set_of(*near, set.info().seed);
    if (!list) return list.error();

    NameSet affected = changed;
    for (const Rule& rule : *near)
        if (changed.has_or_is_below(rule.name) && affected.add(rule.name)) names.push_back(rule.name);
    set.for_each([&](const domainset::Entry& entry) {
        if (changed.has_or_is_below(entry.name) && affected.add(entry.name)) names.push_back(entry.name);
    });

    domainset::DeltaWriter writer(set);
    const Holding holding(set, *list, *tag);
    for (const wire::Name& name : names) {
        const auto above = static_cast<std::uint8_t>(name.labels() - 1);
        writer.put(name, holding.at(name), holding.below(name, name.labels()), holding.below(name, above));
    }
    if (writer.names() > kSmallNames) return {std::nullopt};
    std::vector<domainset::Source> sources = set.sources();
    domainset::Source& source = sources[set.tags()[*tag].source];
    source.digest = of.now;
    source.entries = source.entries + entries_in(*added) - entries_in(*removed);
    auto bytes = writer.finish(sources, built_at);
    if (!bytes) return std::move(bytes).error();
    return {std::move(*bytes)};
}

}  // namespace cenote::blocklists
