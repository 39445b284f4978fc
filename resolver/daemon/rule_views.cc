// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/rule_views.h"

#include <fmt/format.h>

#include "resolver/daemon/responses.h"
#include "resolver/report/allows.h"
#include "resolver/report/directives.h"
#include "resolver/report/verdicts.h"

namespace cenote::daemon {
namespace {

using control::Json;
using control::Peer;
using control::Request;
using control::Response;

/// The rows in force, and with `all` in the request the ended ones before them.
Response with_ended(const Running& running, const Request& request, Json in_force,
                    Json (*ended)(std::span<const state::Rule>, const report::StoryOf&)) {
    if (!request.args.value("all", false)) return done(std::move(in_force));
    const auto rules = running.rulebook().archive().rules();
    if (!rules) return fail(rules.error().text);
    Json rows = ended(*rules, story_of(running));
    for (Json& row : in_force) rows.push_back(std::move(row));
    return done(std::move(rows));
}

}  // namespace

report::StoryOf story_of(const Running& running) {
    return [&running](const std::string& id) {
        const auto& archive = running.rulebook().archive();
        const auto rule = archive.rule(id);
        if (!rule || !*rule) return report::RuleStory{};  // in a file: its records are those of reloads and edges
        const auto records = archive.records_of(id);
        return records ? report::story_in(*records) : report::RuleStory{};
    };
}

std::string suspended_by(const Running& running) {
    const std::string& id = running.enforcement().policy().options().suspension;
    if (id.empty()) return {};
    const auto made = story_of(running)(id).made;
    if (!made) return {};
    return fmt::format("{} ({}{}{})", made->actor, id, made->note.empty() ? "" : ": ", made->note);
}

Response directives(Running& running, const Peer&, const Request& request) {
    return with_ended(running, request,
                      report::directives_json(running.enforcement().policy(), wall_now(), story_of(running)),
                      report::lifted_directives_json);
}

Response allows(Running& running, const Peer&, const Request& request) {
    return with_ended(running, request,
                      report::allows_json(running.enforcement().policy(), wall_now(), story_of(running)),
                      report::ended_allows_json);
}

Response verdicts(Running& running, const Peer&, const Request& request) {
    auto rows = report::verdicts_json(running.enforcement().policy(), text_in(request, "service"), story_of(running));
    return rows ? done(std::move(*rows)) : fail(rows.error().text);
}

}  // namespace cenote::daemon
