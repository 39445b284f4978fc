// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/service_evidence.h"

#include <fmt/format.h>

#include "blocklists/catalogue.h"
#include "resolver/report/fields.h"
#include "resolver/report/services.h"

namespace cenote::pages {
namespace {

namespace field = report::field;

/// "2026-08-19, v2fly/domain-list-community, revision c975ccef"; "–" for null.
std::string seen_text(const Words& words, const Json& seen) {
    if (!seen.is_object()) return "–";
    const std::string day = text_at(seen, field::kDay);
    std::string text =
        fmt::format("{}, {}", day.empty() ? words.say("evidence.no_day") : day, text_at(seen, field::kSource));
    if (const std::string revision = text_at(seen, field::kRevision); !revision.empty())
        text += ", " + words.say("evidence.revision", {{"revision", revision}});
    return text;
}

document::Facts facts_of(const Words& words, const blocklists::Service& service, const Json& row) {
    const std::string checked = text_at(row, field::kChecked);
    return {{{words.say("evidence.taken"), words.say(service.by_default ? "domain.always" : "evidence.by_name")},
             {words.say("evidence.checked"), checked.empty() ? "–" : checked},
             {words.say("evidence.seen"), seen_text(words, at(row, field::kSeen))},
             {words.say("evidence.sources"), words.list(at(row, field::kEvidence))}}};
}

/// A domain without evidence of its own has that of the service.
document::Table domains_table(const Words& words, const Json& hosts, const Json& of_service) {
    document::Table table{"domains",
                          words.say("table.domains"),
                          {{"domain", words.say("col.domain")},
                           {"role", words.say("col.role")},
                           {"taken", words.say("col.taken")},
                           {"day", words.say("col.evidence_day")},
                           {"evidence", words.say("col.evidence")},
                           {"revision", words.say("col.revision"), false, true}},
                          {},
                          ""};
    for (const Json& host : hosts) {
        const std::string name = text_at(host, field::kName);
        const Json& seen = at(host, field::kSeen).is_object() ? at(host, field::kSeen) : of_service;
        const std::string day = text_at(seen, field::kDay);
        const std::string source = text_at(seen, field::kSource);
        const bool strict = at(host, field::kStrict) == Json(true);
        table.rows.push_back({text_cell(name, "/explain?name=" + encoded(name)),
                              word_cell(words, "role", text_at(host, field::kRole)),
                              {words.say(strict ? "domain.strict" : "domain.always"), strict ? "strict" : "always"},
                              {day.empty() ? "–" : day, day},
                              {source.empty() ? "–" : source, source},
                              text_cell(text_at(seen, field::kRevision))});
    }
    return table;
}

/// Folders and files that cannot be read. Mistakes inside of a file are left to `cenote update`, which reports them.
document::Points unread_of(const Words& words, const Diagnostics& diagnostics) {
    constexpr std::size_t kShown = 5;
    document::Points points;
    for (const Diagnostic& each : diagnostics.all())
        if (each.place.line == 0 && points.points.size() < kShown)
            points.points.push_back({words.say("evidence.unread"), "amber", each.to_string(), ""});
    return points;
}

}  // namespace

PageSection evidence_section(const Site& site, const Words& words, const std::string& service) {
    PageSection section{"domains", words.say("section.domains"), {}};
    Diagnostics diagnostics;
    const auto catalogue = blocklists::load_catalogue(site.services, diagnostics);
    if (auto unread = unread_of(words, diagnostics); !unread.points.empty())
        section.blocks.emplace_back(std::move(unread));
    if (const blocklists::Service* found = report::find_service(catalogue, service)) {
        Json row = Json::object();
        report::add_evidence(row, found, std::nullopt, site.now);
        section.blocks.emplace_back(document::Paragraph{words.say("evidence.about")});
        section.blocks.emplace_back(facts_of(words, *found, row));
        const auto usual = found->watched ? report::kWatchedFor : report::kSeenFor;
        if (at(row, field::kStale) == Json(true))
            section.blocks.emplace_back(
                document::Paragraph{words.say("evidence.stale", {{"n", std::to_string(usual.count())}})});
        section.blocks.emplace_back(domains_table(words, report::hosts_json(found), at(row, field::kSeen)));
    } else {
        section.blocks.emplace_back(document::Paragraph{words.say("evidence.none")});
    }
    section.blocks.emplace_back(Offer{words.say("offer.domains"), fmt::format("cenote services {}", service)});
    return section;
}

}  // namespace cenote::pages
