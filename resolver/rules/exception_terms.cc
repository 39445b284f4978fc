// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/exception_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resolver/base/time_text.h"

namespace cenote::rules {
namespace {

constexpr std::string_view kEveryone = "everyone";

/// The highest step that a directive has had or will have; its step before it starts does not count.
policy::Step highest_step(const policy::Directive& directive, policy::Step now) {
    policy::Step step = std::max(directive.step, now);
    for (const auto& planned : directive.planned) step = std::max(step, planned.step);
    return step;
}

/// Whether the directive is for any client of this prefix.
bool applies_to(const policy::Options& options, const policy::Directive& directive, const Prefix& client) {
    if (directive.groups.empty()) return true;
    for (const std::string& id : directive.groups) {
        if (id == kEveryone) return true;
        for (const policy::Group& group : options.groups) {
            if (group.id != id) continue;
            for (const Prefix& prefix : group.clients)
                if (prefix.contains(client) || client.contains(prefix)) return true;
        }
    }
    return false;
}

/// Whether the clients of one address family are more than one prefix of the length `widest` holds. Prefixes inside
/// others of the group count once.
bool is_wider(const std::vector<Prefix>& clients, bool v4, std::uint8_t widest) {
    std::array<std::size_t, 129> count{};  // prefixes by their length
    for (std::size_t i = 0; i < clients.size(); ++i) {
        if (clients[i].ip().is_v4() != v4) continue;
        bool inside = false;
        for (std::size_t other = 0; other < clients.size() && !inside; ++other)
            inside = other != i && clients[other].contains(clients[i]) && (clients[other] != clients[i] || other < i);
        if (!inside) ++count[clients[i].length()];
    }
    for (std::size_t length = 0; length < widest; ++length)
        if (count[length] > 0) return true;
    // Two prefixes of a length are as many addresses as one that is a bit shorter. All that is odd on the way,
    // together, is less than one of the length `widest`.
    bool odd = false;
    for (std::size_t length = count.size() - 1; length > widest; --length) {
        odd = odd || count[length] % 2 != 0;
        count[length - 1] += count[length] / 2;
    }
    return count[widest] > 1 || (count[widest] == 1 && odd);
}

Error group_is_wider(const policy::Group& group, std::uint8_t widest) {
    std::vector<std::string> clients;
    for (const Prefix& prefix : group.clients) clients.push_back(prefix.to_string());
    constexpr std::size_t kShown = 4;
    const std::string more =
        clients.size() > kShown ? fmt::format(" and {} more", clients.size() - kShown) : std::string();
    clients.resize(std::min(clients.size(), kShown));
    return {
        fmt::format("group '{}' has more clients ({}{}) than one exception may be for (/{}); name a --client, or a "
                    "group of these clients alone; [exceptions].widest4 and widest6 are the limits",
                    group.id, fmt::join(clients, ", "), more, widest)};
}

/// Each name of a certificate and each token is one client, wherever it is; a name with a wildcard is any number.
Status check_holders(const policy::Group& group, std::uint8_t widest4) {
    const std::uint64_t most = std::uint64_t{1} << (32 - widest4);
    const std::uint64_t holders = group.certificates.size() + group.token_digests.size();
    const auto wildcard = std::ranges::find_if(
        group.certificates, [](const std::string& name) { return name.find('*') != std::string::npos; });
    if (wildcard == group.certificates.end() && holders <= most) return Done{};
    const std::string how_many = wildcard == group.certificates.end()
                                     ? fmt::format("{} names of certificates and tokens", holders)
                                     : fmt::format("{} is any number of certificates", *wildcard);
    return Error{fmt::format(
        "group '{}' has more clients ({}) than one exception may be for ({}); name a --client, or a group of "
        "these clients alone, each by its own name; [exceptions].widest4 is the limit",
        group.id, how_many, most)};
}

}  // namespace

const policy::Directive* ExceptionTerms::find_directive(const std::string& id) const {
    return policy::find_directive(policy.options(), id);
}

Error ExceptionTerms::unknown_directive(const std::string& id) const {
    std::vector<std::string> known;
    for (const auto& each : policy.options().directives) known.push_back(each.id);
    const std::string near = nearest(id, known);
    return {fmt::format(
        "there is no directive '{}'{}", id,
        near.empty() ? std::string("; 'cenote directives' shows them") : fmt::format("; did you mean '{}'?", near))};
}

Status ExceptionTerms::check_directive(const policy::Directive& directive) const {
    const auto index = static_cast<std::uint32_t>(&directive - policy.options().directives.data());
    const policy::Step now = policy.step_of(index);
    if (policy.state_of(index) == policy::DirectiveState::Lapsed)
        return Error{fmt::format("directive {} has lapsed; it sinkholes nothing", directive.id)};
    if (std::max(now, directive.step) == policy::Step::Block)
        return Error{
            fmt::format("directive {} blocks, and block has no exceptions; its issuer{} would have to lower "
                        "its step to restrict",
                        directive.id, directive.issuer.empty() ? std::string() : " (" + directive.issuer + ")")};
    if (highest_step(directive, now) < policy::Step::Restrict)
        return Error{fmt::format("directive {} sinkholes nothing: its step is {}", directive.id,
                                 policy::step_to_text(directive.step))};
    return Done{};
}

Status ExceptionTerms::check_client(const policy::Directive& directive, const Prefix& client) const {
    const std::uint8_t widest = client.ip().is_v4() ? limits.widest4 : limits.widest6;
    if (client.length() < widest)
        return Error{fmt::format("{} is wider than exceptions may be (/{}); name a narrower prefix or a group",
                                 client.to_string(), widest)};
    if (std::none_of(allow_from.begin(), allow_from.end(),
                     [&](const Prefix& prefix) { return prefix.contains(client); }))
        return Error{
            fmt::format("server.allow_from refuses clients of {}; add that prefix there first", client.to_string())};
    if (!applies_to(policy.options(), directive, client))
        return Error{fmt::format("directive {} does not apply to {}: it is for {}", directive.id, client.to_string(),
                                 fmt::join(directive.groups, ", "))};
    return Done{};
}

Status ExceptionTerms::check_group(const std::string& id) const {
    if (id == kEveryone) return Error{"everyone is wider than an exception may be; lower the directive's step instead"};
    std::vector<std::string> known;
    for (const auto& group : policy.options().groups) known.push_back(group.id);
    const auto& groups = policy.options().groups;
    if (const auto found = std::ranges::find(groups, id, &policy::Group::id); found != groups.end()) {
        if (is_wider(found->clients, true, limits.widest4)) return group_is_wider(*found, limits.widest4);
        if (is_wider(found->clients, false, limits.widest6)) return group_is_wider(*found, limits.widest6);
        return check_holders(*found, limits.widest4);
    }
    const std::string near = nearest(id, known);
    return Error{fmt::format(
        "unknown group '{}'; {}", id,
        near.empty() ? std::string("'cenote groups' shows them") : fmt::format("did you mean '{}'?", near))};
}

Status ExceptionTerms::check_subject(const policy::Directive& directive, const ExceptionDocument& document) const {
    return document.client ? check_client(directive, *document.client) : check_group(document.group);
}

Status ExceptionTerms::check_duration(const policy::Directive& directive, WallTime from, WallTime to) const {
    const milliseconds max = directive.exceptions_max.value_or(limits.max);
    if (to <= from) return Error{fmt::format("{} has passed; an exception ends later than it begins", format_time(to))};
    if (to - from > max)
        return Error{fmt::format("exceptions from directive {} last {} at most, this one would last {}", directive.id,
                                 format_duration(max), format_duration(to - from))};
    if (directive.ends && to > *directive.ends)
        return Error{fmt::format("it would outlive directive {}, which ends at {}; ask for no longer than that",
                                 directive.id, format_time(*directive.ends))};
    return Done{};
}

}  // namespace cenote::rules
