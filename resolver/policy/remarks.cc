// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "resolver/policy/check.h"
#include "resolver/policy/groups.h"
#include "resolver/policy/resolve.h"
#include "resolver/policy/texts.h"

namespace cenote::policy {
namespace {

using domainset::DomainSet;
using domainset::Source;
using domainset::SourceKind;

const SourcePlace& place_of(const Target& target, const Directive& directive) {
    return target.place.line != 0 ? target.place : directive.place;
}

/// A name that a service shares with others, and the service that declares it.
struct SharedName {
    wire::Name name;
    std::string_view service;
};

std::vector<SharedName> shared_names_of(const DomainSet* base) {
    std::vector<SharedName> shared;
    if (base == nullptr) return shared;
    for (const Source& source : base->sources()) {
        for (const std::string& text : source.shared_names) {
            if (const auto name = wire::Name::parse(text)) shared.push_back({*name, source.id});
        }
    }
    return shared;
}

/// Refuses a name that must not be sinkholed.
Status check_sinkholable(const wire::Name& name, const Options& options, const std::vector<SharedName>& shared) {
    for (const wire::Name& kept : options.unsinkholable) {
        if (name.is_below_or_equal(kept) || kept.is_below_or_equal(name))
            return Error{
                fmt::format("domain:{} may not be sinkholed: {} is protected, local or routed; name something else",
                            name.to_string(), kept.to_string())};
    }
    for (const SharedName& each : shared) {
        if (name == each.name)
            return Error{
                fmt::format("domain:{} is a shared name of {}; name the service's own names, as service:{} does",
                            name.to_string(), each.service, each.service)};
        if (each.name.is_below_or_equal(name))
            return Error{fmt::format("domain:{} covers {}, a shared name of {}; name something narrower",
                                     name.to_string(), each.name.to_string(), each.service)};
    }
    return Done{};
}

/// Whether a directive matches a name, by a domain target or through the set.
bool takes_name(const Directive& directive, const wire::Name& name, const DomainSet* base) {
    for (const Target& target : directive.targets) {
        if (target.domain && name.is_below_or_equal(*target.domain)) return true;
    }
    const auto hit = base != nullptr ? base->match(name) : std::nullopt;
    if (!hit) return false;
    const auto tags = base->source_set(hit->tags);
    return std::any_of(tags.begin(), tags.end(), [&](std::uint32_t index) {
        const domainset::Tag& tag = base->tags()[index];
        const Source& source = base->sources()[tag.source];
        return takes_tag(directive, source, tag) && target_that_takes(directive, source) != nullptr;
    });
}

/// Whether both are in force at some time, by the dates alone.
bool may_overlap(const Directive& directive, const Allow& allow) {
    return !(allow.ends && directive.starts && *allow.ends <= *directive.starts);
}

/// The strictest directive over one service, list or name: for everyone, and for each group.
class Strictest {
public:
    explicit Strictest(const std::vector<Directive>& directives) : directives_(directives) {}

    void count_in(std::uint32_t directive) {
        keep_stricter(overall_, directive);
        const auto& groups = directives_[directive].groups;
        if (is_for_everyone(groups)) return keep_stricter(everyone_, directive);
        for (const std::string& group : groups)
            keep_stricter(of_group_.try_emplace(group, Cell::kNone).first->second, directive);
    }
    /// The strictest directive whose clients may be clients of this one.
    [[nodiscard]] std::uint32_t strictest_for(std::uint32_t directive) const {
        const auto& groups = directives_[directive].groups;
        if (is_for_everyone(groups)) return overall_;
        std::uint32_t found = everyone_;
        for (const std::string& group : groups) {
            if (const auto of = of_group_.find(group); of != of_group_.end()) keep_stricter(found, of->second);
        }
        return found;
    }

private:
    void keep_stricter(std::uint32_t& place, std::uint32_t directive) const {
        if (place == Cell::kNone || (directive != Cell::kNone && is_stricter(directive, place))) place = directive;
    }
    [[nodiscard]] bool is_stricter(std::uint32_t a, std::uint32_t b) const {
        const Directive& x = directives_[a];
        const Directive& y = directives_[b];
        return x.layer != y.layer ? x.layer > y.layer : x.step > y.step;
    }

    const std::vector<Directive>& directives_;
    std::uint32_t overall_ = Cell::kNone;
    std::uint32_t everyone_ = Cell::kNone;
    std::map<std::string_view, std::uint32_t> of_group_;
};

void lint_lists(const Options& options, const DomainSet* base, Diagnostics& diagnostics) {
    for (const ListName& list : options.lists) {
        const bool targeted =
            std::any_of(options.directives.begin(), options.directives.end(), [&](const Directive& d) {
                return std::any_of(d.targets.begin(), d.targets.end(), [&](const Target& target) {
                    return target.kind == Target::Kind::List && target.value == list.id;
                });
            });
        if (!targeted)
            diagnostics.note(list.place, fmt::format("list '{}' blocks nothing until a directive targets it; write "
                                                     "targets = [\"list:{}\"]",
                                                     list.id, list.id));
        const bool compiled =
            base == nullptr || std::any_of(base->sources().begin(), base->sources().end(), [&](const Source& s) {
                return s.kind == SourceKind::List && s.id == list.id;
            });
        if (!compiled)
            diagnostics.warning(list.place, fmt::format("list '{}' is not in the set yet; run cenote update", list.id));
    }
}

/// Whether a directive names only targets and roles that there are; what is not is an error of its own
/// (validate_policy), except for a list that is not in the set yet.
bool names_what_there_is(const Directive& directive, const DomainSet& base) {
    const auto is_there = [&](const Target& target) {
        return target.kind == Target::Kind::List || std::ranges::any_of(base.sources(), [&](const Source& source) {
                   return reach_of(target, source) != Reach::No;
               });
    };
    return std::ranges::all_of(directive.targets, is_there) &&
           std::ranges::all_of(directive.roles,
                               [](const std::string& role) { return domainset::parse_role(role).has_value(); });
}

/// What a directive takes by a service or list that another directive takes more strictly, by that other directive.
using Overridden = std::map<std::uint32_t, std::vector<std::uint32_t>>;

/// "service a, b and 58 more".
std::string in_few_words(const std::vector<std::uint32_t>& taken, const std::vector<Source>& sources) {
    constexpr std::size_t kShown = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, taken.size()); ++i) {
        const Source& source = sources[taken[i]];
        text +=
            fmt::format("{}{} {}", i == 0 ? "" : ", ", source.kind == SourceKind::List ? "list" : "service", source.id);
    }
    if (taken.size() > kShown) text += fmt::format(" and {} more", taken.size() - kShown);
    return text;
}

void note_overridden(const Options& options, std::uint32_t directive, const Overridden& overridden,
                     const std::vector<Source>& sources, Diagnostics& diagnostics) {
    const Directive& by_which = options.directives[directive];
    for (const auto& [winner, taken] : overridden)
        diagnostics.note(by_which.place,
                         fmt::format("directive {} ({}) is overridden by {} ({}) over {}", by_which.id,
                                     step_to_text(by_which.step), options.directives[winner].id,
                                     step_to_text(options.directives[winner].step), in_few_words(taken, sources)));
}

/// Warns of directives that match nothing in the set, and notes for each which stricter ones win over what.
void lint_directives(const Options& options, const DomainSet& base, Diagnostics& diagnostics) {
    const auto& directives = options.directives;
    const auto& sources = base.sources();
    std::vector<Strictest> strictest(sources.size(), Strictest(directives));
    std::vector<std::vector<std::uint32_t>> taken(directives.size());
    for (std::uint32_t i = 0; i < directives.size(); ++i) {
        const Coverage coverage = cover(directives[i], base);
        for (const std::uint32_t tag : coverage.tags) taken[i].push_back(base.tags()[tag].source);
        std::sort(taken[i].begin(), taken[i].end());
        taken[i].erase(std::unique(taken[i].begin(), taken[i].end()), taken[i].end());
        for (const std::uint32_t source : taken[i]) strictest[source].count_in(i);

        const bool own_names = std::any_of(
            directives[i].targets.begin(), directives[i].targets.end(),
            [](const Target& t) { return t.kind == Target::Kind::Domain || t.kind == Target::Kind::Address; });
        if (taken[i].empty() && !own_names && names_what_there_is(directives[i], base))
            diagnostics.warning(directives[i].place,
                                fmt::format("directive '{}' takes no name; its roles leave none, or its services are "
                                            "strict and want strict = true, or its list is not in the set yet",
                                            directives[i].id));
    }
    for (std::uint32_t i = 0; i < directives.size(); ++i) {
        Overridden overridden;
        for (const std::uint32_t source : taken[i]) {
            const std::uint32_t winner = strictest[source].strictest_for(i);
            if (winner != i && directives[winner].step != directives[i].step) overridden[winner].push_back(source);
        }
        note_overridden(options, i, overridden, sources, diagnostics);
    }
}

bool may_sinkhole(const Directive& directive) {
    return directive.step >= Step::Restrict || directive.before >= Step::Restrict ||
           std::ranges::any_of(directive.planned, [](const PlannedStep& each) { return each.step >= Step::Restrict; });
}

/// The longest name that a sentence about a directive may begin with.
std::string longest_subject(const Directive& directive, const DomainSet* base, const Phrases& phrases) {
    std::string longest;
    for (const Target& target : directive.targets)
        if (target.kind == Target::Kind::Domain || target.kind == Target::Kind::Address) longest = phrases.name;
    if (base == nullptr) return longest;
    for (const Source& source : base->sources()) {
        if (target_that_takes(directive, source) == nullptr) continue;
        if (std::string subject = subject_of(source, phrases); subject.size() > longest.size())
            longest = std::move(subject);
    }
    return longest;
}

/// Warns of reasons that answers have no room for, beside the longest name among the services of a directive.
void lint_reasons(const Options& options, const DomainSet* base, Diagnostics& diagnostics) {
    const Until never;
    const Until at_a_time{.day = "2026-12-31", .time = "19:00", .stamp = {}, .today = false};
    for (const Directive& directive : options.directives) {
        if (!may_sinkhole(directive)) continue;
        for (const auto& [language, text] : directive.reason) {
            const Phrases& phrases = phrases_for(options.phrases, language);
            const std::string subject = longest_subject(directive, base, phrases);
            const bool ends = directive.ends || directive.hours || !directive.planned.empty();
            const std::size_t shown = reason_bytes_shown({.subject = subject,
                                                          .directive = &directive,
                                                          .step = directive.step,
                                                          .until = ends ? &at_a_time : &never,
                                                          .language = language,
                                                          .phrases = &phrases});
            if (shown < text.size())
                diagnostics.warning(
                    directive.places.reason.line != 0 ? directive.places.reason : directive.place,
                    fmt::format(
                        "directive '{}': answers have room for {} of the {} bytes of the reason in '{}', beside "
                        "'{}'; shorten it, or the rest is cut",
                        directive.id, shown, text.size(), language, subject));
        }
    }
}

/// The same note for domain targets: the strictest directive over the name or one of its parents.
void lint_domains(const Options& options, Diagnostics& diagnostics) {
    std::map<std::string, Strictest, std::less<>> by_name;
    const auto key = [](const wire::Name& name, std::uint8_t labels) {
        const ByteView wire = name.suffix(labels);
        return std::string(wire.begin(), wire.end());
    };
    const auto& directives = options.directives;
    for (std::uint32_t i = 0; i < directives.size(); ++i) {
        for (const Target& target : directives[i].targets) {
            if (target.domain)
                by_name.try_emplace(key(*target.domain, target.domain->labels()), directives).first->second.count_in(i);
        }
    }
    for (std::uint32_t i = 0; i < directives.size(); ++i) {
        for (const Target& target : directives[i].targets) {
            if (!target.domain) continue;
            Strictest above(directives);
            for (std::uint8_t labels = target.domain->labels(); labels > 0; --labels) {
                const auto found = by_name.find(key(*target.domain, labels));
                if (found == by_name.end()) continue;
                const std::uint32_t there = found->second.strictest_for(i);
                if (there != Cell::kNone) above.count_in(there);
            }
            const std::uint32_t winner = above.strictest_for(i);
            if (winner == Cell::kNone || winner == i || directives[winner].step == directives[i].step) continue;
            diagnostics.note(place_of(target, directives[i]),
                             fmt::format("directive {} ({}) is overridden by {} ({}) over {}", directives[i].id,
                                         step_to_text(directives[i].step), directives[winner].id,
                                         step_to_text(directives[winner].step), target.domain->to_string()));
        }
    }
}

}  // namespace

void validate_against_set(const Options& options, const DomainSet* base, Diagnostics& diagnostics) {
    const auto shared = shared_names_of(base);
    std::vector<const Directive*> blocks;
    for (const Directive& directive : options.directives) {
        if (directive.step == Step::Block) blocks.push_back(&directive);
        for (const Target& target : directive.targets) {
            if (!target.domain || target.domain->labels() == 0) continue;  // the root is an error of validation
            if (const auto allowed = check_sinkholable(*target.domain, options, shared); !allowed)
                diagnostics.error(place_of(target, directive), allowed.error().text);
        }
    }
    for (const Allow& allow : options.allows) {
        for (const wire::Name& name : allow.domains) {
            for (const Directive* block : blocks) {
                if (!meet(block->groups, allow.groups) || !may_overlap(*block, allow) ||
                    !takes_name(*block, name, base))
                    continue;
                if (include(block->groups, allow.groups))
                    diagnostics.error(allow.place,
                                      fmt::format("an allow of {} opens nothing: directive {} blocks it, and block "
                                                  "has no exceptions; lower that step or leave the allow out",
                                                  name.to_string(), block->id));
                else
                    diagnostics.note(allow.place,
                                     fmt::format("an allow of {} does not open it for {}: directive {} blocks it there",
                                                 name.to_string(), fmt::join(block->groups, ", "), block->id));
            }
        }
    }
}

void lint_policy(const Options& options, const DomainSet* base, Diagnostics& diagnostics) {
    lint_lists(options, base, diagnostics);
    if (base != nullptr) lint_directives(options, *base, diagnostics);
    lint_domains(options, diagnostics);
    lint_reasons(options, base, diagnostics);
}

}  // namespace cenote::policy
