// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/pages/past.h"
#include "resolver/pages/render.h"

namespace cenote::pages {
namespace {

constexpr std::size_t kDigestShown = 12;
constexpr std::size_t kGapsNamed = 3;

void add_status(const Site& site, const Words& words, Surroundings& around) {
    const auto status = site.daemon.data("status");
    if (!status) {
        around.troubles.push_back(words.say("daemon.unreachable", {{"why", status.error().text}}));
        return;
    }
    around.node = text_at(*status, "node");
    const std::string digest = text_at(*status, "policy_digest");
    around.policy =
        fmt::format("{} ({})", number_at(*status, "policy_version").value_or(0), digest.substr(0, kDigestShown));
    around.problems = 0;
    for (const Json& problem : at(*status, "problems"))
        if (text_at(problem, "severity") != "notice") ++*around.problems;
}

std::vector<std::string> ids_of(const Site& site, const std::string& verb) {
    std::vector<std::string> ids;
    if (const auto rows = rows_from(site, verb))
        for (const Json& row : *rows) ids.push_back(text_at(row, "id"));
    return ids;
}

void check_filter(const Words& words, Surroundings& around, std::string_view kind, const std::string& id,
                  const std::vector<std::string>& known) {
    if (id.empty() || known.empty() || std::ranges::find(known, id) != known.end()) return;
    around.troubles.push_back(words.say(fmt::format("filter.unknown_{}", kind), {{"id", id}}));
}

}  // namespace

std::string counted_text(const Words& words, const Past& past) {
    if (!past.since) return past.trouble.empty() ? words.say("foot.nothing") : std::string();
    std::string text = words.say("foot.counted", {{"since", time_text(words, *past.since)}});
    if (past.gaps.empty()) return fmt::format("{} {}", text, words.say("foot.no_gaps"));
    std::string gaps;
    for (std::size_t i = 0; i < std::min(past.gaps.size(), kGapsNamed); ++i) {
        const history::Gap& gap = past.gaps[i];
        gaps += (i == 0 ? "" : "; ") + words.say("foot.gap", {{"from", time_text(words, gap.from)},
                                                              {"to", time_text(words, gap.to)},
                                                              {"why", words.word("why", gap.why)},
                                                              {"node", gap.node}});
    }
    if (past.gaps.size() > kGapsNamed)
        gaps += "; " + words.say("foot.more_gaps", {{"n", std::to_string(past.gaps.size() - kGapsNamed)}});
    return fmt::format("{} {}", text, words.say("foot.gaps", {{"gaps", gaps}}));
}

Surroundings surroundings_of(const Site& site, const Words& words, const Range* range) {
    Surroundings around;
    if (const auto ping = site.daemon.data("ping")) around.zone = text_at(*ping, "timezone");
    if (around.zone.empty()) around.zone = "UTC";
    add_status(site, words, around);
    if (range == nullptr) return around;
    if (!range->trouble.empty()) around.troubles.push_back(range->trouble);
    around.groups = ids_of(site, "groups");
    around.directives = ids_of(site, "directives");
    check_filter(words, around, "group", range->group, around.groups);
    check_filter(words, around, "directive", range->directive, around.directives);
    if (!range->service.empty()) check_filter(words, around, "service", range->service, ids_of(site, "services"));
    const Past extent = extent_of(site, *range);
    if (!extent.trouble.empty()) around.troubles.push_back(extent.trouble);
    around.counted = counted_text(words, extent);
    return around;
}

}  // namespace cenote::pages
