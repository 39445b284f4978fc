// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/table.h"

#include <algorithm>
#include <map>
#include <set>

#include "resolver/base/hash.h"
#include "resolver/policy/resolve.h"

namespace cenote::policy {
namespace {

constexpr CellId kUnknown = 0xffffffff;

/// All that a row depends on. Classes with equal ones share a row.
struct RowKey {
    std::vector<std::uint32_t> directives;  // in force, of the class's groups; those for everyone left out; ascending
    std::vector<std::uint32_t> allows;      // likewise
    Manner manner;

    friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

/// Which directives or allows a group brings, and which are for everyone.
struct ByGroup {
    std::vector<std::vector<std::uint32_t>> of_group;
    std::vector<std::uint32_t> of_everyone;

    ByGroup(std::span<const Group> groups) : of_group(groups.size()) {
        for (std::uint32_t i = 0; i < groups.size(); ++i) index_.emplace(groups[i].id, i);
    }
    void add(std::uint32_t item, const std::vector<std::string>& groups) {
        if (is_for_everyone(groups)) {
            of_everyone.push_back(item);
            return;
        }
        for (const std::string& id : groups) {
            if (const auto found = index_.find(id); found != index_.end()) of_group[found->second].push_back(item);
        }
    }
    [[nodiscard]] std::vector<std::uint32_t> of(const OwnerSet& groups) const {
        std::vector<std::uint32_t> items;
        for (const std::uint32_t group : groups.owners)
            items.insert(items.end(), of_group[group].begin(), of_group[group].end());
        std::sort(items.begin(), items.end());
        items.erase(std::unique(items.begin(), items.end()), items.end());
        return items;
    }

private:
    std::map<std::string_view, std::uint32_t> index_;
};

/// The tag-sets of the base set, and for each tag how it ranks as a subject: services before lists, then by order.
struct BaseColumns {
    explicit BaseColumns(const domainset::DomainSet* base) {
        if (base == nullptr) return;
        for (domainset::TagSetId id = 0; id < base->tag_set_count(); ++id) tag_sets.push_back(base->tag_set(id));
        for (const domainset::Tag& tag : base->tags()) {
            const bool service = base->sources()[tag.source].kind == domainset::SourceKind::Service;
            preference.push_back((service ? 0x80000000U : 0x40000000U) - tag.source);
        }
    }
    std::vector<std::vector<std::uint32_t>> tag_sets;
    std::vector<std::uint32_t> preference;
};

class RowMaker {
public:
    RowMaker(const Table::Input& input, CellMaker& cells)
        : input_(input), cells_(cells), base_(input.base), coverage_(input.options.directives.size()) {}

    /// Directives that count for every row; worked out once.
    void start_from(const ByGroup& directives, const ByGroup& allows) {
        if (input_.base != nullptr) {
            for (std::uint32_t i = 0; i < coverage_.size(); ++i) {
                if (input_.moment.strength[i] != 0) coverage_[i] = cover(input_.options.directives[i], *input_.base);
            }
        }
        everyone_.strongest.assign(base_.preference.size(), 0);
        everyone_.directives.assign(coverage_.size(), false);
        everyone_.allows.assign(input_.options.allows.size(), false);
        count_in(directives.of_everyone, allows.of_everyone, everyone_);
    }

    void make(const RowKey& key) {
        counted_ = everyone_;
        count_in(key.directives, key.allows, counted_);
        make_base_row(key.manner);
        make_overlay_row(key.manner);
    }
    [[nodiscard]] std::span<const CellId> base_row() const { return base_row_; }
    [[nodiscard]] std::span<const CellId> overlay_row() const { return overlay_row_; }

private:
    struct Counted {
        std::vector<std::uint32_t> strongest;  // by tag of the base set: the strength of whoever takes it
        std::vector<bool> directives;
        std::vector<bool> allows;
    };

    void count_in(const std::vector<std::uint32_t>& directives, const std::vector<std::uint32_t>& allows,
                  Counted& counted) const {
        for (const std::uint32_t directive : directives) {
            counted.directives[directive] = true;
            const std::uint32_t strength = input_.moment.strength[directive];
            for (const std::uint32_t tag : coverage_[directive].tags)
                counted.strongest[tag] = std::max(counted.strongest[tag], strength);
        }
        for (const std::uint32_t allow : allows) counted.allows[allow] = true;
    }

    void make_base_row(const Manner& manner) {
        cell_of_tag_.assign(counted_.strongest.size(), kUnknown);
        base_row_.clear();
        for (const auto& tags : base_.tag_sets) {
            const auto stricter = [&](std::uint32_t a, std::uint32_t b) {
                return std::pair(counted_.strongest[a], base_.preference[a]) <
                       std::pair(counted_.strongest[b], base_.preference[b]);
            };
            const auto winner = std::max_element(tags.begin(), tags.end(), stricter);
            base_row_.push_back(winner == tags.end() ? CellId{0} : cell_of_tag(*winner, manner));
        }
    }

    CellId cell_of_tag(std::uint32_t tag, const Manner& manner) {
        if (cell_of_tag_[tag] != kUnknown) return cell_of_tag_[tag];
        CellId cell = 0;
        if (const std::uint32_t strength = counted_.strongest[tag]; strength != 0) {
            const std::uint32_t directive = input_.moment.by_strength[strength];
            const std::uint32_t source = input_.base->tags()[tag].source;
            cell = cells_.cell_of(directive, source, manner);
            if (coverage_[directive].leaves_open[source]) cell |= kOpenBelow;
        }
        return cell_of_tag_[tag] = cell;
    }

    void make_overlay_row(const Manner& manner) {
        overlay_row_.clear();
        for (const auto& owners : input_.overlay.columns) {
            std::uint32_t strongest = 0;
            CellId flags = 0;
            for (const Owner& owner : owners) {
                if (owner.kind == Owner::Kind::Directive) {
                    if (counted_.directives[owner.index])
                        strongest = std::max(strongest, input_.moment.strength[owner.index]);
                } else if (owner.index == Owner::kNoAllow || counted_.allows[owner.index]) {
                    flags |= owner.kind == Owner::Kind::Allow ? kAllowed : kOpenBelow;
                }
            }
            const CellId cell =
                strongest == 0 ? 0 : cells_.cell_of(input_.moment.by_strength[strongest], Cell::kNone, manner);
            overlay_row_.push_back(cell | flags);
        }
    }

    const Table::Input& input_;
    CellMaker& cells_;
    BaseColumns base_;
    std::vector<Coverage> coverage_;  // by directive; empty when it is not in force
    Counted everyone_;
    Counted counted_;  // for the row in the making
    std::vector<CellId> cell_of_tag_;
    std::vector<CellId> base_row_;
    std::vector<CellId> overlay_row_;
};

/// How a class is answered: by its nearest group. A language that no reason is written in makes no difference.
Manner manner_of(const OwnerSet& groups, const Options& options, const std::set<std::string_view>& languages) {
    Manner manner{.language = {}, .answer = options.sinkhole.answer};
    if (groups.nearest == OwnerSet::kNobody) return manner;
    const Group& nearest = options.groups[groups.nearest];
    manner.answer = nearest.answer.value_or(manner.answer);
    const std::string_view primary = std::string_view(nearest.language).substr(0, nearest.language.find('-'));
    if (languages.contains(nearest.language) || languages.contains(primary)) manner.language = nearest.language;
    return manner;
}

}  // namespace

std::uint32_t Rows::add(std::span<const CellId> row) {
    const ByteView bytes(reinterpret_cast<const std::uint8_t*>(row.data()), row.size_bytes());
    const std::uint64_t hash = hash64(bytes, 0);
    const auto [first, last] = known_.equal_range(hash);
    for (auto known = first; known != last; ++known) {
        const auto start = cells_.begin() + static_cast<std::ptrdiff_t>(known->second * width_);
        if (std::equal(row.begin(), row.end(), start)) return known->second;
    }
    const auto number = static_cast<std::uint32_t>(count_++);
    cells_.insert(cells_.end(), row.begin(), row.end());
    known_.emplace(hash, number);
    return number;
}

Table::Table(const Input& input, CellMaker& cells)
    : rows_{Rows(input.base != nullptr ? input.base->tag_set_count() : 0), Rows(input.overlay.columns.size())} {
    const Options& options = input.options;
    ByGroup directives(options.groups);
    ByGroup allows(options.groups);
    std::set<std::string_view> languages;
    for (std::uint32_t i = 0; i < options.directives.size(); ++i) {
        if (input.moment.strength[i] == 0) continue;
        directives.add(i, options.directives[i].groups);
        for (const auto& reason : options.directives[i].reason) languages.insert(reason.first);
    }
    for (std::uint32_t i = 0; i < options.allows.size(); ++i) {
        if (input.moment.allows[i]) allows.add(i, options.allows[i].groups);
    }

    RowMaker maker(input, cells);
    maker.start_from(directives, allows);
    std::map<RowKey, std::array<std::uint32_t, kSetsMax>> known;
    for (const OwnerSet& groups : input.classes.sets) {
        RowKey key{directives.of(groups), allows.of(groups), manner_of(groups, options, languages)};
        const auto [row, is_new] = known.try_emplace(std::move(key));
        if (is_new) {
            maker.make(row->first);
            row->second = {rows_[0].add(maker.base_row()), rows_[1].add(maker.overlay_row())};
        }
        row_of_.push_back(row->second);
    }
}

}  // namespace cenote::policy
