// SPDX-License-Identifier: Apache-2.0
//
// /live: hits of directives as they come. The page has the controls and an empty table, which live.mjs fills from the
// stream of events at /api/v1/tail.
#include <fmt/format.h>

#include <array>

#include "resolver/charts/charts.h"
#include "resolver/pages/event_stream.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/rule_pages.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

using charts::escaped;

constexpr std::array<const char*, 5> kLiveVerdicts{"observe", "advise", "restrict", "block", "exception"};
constexpr std::array<const char*, 6> kColumns{"at", "verdict", "name", "service", "group", "directive"};
constexpr std::array<const char*, 4> kFilters{"directive", "service", "group", "verdict"};
constexpr int kRowsKept = 500;

std::string stream_address(const Site& site) {
    std::string address = "/api/v1/tail";
    for (const char* key : kFilters)
        if (const auto value = site.request.value(key); !value.empty())
            address += fmt::format("{}{}={}", address.find('?') == std::string::npos ? '?' : '&', key, encoded(value));
    return address;
}

/// The words that live.mjs shows, as attributes: a script that is a file of its own has none.
std::string data_attributes(const Sheet& sheet, const Site& site, const std::string& zone) {
    std::string out = fmt::format(" data-stream=\"{}\" data-rows=\"{}\" data-zone=\"{}\"",
                                  escaped(stream_address(site)), kRowsKept, escaped(zone));
    for (const char* key : {"waiting", "open", "paused", "dropped", "ended", "lost", "pause", "continue", "summary"})
        out += fmt::format(" data-{}=\"{}\"", key, escaped(sheet.say(fmt::format("live_page.{}", key))));
    for (const char* verdict : kLiveVerdicts)
        out += fmt::format(" data-verdict-{}=\"{}\"", verdict, escaped(sheet.words().word("verdict", verdict)));
    return out;
}

std::string filter_form(const Sheet& sheet, const Site& site) {
    return fmt::format(
        "<form class=\"fields\" method=\"get\" action=\"/live\">\n{}{}{}{}<button>{}</button>\n</form>\n",
        text_input(sheet, site, "directive", "column.directive"), text_input(sheet, site, "service", "column.service"),
        text_input(sheet, site, "group", "column.group"), verdict_input(sheet, site, kLiveVerdicts),
        escaped(sheet.say("rule.filter")));
}

std::string live_html(const Sheet& sheet, const Site& site, const std::string& zone) {
    std::string head;
    for (const char* column : kColumns)
        head += fmt::format("<th scope=\"col\">{}</th>", escaped(sheet.say(fmt::format("column.{}", column))));
    return fmt::format(
        "{}<div id=\"live\"{}>\n<noscript><p>{}</p></noscript>\n"
        "<p class=\"controls\"><button id=\"live-pause\" type=\"button\" hidden>{}</button> "
        "<button id=\"live-clear\" type=\"button\" hidden>{}</button></p>\n"
        "<p id=\"live-state\" role=\"status\" aria-live=\"polite\"></p>\n<p id=\"live-dropped\" hidden></p>\n"
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"live-caption\">\n"
        "<table><caption id=\"live-caption\">{}</caption>\n<thead><tr>{}</tr></thead>\n"
        "<tbody id=\"live-rows\"></tbody></table>\n</div>\n</div>\n",
        filter_form(sheet, site), data_attributes(sheet, site, zone), escaped(sheet.say("live_page.no_script")),
        escaped(sheet.say("live_page.pause")), escaped(sheet.say("live_page.clear")),
        escaped(sheet.say("live_page.caption")), head);
}

}  // namespace

Result<Page> live_page(const Site& site) {
    Sheet sheet(site, "live");
    const auto ping = site.daemon.data("ping");
    if (!ping) {
        sheet.failed(ping.error());
    } else if (!site.user.may_inspect) {
        sheet.needs_inspect();
    } else {
        const std::string zone = text_at(*ping, "timezone");
        sheet.page().body_before = live_html(sheet, site, zone.empty() ? "UTC" : zone);
        sheet.page().script = "/assets/live.mjs";
        sheet.section("about", sheet.say("live_page.about.title"));
        sheet.sentence(sheet.say("live_page.about"));
    }
    sheet.section("line", sheet.say("rule.line"));
    std::string line = "cenote tail";
    for (const char* key : kFilters)
        if (const auto value = site.request.value(key); !value.empty())
            line += fmt::format(" --{} {}", key, typed(value, "ID"));
    sheet.add(Offer{sheet.say("live_page.line"), line});
    return std::move(sheet).finish();
}

Result<Reply> tail_reply(const Site& site) {
    if (!site.user.may_inspect) {
        Reply reply = json_reply({{"error", say(site.request.language, "rule.inspect")}});
        reply.status = 403;
        return reply;
    }
    Json args = Json::object();
    for (const char* key : kFilters)
        if (const auto value = site.request.value(key); !value.empty()) args[key] = value;
    Reply reply;
    reply.type = "text/event-stream";
    reply.stream = [daemon = &site.daemon, args](Reader& reader) {
        bool there = reader.write(event_comment());
        const Status ended = daemon->follow("tail", args, [&](const control::Response* part) {
            if (part == nullptr)
                there = there && reader.write(event_comment());
            else if (part->data.is_string())
                there = there && reader.write(events_of(part->data.get_ref<const std::string&>()));
            return there;
        });
        if (there)
            reader.write(event_text("end", Json{{"error", ended ? "" : ended.error().text}}.dump(
                                               -1, ' ', false, Json::error_handler_t::replace)));
    };
    return reply;
}

}  // namespace cenote::pages
