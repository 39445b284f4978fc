// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/sinkholed_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace cenote::transfer {
namespace {

constexpr std::string_view kEveryone = "everyone";
constexpr std::string_view kAnyLabel = "cenote-any-label";  // a label that no list has, to find what holds below a name

Prefix must_parse(std::string_view text) { return Prefix::parse(text).value_or(Prefix()); }

/// A name below another; nullopt: the name is too long for one more label.
std::optional<wire::Name> below(ByteView name) {
    if (name.size() + kAnyLabel.size() + 1 > wire::Name::kBytesMax) return std::nullopt;
    std::string bytes(1, static_cast<char>(kAnyLabel.size()));
    bytes += kAnyLabel;
    bytes.append(reinterpret_cast<const char*>(name.data()), name.size());
    wire::Name made;
    std::size_t end = 0;
    return made.read_uncompressed(bytes_of(bytes), end) ? std::optional(made) : std::nullopt;
}

class Walker {
public:
    Walker(const GroupPolicy& of, const std::function<void(const NameRule&)>& take) : of_(of), take_(take) {}

    void look_at(const wire::Name& name) {
        if (name.labels() == 0) return;
        NameRule rule;
        rule.name = name;
        rule.itself = sinkhole_cell(name);
        const auto child = below(name.wire());
        rule.below = child ? sinkhole_cell(*child) : rule.itself;
        const auto sibling = below(name.suffix(static_cast<std::uint8_t>(name.labels() - 1)));
        rule.above = sibling ? sinkhole_cell(*sibling) : nullptr;
        take_(rule);
    }

private:
    /// Cells with the same answer mode count as one: another resolver cannot tell directives apart. nullptr: the name
    /// resolves.
    [[nodiscard]] const policy::Cell* sinkhole_cell(const wire::Name& name) {
        const policy::Policy& policy = *of_.policy;
        const policy::Cell& cell = policy.cell(policy.judge(of_.client, policy.match(name)));
        if (!cell.is_sinkholed()) return nullptr;
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
        each.certificates.clear();
        each.tokens.clear();
        each.token_digests.clear();
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
    // Names of directives that the set has too were looked at already.
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
    if (policy.base() != nullptr)
        for (const auto& rule : policy.base()->addresses(domainset::AddressUse::Response)) prefixes.insert(rule.prefix);
    for (const Prefix& prefix : prefixes) {
        const policy::Cell& cell = policy.cell(policy.judge(of.client, policy.match(prefix.ip())));
        const bool inside = std::any_of(prefixes.begin(), prefixes.end(),
                                        [&](const Prefix& other) { return other != prefix && other.contains(prefix); });
        if (cell.is_sinkholed())
            take(prefix, &cell);
        else if (inside)
            take(prefix, nullptr);
    }
}

}  // namespace cenote::transfer
