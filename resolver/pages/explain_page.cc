// SPDX-License-Identifier: Apache-2.0
//
// /explain: the verdict for a name and a client or a group, each step to it, what opens it, and lines to change it.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/address.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

/// Where a group's clients are: an address of it that lies in no narrower group.
Result<std::string> client_of_group(const Sheet& sheet, const Site& site, const std::string& group) {
    const auto groups = rows_from(site, "groups");
    if (!groups) return groups.error();
    std::vector<std::pair<Prefix, std::string>> prefixes;
    for (const Json& row : *groups)
        for (const Json& client : at(row, "clients"))
            if (const auto prefix = client.is_string() ? Prefix::parse(client.get<std::string>()) : std::nullopt)
                prefixes.emplace_back(*prefix, text_at(row, "id"));
    bool known = false;
    for (const auto& [prefix, id] : prefixes) {
        if (id != group) continue;
        known = true;
        const auto narrower = [&group, &own = prefix](const std::pair<Prefix, std::string>& other) {
            return other.second != group && other.first.mapped_length() > own.mapped_length() &&
                   other.first.contains(own.ip());
        };
        if (std::ranges::none_of(prefixes, narrower)) return prefix.ip().to_string();
    }
    const bool by_identity = std::ranges::any_of(
        *groups, [&group](const Json& row) { return text_at(row, "id") == group && at(row, "clients").empty(); });
    return Error{sheet.say(by_identity ? "explain_page.group_of_identities"
                           : known     ? "explain_page.group_within"
                                       : "explain_page.no_group",
                           {{"group", group}})};
}

std::string service_link(const Json& answer) {
    const std::string service = text_at(answer, "service");
    return service.empty() ? "" : "/services/" + encoded(service);
}

void add_verdict(Sheet& sheet, const Json& answer, const std::string& group) {
    const Words& words = sheet.words();
    const std::string verdict = text_at(answer, "verdict");
    const std::string name = text_at(answer, "unicode").empty()
                                 ? text_at(answer, "name")
                                 : fmt::format("{} ({})", text_at(answer, "unicode"), text_at(answer, "name"));
    sheet.section("verdict", sheet.say("explain_page.verdict"));
    const bool limits = verdict == "block" || verdict == "restrict" || verdict == "refused";
    sheet.add(
        document::Points{{{words.word("verdict", verdict),
                           limits                 ? "red"
                           : verdict == "forward" ? "green"
                                                  : "amber",
                           sheet.say("explain_page.answer",
                                     {{"name", name},
                                      {"answer", sentence_text(words, "explain_answer", at(answer, "sentences.answer"),
                                                               text_at(answer, "answer"))}}),
                           ""}}});
    document::Facts facts{{{sheet.say("explain_page.client"),
                            group.empty() ? text_at(answer, "client")
                                          : sheet.say("explain_page.of_group",
                                                      {{"client", text_at(answer, "client")}, {"group", group}})},
                           {sheet.say("explain_page.identity"), text_or_dash(answer, "identity")},
                           {sheet.say("column.groups_of"), words.list(at(answer, "groups"))},
                           {sheet.say("column.service"), text_or_dash(answer, "service_name")},
                           {sheet.say("column.jurisdiction"), text_or_dash(answer, "jurisdiction")},
                           {sheet.say("explain_page.list"), text_or_dash(answer, "list")},
                           {sheet.say("column.directive"), text_or_dash(answer, "directive")},
                           {sheet.say("explain_page.matched"), text_or_dash(answer, "matched")},
                           {sheet.say("explain_page.made"), text_or_dash(answer, "made.by")}}};
    if (at(answer, "until").is_string())
        facts.rows.emplace_back(sheet.say("column.until"), words.time(at(answer, "until")));
    if (at(answer, "changes").is_string())
        facts.rows.emplace_back(sheet.say("explain_page.changes"),
                                sheet.say("explain_page.changes.text",
                                          {{"at", words.time(at(answer, "changes"))},
                                           {"verdict", words.word("verdict", text_at(answer, "next_verdict"))}}));
    if (const std::string why = text_at(answer, "standing.text"); !why.empty())
        facts.rows.emplace_back(sheet.say("explain_page.standing"),
                                sentence_text(words, "standing", at(answer, "sentences.standing"), why));
    sheet.add(std::move(facts));
    Links links;
    if (const std::string link = service_link(answer); !link.empty())
        links.links.emplace_back(sheet.say("explain_page.to_service", {{"id", text_at(answer, "service")}}), link);
    if (const std::string id = text_at(answer, "directive"); !id.empty())
        links.links.emplace_back(sheet.say("proof_page.to_directive", {{"id", id}}), "/directives/" + encoded(id));
    for (const char* rule : {"allow", "exception"})
        if (const std::string id = text_at(answer, rule); !id.empty())
            links.links.emplace_back(sheet.say("audit_page.about", {{"id", id}}), "/audit?about=" + encoded(id));
    if (!links.links.empty()) sheet.add(std::move(links));
}

/// What opens the name now, and what would.
void add_opening(Sheet& sheet, const Site& site, const Json& answer, const std::string& group) {
    sheet.section("opens", sheet.say("explain_page.opens"));
    const std::string verdict = text_at(answer, "verdict");
    const std::string directive = text_at(answer, "directive");
    const std::string service = text_at(answer, "service");
    const std::string whom =
        !group.empty() ? "--group " + typed(group, "GROUP") : "--client " + typed(site.request.value("client"), "CIDR");
    if (const std::string id = text_at(answer, "suspension.id"); !id.empty())
        sheet.add(Offer{sheet.say("explain_page.suspended", {{"id", id}}), "cenote resume"});
    if (const std::string id = text_at(answer, "exception"); !id.empty())
        sheet.add(
            Offer{sheet.say("explain_page.by_exception", {{"id", id}}), "cenote exception revoke " + typed(id, "ID")});
    if (verdict == "allow") sheet.sentence(sheet.say("explain_page.by_allow", {{"id", text_or_dash(answer, "allow")}}));
    if (verdict == "restrict")
        sheet.add(Offer{sheet.say("explain_page.ask"),
                        fmt::format("cenote exception request --directive {} {} --for 7d --purpose TEXT",
                                    typed(directive, "ID"), whom)});
    if (verdict == "block") sheet.sentence(sheet.say("explain_page.blocked"));
    if (verdict == "restrict" || verdict == "block")
        sheet.add(Offer{sheet.say("explain_page.allow"),
                        fmt::format("cenote allow {} {}--for 1d", typed(text_at(answer, "name"), "NAME"),
                                    group.empty() ? "" : "--group " + typed(group, "GROUP") + " ")});
    if (verdict == "refused") sheet.sentence(sheet.say("explain_page.refused"));
    if (verdict == "local") sheet.sentence(sheet.say("explain_page.local"));
    const bool open = verdict == "forward" || verdict == "observe" || verdict == "advise";
    if (open && at(answer, "standing").is_null() && !service.empty())
        sheet.add(Offer{sheet.say("explain_page.restrict"),
                        fmt::format("cenote restrict {} --everyone --for 30d --dry-run", typed(service, "SERVICE"))});
    if (open && service.empty() && text_at(answer, "list").empty()) sheet.sentence(sheet.say("explain_page.unknown"));
    if (open && at(answer, "standing").is_object()) sheet.sentence(sheet.say("explain_page.stays_open"));
}

void add_steps(Sheet& sheet, const Json& answer, std::string_view typed_name) {
    sheet.section("steps", sheet.say("explain_page.steps"));
    document::Points points;
    if (size_at(answer, "notes") != 0)
        points.points.push_back(
            {"", "", sheet.say("explain_page.read_as", {{"typed", typed_name}, {"name", text_at(answer, "name")}}),
             ""});
    std::size_t number = 0;
    for (const Json& step : at(answer, "steps")) {
        if (step.is_string())
            points.points.push_back({"", "",
                                     sentence_text(sheet.words(), "explain_step", at(answer, "sentences.steps"), number,
                                                   step.get<std::string>()),
                                     ""});
        ++number;
    }
    sheet.add(std::move(points));
    std::string line = "cenote explain " + typed(text_at(answer, "name"), "NAME");
    line += " --client " + typed(text_at(answer, "client"), "IP");
    if (const std::string identity = text_at(answer, "identity"); !identity.empty())
        line += " --identity " + typed(identity, "WHO");
    line += " -v";
    sheet.add(Offer{sheet.say("explain_page.line"), line});
}

}  // namespace

Result<Page> explain_page(const Site& site) {
    Sheet sheet(site, "explain");
    const std::string name(site.request.value("name"));
    if (name.empty()) {
        sheet.sentence(sheet.say("explain_page.about"));
        return std::move(sheet).finish();
    }
    Json args{{"name", name}};
    // One field takes both: what is no address is a group.
    std::string client(site.request.value("client"));
    std::string group(site.request.value("group"));
    if (!client.empty() && !IpAddress::parse(client)) std::swap(client, group);
    if (client.empty() && !group.empty()) {
        auto found = client_of_group(sheet, site, group);
        if (!found) {
            sheet.failed(found.error());
            return std::move(sheet).finish();
        }
        client = std::move(*found);
    } else if (!client.empty()) {
        group.clear();
    }
    if (!client.empty()) args["client"] = client;
    for (const char* key : {"identity", "type", "at"})
        if (const auto value = site.request.value(key); !value.empty()) args[key] = value;
    const auto answer = site.daemon.data("explain", std::move(args));
    if (!answer) {
        sheet.failed(answer.error());
        return std::move(sheet).finish();
    }
    sheet.page().title = sheet.say("explain_page.title", {{"name", text_at(*answer, "name")}});
    add_verdict(sheet, *answer, group);
    add_opening(sheet, site, *answer, group);
    add_steps(sheet, *answer, name);
    return std::move(sheet).finish();
}

}  // namespace cenote::pages
