// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/closed_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "resolver/domainset/address_names.h"

namespace cenote::transfer {
namespace {

constexpr std::string_view kEveryone = "everyone";
constexpr std::string_view kAnyLabel = "cenote-any-label";  // a name that no list has, to ask what holds below another

Prefix must_parse(std::string_view text) { return Prefix::parse(text).value_or(Prefix()); }

/// "cenote-any-label." in front of a name; nullopt: there is no room below it.
std::optional<wire::Name> below(ByteView name) {
    if (name.size() + kAnyLabel.size() + 1 > wire::Name::kBytesMax) return std::nullopt;
    std::string bytes(1, static_cast<char>(kAnyLabel.size()));
    bytes += kAnyLabel;
    bytes.append(reinterpret_cast<const char*>(name.data()), name.size());
    wire::Name made;
    std::size_t end = 0;
    return made.read_uncompressed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, end)
               ? std::optional(made)
               : std::nullopt;
}

class Walker {
public:
    Walker(const GroupPolicy& of, const std::function<void(const NameRule&)>& take) : of_(of), take_(take) {}

    void look_at(const wire::Name& name) {
        if (name.labels() == 0 || domainset::is_address_name(name)) return;
        NameRule rule;
        rule.name = name;
        rule.itself = closing(name);
        const auto child = below(name.wire());
        rule.below = child ? closing(*child) : rule.itself;
        const auto sibling = below(name.suffix(static_cast<std::uint8_t>(name.labels() - 1)));
        rule.above = sibling ? closing(*sibling) : nullptr;
        take_(rule);
    }

private:
    /// Cells that close alike are one: which directive it was is nothing another resolver can tell.
    [[nodiscard]] const policy::Cell* closing(const wire::Name& name) {
        const policy::Policy& policy = *of_.policy;
        const policy::Cell& cell = policy.cell(policy.judge(of_.client, policy.match(name)));
        if (!cell.blocks()) return nullptr;
        auto& first = by_mode_[static_cast<std::size_t>(cell.answer)];
        if (first == nullptr) first = &cell;
        return first;
    }

    const GroupPolicy& of_;
    const std::function<void(const NameRule&)>& take_;
    std::array<const policy::Cell*, 7> by_mode_{};
};

}  // namespace

Result<GroupPolicy> policy_of_group(const policy::Policy& like, const std::string& group, WallTime at) {
    auto options = std::make_shared<policy::Options>(like.options());
    const Prefix member = must_parse("192.0.2.1");
    bool known = group == kEveryone;
    for (policy::Group& each : options->groups) {
        known = known || each.id == group;
        each.clients = {each.id == group ? member : must_parse("192.0.2.2")};
    }
    if (!known) return Error{fmt::format("there is no group '{}'; 'cenote groups' shows them", group)};
    std::erase_if(options->exceptions, [&](const policy::Exception& e) { return e.client.has_value(); });
    auto built = policy::Policy::build(std::move(options), like.shared_base(), like.version(), at);
    if (!built) return std::move(built).error();
    const policy::ClientClass client =
        (*built)->classify(group == kEveryone ? must_parse("192.0.2.3").ip() : member.ip());
    return GroupPolicy{std::move(*built), client};
}

void for_each_rule(const GroupPolicy& of, const std::function<void(const NameRule&)>& take) {
    for_each_known_name(of, [&take](const NameRule& rule) {
        if (rule.itself_differs() || rule.below_differs()) take(rule);
    });
}

void for_each_known_name(const GroupPolicy& of, const std::function<void(const NameRule&)>& take) {
    Walker walker(of, take);
    const policy::Policy& policy = *of.policy;
    if (policy.base() != nullptr)
        policy.base()->for_each([&](const domainset::Entry& entry) { walker.look_at(entry.name); });
    // Names of the policy's own that the set has as well were looked at already.
    const auto look = [&](const wire::Name& name) {
        const auto hit = policy.base() != nullptr ? policy.base()->match(name) : std::nullopt;
        if (!hit || !hit->exact) walker.look_at(name);
    };
    std::set<std::string> seen;
    for (const auto& directive : policy.options().directives)
        for (const auto& target : directive.targets)
            if (target.domain && seen.insert(target.domain->to_string()).second) look(*target.domain);
    for (const auto& allow : policy.options().allows)
        for (const auto& name : allow.domains)
            if (seen.insert(name.to_string()).second) look(name);
}

void for_each_address(const GroupPolicy& of, const std::function<void(const Prefix&, const policy::Cell*)>& take) {
    const policy::Policy& policy = *of.policy;
    std::set<Prefix> prefixes;
    for (const auto& directive : policy.options().directives)
        for (const auto& target : directive.targets)
            if (target.kind == policy::Target::Kind::Address)
                if (const auto prefix = Prefix::parse(target.value)) prefixes.insert(*prefix);
    if (policy.base() != nullptr && policy.base()->match(domainset::addresses_below(domainset::AddressUse::Response)))
        policy.base()->for_each([&](const domainset::Entry& entry) {
            if (const auto rule = domainset::rule_of(entry.name, domainset::AddressUse::Response))
                prefixes.insert(rule->prefix);
        });
    for (const Prefix& prefix : prefixes) {
        const policy::Cell& cell = policy.cell(policy.judge(of.client, policy.match(prefix.ip())));
        const bool inside = std::any_of(prefixes.begin(), prefixes.end(),
                                        [&](const Prefix& other) { return other != prefix && other.contains(prefix); });
        if (cell.blocks())
            take(prefix, &cell);
        else if (inside)
            take(prefix, nullptr);
    }
}

}  // namespace cenote::transfer
