// SPDX-License-Identifier: Apache-2.0
#include "blocklists/increment.h"

#include <algorithm>

#include "blocklists/name_set.h"
#include "resolver/domainset/delta.h"
#include "resolver/domainset/writer.h"

namespace cenote::blocklists {
namespace {

using domainset::DomainSet;
using domainset::TagList;

std::uint32_t entries_in(const std::vector<Rule>& rules) {
    return static_cast<std::uint32_t>(
        std::count_if(rules.begin(), rules.end(), [](const Rule& rule) { return !rule.exception; }));
}

/// A set of the list alone, near the names that change.
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

/// The tags of names after the change: those of other sources as the set has them, that of the list as `list` has it.
class ChangedTags {
public:
    ChangedTags(const DomainSet& set, const DomainSet& list, std::uint32_t tag) : set_(set), list_(list), tag_(tag) {}

    [[nodiscard]] TagList at(const wire::Name& name) const { return join(set_.match(name), list_.match(name)); }
    [[nodiscard]] TagList below(const wire::Name& name, std::uint8_t labels) const {
        return join(set_.match_below(name, labels), list_.match_below(name, labels));
    }

private:
    [[nodiscard]] TagList join(const std::optional<domainset::Hit>& all,
                               const std::optional<domainset::Hit>& own) const {
        TagList tags = all ? set_.source_set(all->tags) : TagList{};
        std::erase(tags, tag_);
        if (own) tags.insert(std::lower_bound(tags.begin(), tags.end(), tag_), tag_);
        return tags;
    }

    const DomainSet& set_;
    const DomainSet& list_;
    std::uint32_t tag_;
};

/// The list's only tag, if the set was compiled from its text before the change.
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
                                                           const Acceptance& acceptance, WallTime built_at) {
    const auto tag = domainset::DeltaWriter::fits(set) ? tag_of(set, of) : std::nullopt;
    if (!tag) return {std::nullopt};
    const std::size_t entries = set.sources()[set.tags()[*tag].source].entries;
    if (!acceptance.delta_takes(of.removed.size() + of.added.size(), entries)) return {std::nullopt};
    for (const auto* rules : {&of.removed, &of.added})
        for (const Rule& rule : *rules)
            if (!acceptance.delta_changes(rule)) return {std::nullopt};

    NameSet changed;
    std::vector<wire::Name> names;
    for (const auto* rules : {&of.removed, &of.added})
        for (const Rule& rule : *rules)
            if (changed.add(rule.name)) names.push_back(rule.name);
    const std::vector<Rule> near = of.around(names);
    for (const Rule& rule : near)
        if (!acceptance.delta_knows(rule)) return {std::nullopt};
    const auto list = set_of(near, set.info().seed);
    if (!list) return list.error();

    NameSet affected = changed;
    for (const Rule& rule : near)
        if (changed.has_or_is_below(rule.name) && affected.add(rule.name)) names.push_back(rule.name);
    set.for_each([&](const domainset::Entry& entry) {
        if (changed.has_or_is_below(entry.name) && affected.add(entry.name)) names.push_back(entry.name);
    });

    domainset::DeltaWriter writer(set);
    const ChangedTags changed_tags(set, *list, *tag);
    for (const wire::Name& name : names) {
        const auto above = static_cast<std::uint8_t>(name.labels() - 1);
        writer.put(name, changed_tags.at(name), changed_tags.below(name, name.labels()),
                   changed_tags.below(name, above));
    }
    if (!acceptance.delta_holds(writer.names())) return {std::nullopt};
    std::vector<domainset::Source> sources = set.sources();
    domainset::Source& source = sources[set.tags()[*tag].source];
    source.digest = of.now;
    source.entries = source.entries + entries_in(of.added) - entries_in(of.removed);
    auto bytes = writer.finish(sources, built_at);
    if (!bytes) return std::move(bytes).error();
    return {std::move(*bytes)};
}

}  // namespace cenote::blocklists
