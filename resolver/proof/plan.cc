// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/plan.h"

#include <algorithm>
#include <set>

namespace cenote::proof {
namespace {

using Of = Check::Of;
using wire::RrType;

/// Names that have addresses everywhere and belong to no AI service, in the order in which they are tried.
constexpr std::array<std::string_view, 6> kNeutral{"example.com", "iana.org", "wikipedia.org",
                                                   "debian.org",  "ietf.org", "example.net"};
constexpr std::array kControlTypes{RrType::A, RrType::AAAA};

}  // namespace

Plan::Plan(std::shared_ptr<const policy::Policy> policy, std::uint32_t directive, std::vector<RrType> types,
           std::string label, TargetNames names)
    : policy_(std::move(policy)),
      directive_(directive),
      types_(std::move(types)),
      label_(std::move(label)),
      names_(std::move(names)),
      local_({}, {}) {
    find_controls();
}

Result<Plan> Plan::make(std::shared_ptr<const policy::Policy> policy, std::uint32_t directive,
                        std::vector<RrType> types, std::string label) {
    auto names = TargetNames::of_directive(*policy, directive, label);
    if (!names) return std::move(names).error();
    return Plan(std::move(policy), directive, std::move(types), std::move(label), std::move(*names));
}

/// The shared names of the services that the directive takes, and names that no rule takes for any client.
void Plan::find_controls() {
    std::set<std::string> shared;
    for (const auto& taken : policy_->takes(directive_)) {
        const auto& names = policy_->base()->sources()[taken.source].shared_names;
        shared.insert(names.begin(), names.end());
    }
    for (const std::string& text : shared)
        if (const auto name = wire::Name::parse(text)) controls_.push_back({*name, true});
    std::size_t neutral = 0;
    for (const std::string_view text : kNeutral) {
        const wire::Name name = wire::Name::parse(text).value_or(wire::Name());
        bool open = true;
        for (policy::ClientClass client = 0; client < policy_->class_count(); ++client)
            open = open && !cell_of(name, client).is_sinkholed();
        if (open && neutral++ < kNeutralNames) controls_.push_back({name, false});
    }
}

bool Plan::covers(const IpAddress& client) const {
    const auto& groups = directive().groups;
    if (groups.empty()) return true;
    return std::ranges::any_of(policy_->options().groups, [&](const policy::Group& group) {
        return std::ranges::find(groups, group.id) != groups.end() &&
               std::ranges::any_of(group.clients, [&](const Prefix& prefix) { return prefix.contains(client); });
    });
}

wire::Name Plan::name_of(const Check& check) const {
    switch (check.of) {
        case Of::Digest: return wire::Name::parse("policy.cenote").value_or(wire::Name());
        case Of::Control: return controls_[check.name].name;
        case Of::Name: return names_.at(check.name).name;
        case Of::Below: break;
    }
    const wire::Name name = names_.at(check.name).name;
    return name_below(name, label_).value_or(name);
}

const policy::Cell& Plan::cell_of(const wire::Name& name, policy::ClientClass client) const {
    return policy_->cell(policy_->judge(client, policy_->match(name)));
}

Question Plan::question(const Check& check) const {
    Question question{.name = name_of(check), .type = RrType::TXT, .variant = kVariants[check.variant], .chaos = false};
    if (check.of == Of::Digest)
        question.chaos = true;
    else
        question.type = check.of == Of::Control ? kControlTypes[check.type] : types_[check.type];
    return question;
}

Expectation Plan::expectation(const Check& check, policy::ClientClass client) const {
    using Kind = Expectation::Kind;
    const Question asked = question(check);
    if (check.of == Of::Digest) return {.kind = Kind::Local, .cell = nullptr, .type = asked.type};
    if (check.of == Of::Control) return {.kind = Kind::Control, .cell = nullptr, .type = asked.type};
    switch (local_.find(asked.name).kind) {
        case engine::LocalKind::None: break;
        case engine::LocalKind::Canary: return {.kind = Kind::Canary, .cell = nullptr, .type = asked.type};
        default: return {.kind = Kind::Local, .cell = nullptr, .type = asked.type};
    }
    const policy::Verdict verdict = policy_->judge(client, policy_->match(asked.name));
    return expectation_of(policy_->cell(verdict), verdict.labels == asked.name.labels(), asked.type);
}

bool Plan::is_sinkholed(const Check& check, policy::ClientClass client) const {
    return cell_of(name_of(check), client).is_sinkholed();
}

bool Plan::is_over(const Check& check) const noexcept { return check.of == Of::Name && check.name >= names_.size(); }

/// Moves to the check behind: variants of a type, types of a name, the name below it, the next name.
void Plan::advance(Check& check) const {
    const bool matrix = check.of == Of::Name || check.of == Of::Below;
    if (matrix && ++check.variant < kVariants.size()) return;
    check.variant = 0;
    const std::size_t types = matrix ? types_.size() : check.of == Of::Control ? kControlTypes.size() : 1;
    if (++check.type < types) return;
    check.type = 0;
    switch (check.of) {
        case Of::Digest: check.of = controls_.empty() ? Of::Name : Of::Control; break;
        case Of::Control:
            if (++check.name == controls_.size()) check = {.of = Of::Name, .name = 0, .type = 0, .variant = 0};
            break;
        case Of::Name: check.of = Of::Below; break;
        case Of::Below:
            check.of = Of::Name;
            ++check.name;
            break;
    }
}

bool Plan::is_asked(Cursor& cursor, policy::ClientClass client) const {
    const Check& check = cursor.next;
    if (check.of == Of::Digest || check.of == Of::Control) return true;
    if (check.of == Of::Name && check.type == 0 && check.variant == 0) cursor.counted = false;
    const auto taken = names_.at(check.name);
    if (check.of == Of::Name ? !taken.itself : !taken.below) return false;
    if (expectation(check, client).kind != Expectation::Kind::Open) return true;
    // A name below one that stays open is a name that does not exist; it says nothing.
    if (check.of == Of::Below && !is_sinkholed(check, client)) return false;
    if (!cursor.counted) {
        cursor.counted = true;
        if (cursor.open_names < kOpenNamesMax)
            ++cursor.open_names;
        else
            ++cursor.left_out;
    }
    return cursor.left_out == 0;
}

std::optional<Check> Plan::next(Cursor& cursor, policy::ClientClass client) const {
    while (!is_over(cursor.next)) {
        const bool asked = is_asked(cursor, client);
        const Check check = cursor.next;
        advance(cursor.next);
        if (asked) return check;
    }
    return std::nullopt;
}

}  // namespace cenote::proof
