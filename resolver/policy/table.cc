// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/table.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "resolver/base/hash.h"
#include "resolver/policy/resolve.h"

namespace cenote::policy {
namespace {

constexpr CellId kUnknown = 0xffffffff;

/// An exception, and the directive that it waives.
struct Waiver {
    std::uint32_t directive = 0;
    std::uint32_t exception = 0;

    friend auto operator<=>(const Waiver&, const Waiver&) = default;
};

/// Everything that a row depends on. Classes with equal keys share a row.
struct RowKey {
    std::vector<std::uint32_t> directives;  // in force, for groups of the class, without those for everyone; ascending
    std::vector<std::uint32_t> allows;      // likewise
    std::vector<Waiver> waivers;            // of these directives and of those for everyone; by directive, each once
    std::vector<std::pair<std::uint32_t, bool>> lists;  // client rules: tag, and whether it sinkholes
    Manner manner;

    friend auto operator<=>(const RowKey&, const RowKey&) = default;
};

/// The directives or allows of each group, and those for everyone.
struct ByGroup {
    std::vector<std::vector<std::uint32_t>> of_group;
    std::vector<std::uint32_t> of_everyone;

    explicit ByGroup(std::span<const Group> groups) : of_group(groups.size()) {
        for (std::uint32_t i = 0; i < groups.size(); ++i) index_.emplace(groups[i].id, i);
    }
    void assign(std::uint32_t item, const std::vector<std::string>& groups) {
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
        for (const std::uint32_t owner : groups.owners)
            if (owner < of_group.size()) items.insert(items.end(), of_group[owner].begin(), of_group[owner].end());
        std::sort(items.begin(), items.end());
        items.erase(std::unique(items.begin(), items.end()), items.end());
        return items;
    }

    [[nodiscard]] std::optional<std::uint32_t> index_of(std::string_view group) const {
        const auto found = index_.find(group);
        return found == index_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    std::map<std::string_view, std::uint32_t> index_;
};

/// The exceptions in force, by owner: a group or a client prefix.
class Waivers {
public:
    Waivers(const Options& options, const Moment& moment, const ByGroup& groups)
        : behind_(static_cast<std::uint32_t>(options.groups.size())) {
        for (std::uint32_t i = 0; i < options.exceptions.size(); ++i) {
            if (!moment.exceptions[i]) continue;
            const Exception& exception = options.exceptions[i];
            const auto directive = std::find_if(options.directives.begin(), options.directives.end(),
                                                [&](const Directive& d) { return d.id == exception.directive; });
            const auto index = static_cast<std::uint32_t>(directive - options.directives.begin());
            const auto owner = exception.client ? behind_ + i : groups.index_of(exception.group);
            if (owner) held_.push_back({*owner, {index, i}});
            if (exception.group == kEveryone) held_.push_back({OwnerSet::kNone, {index, i}});
        }
    }
    /// The waivers of a class; of several over one directive the first counts.
    [[nodiscard]] std::vector<Waiver> of(const OwnerSet& owners) const {
        std::vector<Waiver> found;
        for (const auto& [owner, waiver] : held_) {
            if (owner == OwnerSet::kNone || std::binary_search(owners.owners.begin(), owners.owners.end(), owner))
                found.push_back(waiver);
        }
        std::sort(found.begin(), found.end());
        const auto same = [](const Waiver& a, const Waiver& b) { return a.directive == b.directive; };
        found.erase(std::unique(found.begin(), found.end(), same), found.end());
        return found;
    }

private:
    std::uint32_t behind_;
    std::vector<std::pair<std::uint32_t, Waiver>> held_;
};

/// The source sets of the base set, and the rank of each tag as the subject of an answer: services before lists, then
/// by order.
struct BaseColumns {
    explicit BaseColumns(const domainset::DomainSet* base) {
        if (base == nullptr) return;
        for (domainset::SourceSetId id = 0; id < base->source_set_count(); ++id)
            source_sets.push_back(base->source_set(id));
        for (const domainset::Tag& tag : base->tags()) {
            const bool service = base->sources()[tag.source].kind == domainset::SourceKind::Service;
            preference.push_back((service ? 0x80000000U : 0x40000000U) - tag.source);
        }
    }
    std::vector<std::vector<std::uint32_t>> source_sets;
    std::vector<std::uint32_t> preference;
};

class RowMaker {
public:
    RowMaker(const VerdictTable::Input& input, CellMaker& cells)
        : input_(input), cells_(cells), base_(input.base), coverage_(input.options.directives.size()) {}

    /// Counts the directives and allows for everyone, which every row has in common.
    void count_everyone(const ByGroup& directives, const ByGroup& allows) {
        if (input_.base != nullptr) {
            for (std::uint32_t i = 0; i < coverage_.size(); ++i) {
                if (input_.moment.strength[i] != 0) coverage_[i] = cover(input_.options.directives[i], *input_.base);
            }
        }
        nothing_.strongest.assign(base_.preference.size(), 0);
        nothing_.waived.assign(base_.preference.size(), 0);
        nothing_.directives.assign(coverage_.size(), false);
        nothing_.exceptions.assign(coverage_.size(), Cell::kNone);
        nothing_.allows.assign(input_.options.allows.size(), false);
        of_everyone_ = {directives.of_everyone, allows.of_everyone};
        everyone_ = nothing_;
        count_in(of_everyone_.first, of_everyone_.second, everyone_);
    }

    void make(const RowKey& key) {
        if (key.waivers.empty()) {
            counted_ = everyone_;
        } else {  // a directive for everyone may be waived here
            counted_ = nothing_;
            for (const Waiver& waiver : key.waivers) counted_.exceptions[waiver.directive] = waiver.exception;
            count_in(of_everyone_.first, of_everyone_.second, counted_);
        }
        count_in(key.directives, key.allows, counted_);
        for (const auto& [tag, closes] : key.lists)
            if (!closes) counted_.strongest[tag] = counted_.waived[tag] = 0;
        make_base_row(key.manner);
        make_overlay_row(key.manner);
        everything_ = 0;
        for (const auto& [tag, closes] : key.lists)
            if (closes) everything_ = cells_.join(everything_, cell_of_tag(tag, key.manner));
    }
    [[nodiscard]] CellId everything() const noexcept { return everything_; }
    [[nodiscard]] std::span<const CellId> base_row() const { return base_row_; }
    [[nodiscard]] std::span<const CellId> overlay_row() const { return overlay_row_; }

private:
    struct Counted {
        std::vector<std::uint32_t>
            strongest;                      // by tag of the base set: the strength of the strongest directive over it
        std::vector<std::uint32_t> waived;  // the same for directives that an exception waives
        std::vector<bool> directives;       // waived ones included
        std::vector<std::uint32_t> exceptions;  // by directive: what waives it; Cell::kNone: nothing
        std::vector<bool> allows;
    };

    void count_in(const std::vector<std::uint32_t>& directives, const std::vector<std::uint32_t>& allows,
                  Counted& counted) const {
        for (const std::uint32_t directive : directives) {
            counted.directives[directive] = true;
            const std::uint32_t strength = input_.moment.strength[directive];
            auto& by_tag = counted.exceptions[directive] == Cell::kNone ? counted.strongest : counted.waived;
            for (const std::uint32_t tag : coverage_[directive].tags) by_tag[tag] = std::max(by_tag[tag], strength);
        }
        for (const std::uint32_t allow : allows) counted.allows[allow] = true;
    }

    void make_base_row(const Manner& manner) {
        cell_of_tag_.assign(counted_.strongest.size(), kUnknown);
        base_row_.clear();
        for (const auto& tags : base_.source_sets) {
            const auto strongest_by = [&](const std::vector<std::uint32_t>& by_tag) {
                return std::max_element(tags.begin(), tags.end(), [&](std::uint32_t a, std::uint32_t b) {
                    return std::pair(by_tag[a], base_.preference[a]) < std::pair(by_tag[b], base_.preference[b]);
                });
            };
            const auto winner = strongest_by(counted_.strongest);
            if (winner == tags.end()) {
                base_row_.push_back(0);
                continue;
            }
            const auto waived = strongest_by(counted_.waived);
            base_row_.push_back(
                open(cell_of_tag(*winner, manner), counted_.waived[*waived], input_.base->tags()[*waived].source));
        }
    }

    /// The cell where an exception waives a directive of this strength: opened, if that directive would have won.
    CellId open(CellId left, std::uint32_t waived, std::uint32_t source) {
        if (waived <= cells_.strength(left) || cells_.step(left) >= Step::Restrict) return left;
        const std::uint32_t directive = input_.moment.by_strength[waived];
        return cells_.cell_without(directive, source, counted_.exceptions[directive], left);
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
            Candidate strongest;
            Candidate waived;
            CellId flags = 0;
            for (const Owner& owner : owners) {
                if (owner.kind == Owner::Kind::Tag) {
                    const std::uint32_t source = input_.base->tags()[owner.index].source;
                    strongest.keep_stronger({counted_.strongest[owner.index], source});
                    waived.keep_stronger({counted_.waived[owner.index], source});
                } else if (owner.kind == Owner::Kind::Directive) {
                    if (!counted_.directives[owner.index]) continue;
                    auto& most = counted_.exceptions[owner.index] == Cell::kNone ? strongest : waived;
                    most.keep_stronger({input_.moment.strength[owner.index], Cell::kNone});
                } else if (owner.index == Owner::kNoAllow || counted_.allows[owner.index]) {
                    flags |= owner.kind == Owner::Kind::Allow ? kAllowed : kOpenBelow;
                }
            }
            const CellId cell = strongest.strength == 0 ? 0
                                                        : cells_.cell_of(input_.moment.by_strength[strongest.strength],
                                                                         strongest.source, manner);
            overlay_row_.push_back(open(cell, waived.strength, waived.source) | flags);
        }
    }

    /// The strongest directive over a column, and the source through which it matches.
    struct Candidate {
        std::uint32_t strength = 0;
        std::uint32_t source = Cell::kNone;

        void keep_stronger(const Candidate& other) noexcept {
            if (other.strength > strength) *this = other;
        }
    };

    const VerdictTable::Input& input_;
    CellMaker& cells_;
    BaseColumns base_;
    std::vector<Coverage> coverage_;  // by directive; empty when it is not in force
    std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>> of_everyone_;  // directives, allows
    Counted nothing_;
    Counted everyone_;
    Counted counted_;  // for the row under construction
    CellId everything_ = 0;
    std::vector<CellId> cell_of_tag_;
    std::vector<CellId> base_row_;
    std::vector<CellId> overlay_row_;
};

/// The client rules of lists that apply to a class.
std::vector<std::pair<std::uint32_t, bool>> lists_of(const OwnerSet& owners, const VerdictTable::Input& input) {
    const std::size_t behind = input.options.groups.size() + input.options.exceptions.size();
    std::vector<std::pair<std::uint32_t, bool>> lists;
    for (const std::uint32_t owner : owners.owners)
        if (owner >= behind) {
            const ClientTrigger& trigger = input.overlay.clients[owner - behind];
            lists.emplace_back(trigger.tag, trigger.closes);
        }
    std::sort(lists.begin(), lists.end());
    return lists;
}

/// How a class is answered, from its nearest group. A language in which nothing is written makes no difference.
Manner manner_of(const OwnerSet& groups, const Options& options, const std::set<std::string_view>& languages) {
    Manner manner{.language = {}, .answer = options.sinkhole.answer};
    if (groups.nearest == OwnerSet::kNone) return manner;
    const Group& nearest = options.groups[groups.nearest];
    manner.answer = nearest.answer.value_or(manner.answer);
    if (nearest.language == "en") return manner;  // as without a language
    const std::string_view primary = primary_language(nearest.language);
    const bool has_phrases = primary_language(phrases_for(options.phrases, nearest.language).language) == primary;
    if (has_phrases || languages.contains(nearest.language) || languages.contains(primary))
        manner.language = nearest.language;
    return manner;
}

}  // namespace

std::uint32_t Rows::number_of(std::span<const CellId> row) {
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

VerdictTable::VerdictTable(const Input& input, CellMaker& cells)
    : rows_{Rows(input.base != nullptr ? input.base->source_set_count() : 0), Rows(input.overlay.columns.size())} {
    const Options& options = input.options;
    ByGroup directives(options.groups);
    ByGroup allows(options.groups);
    std::set<std::string_view> languages;
    for (std::uint32_t i = 0; i < options.directives.size(); ++i) {
        if (input.moment.strength[i] == 0) continue;
        directives.assign(i, options.directives[i].groups);
        for (const auto& reason : options.directives[i].reason) languages.insert(reason.first);
    }
    for (std::uint32_t i = 0; i < options.allows.size(); ++i) {
        if (input.moment.allows[i]) allows.assign(i, options.allows[i].groups);
    }

    const Waivers waivers(options, input.moment, directives);
    RowMaker maker(input, cells);
    maker.count_everyone(directives, allows);
    std::map<RowKey, OfClass> known;
    for (const OwnerSet& groups : input.classes.sets) {
        RowKey key{directives.of(groups), allows.of(groups), waivers.of(groups), lists_of(groups, input),
                   manner_of(groups, options, languages)};
        const auto [row, is_new] = known.try_emplace(std::move(key));
        if (is_new) {
            maker.make(row->first);
            row->second = {{rows_[0].number_of(maker.base_row()), rows_[1].number_of(maker.overlay_row())},
                           maker.everything()};
        }
        row_of_.push_back(row->second);
    }
}

}  // namespace cenote::policy
