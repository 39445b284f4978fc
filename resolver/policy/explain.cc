// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "resolver/base/time_text.h"
#include "resolver/policy/groups.h"
#include "resolver/policy/resolve.h"

namespace cenote::policy {
namespace {

using domainset::DomainSet;
using domainset::Source;
using domainset::SourceKind;
using domainset::Tag;

/// A directive that matches the name, and by which source and target.
struct Hold {
    std::uint32_t directive = 0;
    std::uint32_t source = Cell::kNone;  // index into the sources of the base set
    std::string target;
    std::string matched;
};

class Explainer {
public:
    Explainer(const Options& options, const DomainSet* base, const Moment& moment, const Explained& who,
              const wire::Name& name)
        : options_(options), base_(base), moment_(moment), client_(who.client), name_(name) {
        if (who.holder != nullptr) find_groups_of(*who.holder);
        find_groups(who.client);
        find_tags();
    }

    Explanation run() {
        if (moment_.suspended) {
            explanation_.suspension = options_.suspension;
            add_step(fmt::format("everything is suspended until {}: no step is above observe",
                                 format_time(*options_.suspended_until)));
        }
        for (std::uint32_t i = 0; i < options_.directives.size(); ++i) consider(i);
        const Hold* winner = strictest(holds_);
        if (winner != nullptr && holds_.size() > 1)
            add_step(fmt::format("directive {} is the strictest of them", options_.directives[winner->directive].id));
        const Hold* waived = strictest(waived_);
        if (waived != nullptr && winner != nullptr && (step_of(*winner) >= Step::Restrict || !weaker(*winner, *waived)))
            waived = nullptr;  // it would not have won, or another directive sinkholes the name
        const Allow* allow = find_allow();
        conclude(waived != nullptr ? waived : winner, allow, waived != nullptr);
        return std::move(explanation_);
    }

private:
    void add_step(std::string text) { explanation_.steps.push_back({std::move(text)}); }

    /// An identity is nearer than an address.
    void find_groups_of(const Holder& holder) {
        for (const std::uint32_t index : holder.groups) explanation_.groups.push_back(options_.groups[index].id);
        if (!holder.groups.empty()) nearest_ = &options_.groups[holder.groups.front()];
        add_step(holder.groups.empty()
                     ? fmt::format("{} is in no group", holder.text)
                     : fmt::format("{} is in groups {}", holder.text, fmt::join(explanation_.groups, ", ")));
    }

    void find_groups(const IpAddress& client) {
        std::vector<std::tuple<int, std::size_t>> found;  // narrowest first, then as listed
        for (std::size_t i = 0; i < options_.groups.size(); ++i) {
            int longest = -1;
            for (const Prefix& prefix : options_.groups[i].clients) {
                if (prefix.contains(client)) longest = std::max<int>(longest, prefix.mapped_length());
            }
            if (longest >= 0) found.emplace_back(-longest, i);
        }
        std::sort(found.begin(), found.end());
        for (const auto& [length, index] : found)
            if (const std::string& id = options_.groups[index].id;
                std::ranges::find(explanation_.groups, id) == explanation_.groups.end())
                explanation_.groups.push_back(id);
        if (!found.empty() && nearest_ == nullptr) nearest_ = &options_.groups[std::get<1>(found.front())];
        explanation_.groups.emplace_back(kEveryone);
        add_step(fmt::format("client {} is in groups {}", client.to_string(), fmt::join(explanation_.groups, ", ")));
    }

    void find_tags() {
        const auto hit = base_ != nullptr ? base_->match(name_) : std::nullopt;
        if (hit) {
            for (const std::uint32_t tag : base_->source_set(hit->tags)) tags_.push_back(base_->tags()[tag]);
            entry_ = suffix_text(hit->labels);
        }
        apply_client_triggers();
        for (const Tag& tag : tags_) add_step(describe(tag));
        if (tags_.empty()) add_step(fmt::format("{} is no name of a service or list", name_.to_string()));
    }

    /// A list may sinkhole every name for a client, or none; of each list the longest prefix counts.
    void apply_client_triggers() {
        if (base_ == nullptr) return;
        std::map<std::uint32_t, std::pair<int, std::optional<Tag>>>
            of_source;  // prefix length; the tag, if it sinkholes
        for (const domainset::AddressRule& rule : base_->addresses(domainset::AddressUse::Client)) {
            if (!rule.prefix.contains(client_)) continue;
            const Tag& tag = base_->tags()[rule.tag];
            auto& [length, closes] = of_source.try_emplace(tag.source, -1, std::nullopt).first->second;
            if (rule.prefix.mapped_length() <= length) continue;
            length = rule.prefix.mapped_length();
            closes = rule.sinkholes ? std::optional(tag) : std::nullopt;
        }
        for (const auto& [source, found] : of_source) {
            std::erase_if(tags_, [source = source](const Tag& tag) { return tag.source == source; });
            if (found.second) tags_.push_back(*found.second);
            add_step(fmt::format("list {} {} client {}", base_->sources()[source].id,
                                 found.second ? "closes everything to" : "closes nothing to", client_.to_string()));
        }
        if (entry_.empty() && !tags_.empty()) entry_ = name_.to_string();
    }

    [[nodiscard]] std::string suffix_text(std::uint8_t labels) const {
        wire::Name suffix;
        std::size_t end = 0;
        return suffix.read_uncompressed(name_.suffix(labels), end) ? suffix.to_string() : name_.to_string();
    }

    [[nodiscard]] std::string describe(const Tag& tag) const {
        const Source& source = base_->sources()[tag.source];
        if (source.kind == SourceKind::List) return fmt::format("{} is on list {}", entry_, source.id);
        return fmt::format("{} is {} ({}, {}), role {}{}", entry_, source.name.empty() ? source.id : source.name,
                           source.jurisdiction, fmt::join(source.categories, " "), domainset::role_to_text(tag.role),
                           tag.strict ? ", strict" : "");
    }

    [[nodiscard]] bool is_mine(const std::vector<std::string>& groups) const {
        return groups.empty() || std::any_of(groups.begin(), groups.end(), [&](const std::string& id) {
                   return std::find(explanation_.groups.begin(), explanation_.groups.end(), id) !=
                          explanation_.groups.end();
               });
    }

    /// How a directive matches the name: through a service before a list, the first listed before others, and by a
    /// domain target last.
    [[nodiscard]] std::optional<Hold> hold_of(std::uint32_t index) const {
        const Directive& directive = options_.directives[index];
        for (const SourceKind kind : {SourceKind::Service, SourceKind::List}) {
            std::optional<Hold> found;
            for (const Tag& tag : tags_) {
                const Source& source = base_->sources()[tag.source];
                if (source.kind != kind || (found && found->source <= tag.source)) continue;
                const Target* target = target_that_takes(directive, source);
                if (target != nullptr && takes_tag(directive, source, tag))
                    found = Hold{index, tag.source, target_to_text(*target), entry_};
            }
            if (found) return found;
        }
        const wire::Name* deepest = nullptr;
        for (const Target& target : directive.targets) {
            if (target.domain && name_.is_below_or_equal(*target.domain) &&
                (deepest == nullptr || target.domain->labels() > deepest->labels()))
                deepest = &*target.domain;
        }
        if (deepest == nullptr) return std::nullopt;
        return Hold{index, Cell::kNone, "domain:" + deepest->to_string(), deepest->to_string()};
    }

    [[nodiscard]] std::string describe(std::uint32_t index) const {
        const Directive& directive = options_.directives[index];
        const std::string groups =
            directive.groups.empty() ? std::string(kEveryone) : fmt::format("{}", fmt::join(directive.groups, " "));
        const Step now = moment_.phases[index].step;
        std::string text = fmt::format("directive {} ({}, {}", directive.id,
                                       step_to_text(now == Step::None ? directive.step : now), groups);
        if (!moment_.until[index].empty()) text += ", until " + moment_.until[index];
        return text + ")";
    }

    void consider(std::uint32_t index) {
        const auto hold = hold_of(index);
        if (!hold) return;
        const Phase& phase = moment_.phases[index];
        std::string text = fmt::format("{} covers it by {}", describe(index), hold->target);
        if (!is_mine(options_.directives[index].groups)) {
            text += ", but not this client";
        } else if (phase.step == Step::None) {
            switch (phase.state) {
                case DirectiveState::Planned: text += ", but has not started"; break;
                case DirectiveState::InForce: text += ", but not at this hour"; break;
                case DirectiveState::Lapsed: text += ", but has lapsed"; break;
            }
        } else if (const Exception* exception = exception_from(directive_of(*hold))) {
            text += fmt::format(", but exception {} takes it out of the count until {}", exception->id,
                                format_time(exception->ends));
            waived_.push_back(*hold);
        } else {
            holds_.push_back(*hold);
        }
        add_step(std::move(text));
    }

    [[nodiscard]] const Directive& directive_of(const Hold& hold) const { return options_.directives[hold.directive]; }
    [[nodiscard]] Step step_of(const Hold& hold) const { return moment_.phases[hold.directive].step; }

    /// The first exception in force from this directive that this client has.
    [[nodiscard]] const Exception* exception_from(const Directive& directive) const {
        for (std::size_t i = 0; i < options_.exceptions.size(); ++i) {
            const Exception& each = options_.exceptions[i];
            if (!moment_.exceptions[i] || each.directive != directive.id) continue;
            if (each.client ? each.client->contains(client_) : is_mine({each.group})) return &each;
        }
        return nullptr;
    }

    /// By layer, then by step; of equal ones the one that ends later, then the one listed first, is the stronger.
    [[nodiscard]] bool weaker(const Hold& a, const Hold& b) const {
        const Directive& x = directive_of(a);
        const Directive& y = directive_of(b);
        const Layer x_layer = layer_in_force(x, moment_.phases[a.directive]);
        const Layer y_layer = layer_in_force(y, moment_.phases[b.directive]);
        if (x_layer != y_layer) return x_layer < y_layer;
        if (step_of(a) != step_of(b)) return step_of(a) < step_of(b);
        if (x.ends != y.ends) return x.ends.has_value() && (!y.ends || *x.ends < *y.ends);
        return a.directive > b.directive;
    }
    [[nodiscard]] const Hold* strictest(const std::vector<Hold>& holds) const {
        const auto found =
            std::max_element(holds.begin(), holds.end(), [this](const Hold& a, const Hold& b) { return weaker(a, b); });
        return found == holds.end() ? nullptr : &*found;
    }

    [[nodiscard]] const Allow* find_allow() {
        for (std::size_t i = 0; i < options_.allows.size(); ++i) {
            const Allow& allow = options_.allows[i];
            if (!moment_.allows[i] || !is_mine(allow.groups)) continue;
            for (const wire::Name& domain : allow.domains) {
                if (!name_.is_below_or_equal(domain)) continue;
                add_step(fmt::format("{} of {} opens it against every step below block",
                                     allow.id.empty() ? "an allow" : "allow " + allow.id, domain.to_string()));
                allowed_ = domain.to_string();
                return &allow;
            }
        }
        return nullptr;
    }

    void conclude(const Hold* winner, const Allow* allow, bool waived) {
        const Step step = winner != nullptr && !waived ? step_of(*winner) : Step::None;
        const bool opened = allow != nullptr && step < Step::Block;
        if (winner != nullptr) {
            const Directive& directive = directive_of(*winner);
            explanation_.directive = directive.id;
            explanation_.matched = winner->matched;
            explanation_.until = directive.ends;
            if (winner->source != Cell::kNone) name_source(base_->sources()[winner->source]);
        }
        if (waived) {
            const Exception* exception = exception_from(directive_of(*winner));
            explanation_.exception = exception->id;
            explanation_.until = exception->ends;
        }
        if (opened) {
            explanation_.matched = allowed_;
            explanation_.allow = allow->id;
            explanation_.until = allow->ends;
        } else if (allow != nullptr) {
            add_step(fmt::format("directive {} blocks, which no allow opens", explanation_.directive));
        }
        explanation_.verdict = opened               ? "allow"
                               : waived             ? "exception"
                               : step == Step::None ? "forward"
                                                    : step_to_text(step);
        explanation_.answer = step >= Step::Restrict && !opened ? sinkhole_answer(*winner) : "forwarded";
        add_step(fmt::format("answer: {}", explanation_.answer));
    }

    void name_source(const Source& source) {
        if (source.kind == SourceKind::List) {
            explanation_.list = source.id;
        } else {
            explanation_.service = source.id;
            explanation_.service_name = source.name;
        }
    }

    [[nodiscard]] std::string sinkhole_answer(const Hold& winner) const {
        AnswerMode mode = options_.sinkhole.answer;
        if (nearest_ != nullptr) mode = nearest_->answer.value_or(mode);
        mode = options_.directives[winner.directive].answer.value_or(mode);
        return fmt::format("{}, {} s", answer_mode_to_text(mode), options_.sinkhole.ttl.count());
    }

    const Options& options_;
    const DomainSet* base_;
    const Moment& moment_;
    const IpAddress& client_;
    const wire::Name& name_;
    const Group* nearest_ = nullptr;
    std::vector<Tag> tags_;  // hold for the name
    std::string entry_;      // the entry they come from
    std::vector<Hold> holds_;
    std::vector<Hold> waived_;  // waived by an exception
    std::string allowed_;       // the name that an allow opens
    Explanation explanation_;
};

}  // namespace

Explanation explain(const Options& options, const DomainSet* base, const Moment& moment, const Explained& who,
                    const wire::Name& name) {
    return Explainer(options, base, moment, who, name).run();
}

}  // namespace cenote::policy
