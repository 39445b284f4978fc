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
            add_step("suspended", {{"until", format_time(*options_.suspended_until)}});
        }
        for (std::uint32_t i = 0; i < options_.directives.size(); ++i) consider(i);
        const Hold* winner = strictest(holds_);
        if (winner != nullptr && holds_.size() > 1)
            add_step("strictest", {{"directive", options_.directives[winner->directive].id}});
        const Hold* waived = strictest(waived_);
        if (waived != nullptr && winner != nullptr && (step_of(*winner) >= Step::Restrict || !weaker(*winner, *waived)))
            waived = nullptr;  // it would not have won, or another directive sinkholes the name
        const Allow* allow = find_allow();
        conclude(waived != nullptr ? waived : winner, allow, waived != nullptr);
        return std::move(explanation_);
    }

private:
    void add_step(std::string kind, SentenceValues values) {
        explanation_.steps.push_back(policy::step_of(std::move(kind), std::move(values)));
    }

    /// An identity is nearer than an address.
    void find_groups_of(const Holder& holder) {
        for (const std::uint32_t index : holder.groups) explanation_.groups.push_back(options_.groups[index].id);
        if (!holder.groups.empty()) nearest_ = &options_.groups[holder.groups.front()];
        const std::string kind = holder.name ? "certificate" : "token";
        add_step(kind + (holder.groups.empty() ? "_in_no_group" : "_in_groups"),
                 {{"identity", holder.typed}, {"groups", fmt::format("{}", fmt::join(explanation_.groups, ", "))}});
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
        add_step("client_in_groups",
                 {{"client", client.to_string()}, {"groups", fmt::format("{}", fmt::join(explanation_.groups, ", "))}});
    }

    void find_tags() {
        const auto hit = base_ != nullptr ? base_->match(name_) : std::nullopt;
        if (hit) {
            for (const std::uint32_t tag : base_->source_set(hit->tags)) tags_.push_back(base_->tags()[tag]);
            entry_ = suffix_text(hit->labels);
        }
        apply_client_triggers();
        for (const Tag& tag : tags_) add_source(tag);
        if (tags_.empty()) add_step("in_nothing", {{"name", name_.to_string()}});
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
            add_step(found.second ? "list_closes_all" : "list_closes_nothing",
                     {{"list", base_->sources()[source].id}, {"client", client_.to_string()}});
        }
        if (entry_.empty() && !tags_.empty()) entry_ = name_.to_string();
    }

    [[nodiscard]] std::string suffix_text(std::uint8_t labels) const {
        wire::Name suffix;
        std::size_t end = 0;
        return suffix.read_uncompressed(name_.suffix(labels), end) ? suffix.to_string() : name_.to_string();
    }

    void add_source(const Tag& tag) {
        const Source& source = base_->sources()[tag.source];
        if (source.kind == SourceKind::List) return add_step("on_list", {{"name", entry_}, {"list", source.id}});
        add_step(tag.strict ? "of_service_strict" : "of_service",
                 {{"name", entry_},
                  {"service", source.name.empty() ? source.id : source.name},
                  {"jurisdiction", source.jurisdiction},
                  {"categories", fmt::format("{}", fmt::join(source.categories, " "))},
                  {"role", std::string(domainset::role_to_text(tag.role))}});
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

    [[nodiscard]] SentenceValues values_of(const Hold& hold) const {
        const Directive& directive = directive_of(hold);
        const Step now = step_of(hold);
        SentenceValues values{
            {"directive", directive.id},
            {"step", std::string(step_to_text(now == Step::None ? directive.step : now))},
            {"groups",
             directive.groups.empty() ? std::string(kEveryone) : fmt::format("{}", fmt::join(directive.groups, " "))},
            {"target", hold.target}};
        if (const std::string& until = moment_.until[hold.directive]; !until.empty())
            values.emplace_back("until", until);
        return values;
    }

    void consider(std::uint32_t index) {
        const auto hold = hold_of(index);
        if (!hold) return;
        SentenceValues values = values_of(*hold);
        std::string kind = moment_.until[index].empty() ? "covers" : "covers_until";
        if (!is_mine(options_.directives[index].groups)) {
            kind += "_not_this_client";
        } else if (const Phase& phase = moment_.phases[index]; phase.step == Step::None) {
            switch (phase.state) {
                case DirectiveState::Planned: kind += "_not_started"; break;
                case DirectiveState::InForce: kind += "_not_at_this_hour"; break;
                case DirectiveState::Lapsed: kind += "_lapsed"; break;
            }
        } else if (const Exception* exception = exception_from(directive_of(*hold))) {
            kind += "_but_exception";
            values.emplace_back("exception", exception->id);
            values.emplace_back("ends", format_time(exception->ends));
            waived_.push_back(*hold);
        } else {
            holds_.push_back(*hold);
        }
        add_step(std::move(kind), std::move(values));
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
                add_step(allow.id.empty() ? "unnamed_allow_opens" : "allow_opens",
                         {{"allow", allow.id}, {"domain", domain.to_string()}});
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
            add_step("blocks", {{"directive", explanation_.directive}});
        }
        explanation_.verdict = opened               ? "allow"
                               : waived             ? "exception"
                               : step == Step::None ? "forward"
                                                    : step_to_text(step);
        explanation_.set_answer(step >= Step::Restrict && !opened ? sinkhole_answer(*winner)
                                                                  : Sentence{"forwarded", {}});
        add_step("answer_" + explanation_.answer_sentence.kind, explanation_.answer_sentence.values);
    }

    void name_source(const Source& source) {
        if (source.kind == SourceKind::List) {
            explanation_.list = source.id;
        } else {
            explanation_.service = source.id;
            explanation_.service_name = source.name;
        }
    }

    [[nodiscard]] Sentence sinkhole_answer(const Hold& winner) const {
        AnswerMode mode = options_.sinkhole.answer;
        if (nearest_ != nullptr) mode = nearest_->answer.value_or(mode);
        mode = options_.directives[winner.directive].answer.value_or(mode);
        return {
            "sinkhole",
            {{"mode", std::string(answer_mode_to_text(mode))}, {"ttl", std::to_string(options_.sinkhole.ttl.count())}}};
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
