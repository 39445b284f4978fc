// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/pages/directive_records.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/sheet.h"
#include "resolver/pages/use_blocks.h"

namespace cenote::pages {
namespace {

/// "12 d", "over"; "–" where it has no such time.
std::string left_until(const Site& site, const Words& words, const Json& at) {
    if (!at.is_string()) return "–";
    const auto time = parse_time(at.get<std::string>());
    if (!time) return "–";
    if (*time <= site.now) return words.say("left.over");
    const seconds left = *time - site.now;
    return words.span(Json((left >= kDay ? left / kDay * kDay : left / seconds(60) * seconds(60)).count()));
}

/// "2026-12-20 09:00 KST (20 d)"; "–" where it has no such time.
std::string with_time_left(const Site& site, const Words& words, const Json& at) {
    return at.is_string() ? fmt::format("{} ({})", words.time(at), left_until(site, words, at)) : "–";
}

/// "2026-12-06 09:00 KST: restrict"; behind its end, and outside of its weekly hours, it has none.
std::string next_text(const Words& words, const Json& row) {
    const std::string step = text_at(row, "next_step");
    return fmt::format("{}: {}", words.time(at(row, "changes")),
                       step.empty() || step == "none" ? words.say("directive.no_step") : words.word("step", step));
}

document::Table directives_table(const Site& site, const Words& words, const Past& past, const Json& directives,
                                 bool ended) {
    document::Table table{ended ? "ended" : "directives",
                          words.say(ended ? "table.ended" : "table.directives"),
                          {{"directive", words.say("col.directive")},
                           {"title", words.say("col.title")},
                           {"state", words.say("col.state")},
                           {"step", words.say("col.step")},
                           {"groups", words.say("col.groups")},
                           {"targets", words.say("col.targets")},
                           {"queries", words.say("col.queries"), true},
                           {"change", words.say("col.change")},
                           {"ends", words.say("col.ends")},
                           {"left", words.say("col.left")},
                           {"review", words.say("col.review_due")}},
                          {},
                          ""};
    for (const Json& row : directives) {
        const std::string state = text_at(row, "state");
        if ((state == "lifted" || state == "lapsed") != ended) continue;
        const std::string id = text_at(row, "id");
        const Use* use = find_use(past.directives, id);
        static const Use kNone;
        table.rows.push_back(
            {text_cell(id, address_of(site.request, fmt::format("/directives/{}", encoded(id)), {{"directive", ""}})),
             text_cell(words.title(at(row, "title"))),
             {state_text(words, row), state},
             word_cell(words, "step", text_at(row, ended ? "step" : "step_now")),
             {words.list(at(row, "groups")), words.list(at(row, "groups"))},
             {words.list(at(row, "targets")), words.list(at(row, "targets"))},
             number_cell(words, past.counted((use == nullptr ? kNone : *use).now.total())),
             use == nullptr ? document::Cell{"–", ""} : change_cell(words, past, *use),
             time_cell(words, at(row, "ends")),
             text_cell(ended ? "–" : left_until(site, words, at(row, "ends"))),
             time_cell(words, at(row, "review"))});
    }
    return table;
}

std::string deed_text(const Words& words, const Json& deed) {
    if (!deed.is_object()) return "–";
    std::string text = fmt::format("{}, {}", words.time(at(deed, "at")), text_at(deed, "by"));
    for (const char* more : {"requester", "ref", "note"})
        if (const std::string value = text_at(deed, more); !value.empty()) text += fmt::format(" · {}", value);
    return text;
}

std::string planned_text(const Words& words, const Json& directive) {
    std::string text;
    for (const Json& step : at(directive, "planned"))
        text += fmt::format("{}{} {}", text.empty() ? "" : "; ", words.time(at(step, "at")),
                            words.word("step", text_at(step, "step")));
    return or_dash(text);
}

document::Facts facts_of(const Site& site, const Words& words, const Json& row) {
    document::Facts facts;
    const auto add = [&](std::string_view key, const std::string& value) {
        facts.rows.emplace_back(words.say(key), or_dash(value));
    };
    const auto text = [&](std::string_view key, std::string_view path) { add(key, text_at(row, path)); };
    add("col.state", state_text(words, row));
    add("directive.step_now", words.word("step", text_at(row, "step_now")));
    if (const std::string why = text_at(row, "now_because"); !why.empty())
        add("directive.because", words.word("because", why));
    if (at(row, "changes").is_string()) add("directive.next", next_text(words, row));
    add("col.targets", words.list(at(row, "targets")));
    add("col.groups", words.list(at(row, "groups")));
    add("directive.starts", words.time(at(row, "starts")));
    add("directive.planned", planned_text(words, row));
    add("col.ends", with_time_left(site, words, at(row, "ends")));
    add("col.review_due", with_time_left(site, words, at(row, "review")));
    text("directive.issuer", "issuer");
    text("directive.basis", "basis");
    text("directive.mandated_by", "mandated_by");
    add("directive.layer", words.word("layer", text_at(row, "layer")));
    text("directive.hours", "hours");
    text("directive.contact", "contact");
    text("directive.exceptions_max", "exceptions_max");
    add("directive.made", deed_text(words, at(row, "made")));
    if (at(row, "ended").is_object()) add("directive.ended", deed_text(words, at(row, "ended")));
    text("directive.origin", "origin");
    return facts;
}

PageSection document_section(const Words& words, const Json& row) {
    PageSection section{"document", words.say("section.document"), {}};
    document::Facts reasons;
    for (const auto& [language, text] : at(row, "reason").items())
        if (text.is_string()) reasons.rows.emplace_back(language, text.get<std::string>());
    if (!reasons.rows.empty()) {
        section.blocks.emplace_back(document::Heading{words.say("directive.reasons")});
        section.blocks.emplace_back(std::move(reasons));
    }
    section.blocks.emplace_back(document::Heading{words.say("directive.document")});
    section.blocks.emplace_back(document::Verbatim{text_at(row, "toml")});
    return section;
}

/// All queries for the services that it takes, whatever decided about them: before it, under it and after it.
void add_effect(const Words& words, const Past& past, const Json& row, const Json& services,
                const std::vector<Edge>& edges, PageSection& section) {
    Past covered{.range = past.range,
                 .smallest = past.smallest,
                 .since = past.since,
                 .until = past.until,
                 .gaps = past.gaps,
                 .slots = past.slots};
    for (Slot& slot : covered.slots) slot.sums = {};
    for (const Use& use : past.services) {
        if (!takes(row, row_with(services, use.id))) continue;
        for (std::size_t i = 0; i < covered.slots.size(); ++i)
            for (std::size_t verdict = 0; verdict < kVerdictCount; ++verdict)
                covered.slots[i].sums.by[verdict] += use.columns[i].by[verdict];
        for (std::size_t verdict = 0; verdict < kVerdictCount; ++verdict) {
            covered.total.by[verdict] += use.now.by[verdict];
            covered.before.by[verdict] += use.before.by[verdict];
        }
    }
    section.blocks.emplace_back(document::Paragraph{words.say("effect.about")});
    section.blocks.emplace_back(use_tiles(words, covered, Wants::Counts));
    add_over_time(words, covered, edges, section);
}

PageSection exceptions_section(const Site& site, const Words& words, const std::string& id) {
    PageSection section{"exceptions", words.say("section.exceptions"), {}};
    const auto page = site.daemon.data("exceptions", {{"directive", id}});
    document::Table table{"exceptions",
                          words.say("table.exceptions"),
                          {{"exception", words.say("col.exception")},
                           {"stage", words.say("col.state")},
                           {"purpose", words.say("col.purpose")},
                           {"ends", words.say("col.ends")},
                           {"queries", words.say("col.queries"), true}},
                          {},
                          ""};
    if (page)
        for (const Json& row : at(*page, "rows"))
            table.rows.push_back({text_cell(text_at(row, "id")),
                                  word_cell(words, "exception_state", text_at(row, "stage")),
                                  text_cell(text_at(row, "purpose")), time_cell(words, at(row, "ends")),
                                  number_cell(words, number_at(row, "queries"))});
    if (table.rows.empty())
        section.blocks.emplace_back(document::Paragraph{page ? words.say("exceptions.none") : page.error().text});
    else
        section.blocks.emplace_back(std::move(table));
    return section;
}

PageSection lines_section(const Words& words, const std::string& id, bool ended) {
    PageSection section{"lines", words.say("section.lines"), {}};
    if (!ended)
        section.blocks.emplace_back(Offer{words.say("offer.lift"), fmt::format("cenote directive lift {}", id)});
    section.blocks.emplace_back(Offer{words.say("offer.prove"), fmt::format("cenote prove {} --save", id)});
    section.blocks.emplace_back(Offer{words.say("offer.report"),
                                      fmt::format("cenote report --directive {} --format html --out report.html", id)});
    return section;
}

}  // namespace

Result<Page> directives_page(const Site& site) {
    const Words words = words_of(site);
    const auto directives = rows_from(site, "directives", {{"all", true}});
    if (!directives) return directives.error();
    const Past past = past_of(site, range_of(site, words), Wants::Counts);
    Page page{.title = words.say("nav.directives"), .nav = "directives"};
    document::Table in_force = directives_table(site, words, past, *directives, false);
    document::Table ended = directives_table(site, words, past, *directives, true);
    page.sections.push_back({"directives", words.say("section.directives"), {}});
    if (in_force.rows.empty())
        page.sections.back().blocks.emplace_back(document::Paragraph{words.say("directives.none")});
    else
        page.sections.back().blocks.emplace_back(std::move(in_force));
    page.sections.back().blocks.emplace_back(
        Offer{words.say("offer.block"), "cenote block SERVICE --everyone --for 30d"});
    page.sections.push_back({"time", words.say("section.time"), {}});
    add_over_time(words, past, edges_of(words, *directives, ""), page.sections.back());
    if (!ended.rows.empty()) page.sections.push_back({"ended", words.say("section.ended"), {std::move(ended)}});
    return page;
}

Result<Page> directive_page(const Site& site) {
    const Words words = words_of(site);
    const std::string id(name_in_path(site.request));
    const auto directives = rows_from(site, "directives", {{"all", true}});
    if (!directives) return directives.error();
    const Json& row = row_with(*directives, id);
    if (row.is_null()) {
        Page missing{.title = words.say("not_found.title"), .nav = "directives", .has_range = false, .status = 404};
        missing.sections.push_back(
            {"message", "", {document::Paragraph{words.say("filter.unknown_directive", {{"id", id}})}}});
        return missing;
    }
    Range range = range_of(site, words);
    range.directive.clear();
    const Past all = past_of(site, range, Wants::Counts);
    range.directive = id;
    const Past past = past_of(site, range, Wants::Counts);
    const auto edges = edges_of(words, *directives, id);
    const std::string title = words.title(at(row, "title"));
    const std::string state = text_at(row, "state");
    Page page{.title = title == "–" || title.empty() ? id : fmt::format("{}: {}", id, title), .nav = "directives"};
    page.sections.push_back({"facts", "", {facts_of(site, words, row)}});
    page.sections.back().blocks.emplace_back(
        Links{{{words.say("range.since", {{"id", id}}),
                address_of(site.request, site.request.path, {{"since", id}, {"range", ""}, {"from", ""}, {"to", ""}})},
               {words.say("nav.proof"), address_of(site.request, "/proof", {{"directive", id}})},
               {words.say("nav.audit"), "/audit?about=" + encoded(id)}}});
    page.sections.push_back({"effect", words.say("section.effect"), {}});
    add_effect(words, all, row, rows_of(site, "services"), edges, page.sections.back());
    page.sections.push_back({"groups", words.say("section.hits"), {use_tiles(words, past, Wants::Counts)}});
    add_groups(site, words, past, rows_of(site, "groups"), page.sections.back());
    page.sections.push_back({"services", words.say("section.services"), {}});
    add_services(site, words, past, rows_of(site, "services"), page.sections.back());
    page.sections.push_back(exceptions_section(site, words, id));
    page.sections.push_back(proof_section(site, id));
    page.sections.push_back(records_section(site, id));
    page.sections.push_back(document_section(words, row));
    page.sections.push_back(lines_section(words, id, state == "lifted" || state == "lapsed"));
    return page;
}

}  // namespace cenote::pages
