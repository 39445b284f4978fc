// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/exception_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"

namespace cenote::daemon {

using config::ExceptionDocument;
using config::Stage;

const policy::Directive* find_directive(const Running& running, const std::string& id) {
    const auto& all = running.enforcement().policy().options().directives;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.id == id; });
    return found == all.end() ? nullptr : &*found;
}

namespace {

/// The step that a directive will have had or has by now; what it was before its start does not count.
policy::Step highest_step(const policy::Directive& directive, policy::Step now) {
    policy::Step step = std::max(directive.step, now);
    for (const auto& planned : directive.planned) step = std::max(step, planned.step);
    return step;
}

}  // namespace

std::string unknown_directive(const Running& running, const std::string& id) {
    std::vector<std::string> known;
    for (const auto& each : running.enforcement().policy().options().directives) known.push_back(each.id);
    const std::string near = nearest(id, known);
    return fmt::format(
        "there is no directive '{}'{}", id,
        near.empty() ? std::string("; 'cenote directives' shows them") : fmt::format("; did you mean '{}'?", near));
}

std::string why_no_exceptions(const Running& running, const policy::Directive& directive) {
    const auto index =
        static_cast<std::uint32_t>(&directive - running.enforcement().policy().options().directives.data());
    const policy::Step now = running.enforcement().policy().step_of(index);
    if (running.enforcement().policy().state_of(index) == policy::DirectiveState::Lapsed)
        return fmt::format("directive {} has lapsed; nothing is closed by it", directive.id);
    if (std::max(now, directive.step) == policy::Step::Block)
        return fmt::format(
            "directive {} blocks, and block has no exceptions; whoever ordered it{} would have to lower "
            "its step to restrict",
            directive.id, directive.issuer.empty() ? std::string() : " (" + directive.issuer + ")");
    if (highest_step(directive, now) < policy::Step::Restrict)
        return fmt::format("directive {} closes nothing: its step is {}", directive.id,
                           policy::step_to_text(directive.step));
    return {};
}

namespace {

/// Whether the directive is for a client of this prefix.
bool covers(const Running& running, const policy::Directive& directive, const Prefix& client) {
    if (directive.groups.empty()) return true;
    for (const std::string& id : directive.groups) {
        if (id == "everyone") return true;
        for (const policy::Group& group : running.enforcement().policy().options().groups) {
            if (group.id != id) continue;
            for (const Prefix& prefix : group.clients)
                if (prefix.contains(client) || client.contains(prefix)) return true;
        }
    }
    return false;
}

}  // namespace

std::string why_not_client(const Running& running, const policy::Directive& directive, const Prefix& client) {
    const auto& limits = running.enforcement().loaded().settings.exceptions;
    const std::uint8_t widest = client.ip().is_v4() ? limits.widest4 : limits.widest6;
    if (client.length() < widest)
        return fmt::format("{} is wider than exceptions may be (/{}); name a narrower prefix or a group",
                           client.to_string(), widest);
    const auto& allowed = running.enforcement().loaded().settings.allow_from;
    if (std::none_of(allowed.begin(), allowed.end(), [&](const Prefix& prefix) { return prefix.contains(client); }))
        return fmt::format("server.allow_from refuses clients of {}; add that prefix there first", client.to_string());
    if (!covers(running, directive, client))
        return fmt::format("directive {} does not mean {}: it is for {}", directive.id, client.to_string(),
                           fmt::join(directive.groups, ", "));
    return {};
}

std::string why_not_group(const Running& running, const std::string& id) {
    if (id == "everyone") return "everyone is wider than an exception may be; lower the directive's step instead";
    std::vector<std::string> known;
    for (const auto& group : running.enforcement().policy().options().groups) known.push_back(group.id);
    if (std::find(known.begin(), known.end(), id) != known.end()) return {};
    const std::string near = nearest(id, known);
    return fmt::format(
        "unknown group '{}'; {}", id,
        near.empty() ? std::string("'cenote groups' shows them") : fmt::format("did you mean '{}'?", near));
}

std::string why_not_so_long(const Running& running, const policy::Directive& directive, WallTime from, WallTime to) {
    const milliseconds max = directive.exceptions_max.value_or(running.enforcement().loaded().settings.exceptions.max);
    if (to <= from) return fmt::format("{} has passed; an exception ends later than it begins", format_time(to));
    if (to - from > max)
        return fmt::format("exceptions from directive {} last {} at most, this one would last {}", directive.id,
                           format_duration(max), format_duration(to - from));
    if (directive.ends && to > *directive.ends)
        return fmt::format("it would outlive directive {}, which ends at {}; ask for no longer than that", directive.id,
                           format_time(*directive.ends));
    return {};
}

std::string why_not_as_at_home(const Running& running, const ExceptionDocument& document) {
    if (!config::is_open(document.stage)) return {};
    const policy::Directive* directive = find_directive(running, document.directive);
    policy::Directive unknown;  // it may come with the same import: whoever approves looks again
    unknown.id = document.directive;
    if (directive != nullptr && document.stage == Stage::Granted)
        if (auto why = why_no_exceptions(running, *directive); !why.empty()) return why;
    const policy::Directive& of = directive != nullptr ? *directive : unknown;
    if (auto why =
            document.client ? why_not_client(running, of, *document.client) : why_not_group(running, document.group);
        !why.empty())
        return why;
    const WallTime from = document.granted_at.value_or(document.asked_at);
    const auto& ends = document.ends;
    return ends ? why_not_so_long(running, of, from, *ends) : std::string();
}

}  // namespace cenote::daemon
