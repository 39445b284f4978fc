// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/rule_effects.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

namespace cenote::daemon {
namespace {

using control::Json;
using policy::Directive;

constexpr std::string_view kEveryone = "everyone";

bool is_for_everyone(const Directive& directive) {
    return directive.groups.empty() || std::ranges::find(directive.groups, kEveryone) != directive.groups.end();
}

const policy::Group* find_group(const policy::Options& options, std::string_view id) {
    const auto found = std::ranges::find(options.groups, id, &policy::Group::id);
    return found == options.groups.end() ? nullptr : &*found;
}

/// Whether every client of the group is one of the directive's.
bool covers(const policy::Options& options, const Directive& directive, std::string_view group) {
    if (is_for_everyone(directive)) return true;
    const policy::Group* inner = find_group(options, group);
    return inner != nullptr && std::ranges::any_of(directive.groups, [&](const std::string& id) {
               const policy::Group* outer = find_group(options, id);
               return outer != nullptr && policy::lies_within(*inner, *outer);
           });
}

bool covers_all_of(const policy::Options& options, const Directive& wider, const Directive& directive) {
    if (is_for_everyone(wider)) return true;
    return !is_for_everyone(directive) &&
           std::ranges::all_of(directive.groups, [&](const std::string& id) { return covers(options, wider, id); });
}

struct Taken {
    std::string id;
    std::string kind;  // service, list or name
    std::string target;
    std::uint64_t names = 0;
};

std::vector<Taken> taken_by(const policy::Policy& policy, std::uint32_t index) {
    std::vector<Taken> rows;
    const auto names = policy.names_taken(index);
    for (const auto& taken : policy.takes(index)) {
        const domainset::Source& source = policy.base()->sources()[taken.source];
        rows.push_back({.id = source.id,
                        .kind = source.kind == domainset::SourceKind::Service ? "service" : "list",
                        .target = taken.target,
                        .names = names[taken.source]});
    }
    for (const policy::Target& target : policy.options().directives[index].targets)
        if (target.domain)
            rows.push_back({.id = target.domain->to_string(),
                            .kind = "name",
                            .target = policy::target_to_text(target),
                            .names = 1});
    std::ranges::sort(rows, {}, [](const Taken& row) { return std::tie(row.kind, row.id); });
    return rows;
}

/// Queries for the services among `taken`, by the narrowest group of each client.
Json queries_of(const Running& running, const policy::Options& options, const Directive& directive,
                const std::vector<Taken>& taken) {
    std::map<std::string, std::uint64_t> by_group;
    const auto metrics = running.queries().hub().collect();
    const telemetry::Keys& keys = running.enforcement().keys();
    for (const auto& row : metrics.combinations) {
        const std::string group(keys.name(telemetry::KeyKind::Group, row.group));
        const std::string service(keys.name(telemetry::KeyKind::Service, row.service));
        if (covers(options, directive, group) && std::ranges::find(taken, service, &Taken::id) != taken.end())
            by_group[group] += row.count;
    }
    Json rows = Json::array();
    for (const auto& [group, queries] : by_group)
        rows.push_back({{"group", group.empty() ? kEveryone : group}, {"queries", queries}});
    return rows;
}

Json clients_of(const policy::Options& options, const Directive& directive) {
    Json rows = Json::array();
    if (!is_for_everyone(directive))
        for (const policy::Group& group : options.groups)
            if (std::ranges::find(directive.groups, group.id) != directive.groups.end()) {
                for (const Prefix& prefix : group.clients) rows.push_back(group.id + " " + prefix.to_string());
                for (const std::string& name : group.certificates) rows.push_back(group.id + " certificate " + name);
                if (!group.tokens.empty()) rows.push_back(group.id + " tokens");
            }
    if (rows.empty()) rows.push_back(kEveryone);
    return rows;
}

/// How many of these an other directive takes: the same service or list, or a name at or above.
std::size_t count_taken(const policy::Policy& policy, std::uint32_t other, const std::vector<Taken>& taken) {
    const auto theirs = policy.takes(other);
    const auto& targets = policy.options().directives[other].targets;
    return static_cast<std::size_t>(std::ranges::count_if(taken, [&](const Taken& row) {
        if (row.kind != "name")
            return std::ranges::any_of(
                theirs, [&](const auto& each) { return policy.base()->sources()[each.source].id == row.id; });
        const auto name = wire::Name::parse(row.id);
        return std::ranges::any_of(targets, [&](const policy::Target& target) {
            return target.domain && name && name->is_below_or_equal(*target.domain);
        });
    }));
}

/// Directives at the same step or a stricter one that take some of it for all of these clients.
Json taken_already(const policy::Policy& policy, std::uint32_t index, const std::vector<Taken>& taken) {
    const auto& all = policy.options().directives;
    Json rows = Json::array();
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        const policy::Step step = policy.step_of(i);
        if (i == index || step < all[index].step || !covers_all_of(policy.options(), all[i], all[index])) continue;
        const std::size_t count = count_taken(policy, i, taken);
        if (count > 0)
            rows.push_back({{"id", all[i].id},
                            {"step", policy::step_to_text(step)},
                            {"count", count},
                            {"all", count == taken.size()}});
    }
    return rows;
}

}  // namespace

Json rule_effects(const Running& running, const policy::Policy& would_be, const Diagnostics& remarks,
                  const std::string& id) {
    Json takes = Json::array();
    Json effects{{"whom", Json::array()}, {"asked", Json::array()}, {"taken_already", Json::array()}};
    Json notes = Json::array();
    for (const Diagnostic& remark : remarks.all())
        if (remark.text.find(id) != std::string::npos) notes.push_back(remark.text);
    const auto& directives = would_be.options().directives;
    const auto found = std::ranges::find(directives, id, &Directive::id);
    if (found != directives.end()) {
        const auto index = static_cast<std::uint32_t>(found - directives.begin());
        const std::vector<Taken> taken = taken_by(would_be, index);
        for (const Taken& row : taken)
            takes.push_back({{"id", row.id}, {"kind", row.kind}, {"target", row.target}, {"names", row.names}});
        effects["whom"] = clients_of(would_be.options(), *found);
        effects["asked"] = queries_of(running, would_be.options(), *found, taken);
        effects["taken_already"] = taken_already(would_be, index, taken);
        for (const policy::Target& target : found->targets)
            if (!target.note.empty()) notes.push_back(target.note);
    }
    effects["takes"] = std::move(takes);
    effects["notes"] = std::move(notes);
    return effects;
}

bool nested(const Directive& a, const Directive& b) {
    for (const policy::Target& x : a.targets)
        for (const policy::Target& y : b.targets)
            if (x.domain && y.domain &&
                (x.domain->is_below_or_equal(*y.domain) || y.domain->is_below_or_equal(*x.domain)))
                return true;
    return false;
}

}  // namespace cenote::daemon
