// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/frame.h"

#include <fmt/format.h>

#include <array>

#include "resolver/charts/charts.h"
#include "resolver/document/document.h"

namespace cenote::pages {
namespace {

using charts::escaped;

struct Entry {
    std::string_view id, path;
    bool inspects = false;  // only for those who may see clients and single queries
};
constexpr std::array kEntries{
    Entry{"overview", "/"},       Entry{"services", "/services"},     Entry{"directives", "/directives"},
    Entry{"groups", "/groups"},   Entry{"exceptions", "/exceptions"}, Entry{"bypass", "/bypass"},
    Entry{"proof", "/proof"},     Entry{"live", "/live", true},       Entry{"log", "/log", true},
    Entry{"reports", "/reports"}, Entry{"health", "/health"},         Entry{"audit", "/audit"},
    Entry{"privacy", "/privacy"}};

std::string fact(const Words& words, std::string_view key, const std::string& value) {
    return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(words.say(key)),
                       escaped(value.empty() ? words.say("head.unknown") : value));
}

std::string badge(const Words& words, const Surroundings& around) {
    if (!around.problems)
        return fmt::format("<a class=\"badge bad\" href=\"/health\">{}</a>\n", escaped(words.say("head.unreachable")));
    const std::size_t n = *around.problems;
    const std::string text = n == 0   ? words.say("head.well")
                             : n == 1 ? words.say("head.problem")
                                      : words.say("head.problems", {{"n", std::to_string(n)}});
    return fmt::format("<a class=\"badge {}\" href=\"/health\">{}</a>\n", n == 0 ? "good" : "warn", escaped(text));
}

/// The address of the page in another language, with all of its query.
std::string in_language(const Request& request, std::string_view tag) {
    std::string query;
    for (const auto& [name, value] : request.query)
        if (name != "lang") query += fmt::format("{}={}&", encoded(name), encoded(value));
    return fmt::format("?{}lang={}", query, tag);
}

std::string languages(const Site& site, const Words& words) {
    std::string out = fmt::format("<span class=\"languages\" role=\"group\" aria-label=\"{}\">\n",
                                  escaped(words.say("head.language")));
    for (const auto& [tag, name] : {std::pair("en", "English"), std::pair("ko", "한국어")}) {
        const bool current = document::language_tag(site.request.language) == tag;
        out += fmt::format("<a href=\"{}\" lang=\"{}\" hreflang=\"{}\"{}>{}</a>\n",
                           escaped(in_language(site.request, tag)), tag, tag, current ? " aria-current=\"true\"" : "",
                           name);
    }
    return out + "</span>\n";
}

std::string explain_form(const Site& site, const Words& words) {
    const auto input = [&](std::string_view name) {
        return fmt::format(
            "<label><span>{}</span><input name=\"{}\" value=\"{}\" autocomplete=\"off\" "
            "spellcheck=\"false\" maxlength=\"300\"{}></label>\n",
            escaped(words.say(fmt::format("explain.{}", name))), name,
            site.request.path == "/explain" ? escaped(site.request.value(std::string(name))) : "",
            name == "name" ? " required" : "");
    };
    return fmt::format(
        "<form class=\"explain\" action=\"/explain\" method=\"get\" role=\"search\" "
        "aria-label=\"{}\">\n{}{}{}<button>{}</button>\n</form>\n",
        escaped(words.say("explain.title")), input("name"), input("client"),
        site.request.path == "/explain" ? input("identity") : "", escaped(words.say("explain.submit")));
}

std::string text_field(std::string_view label, std::string_view name, std::string_view value,
                       std::string_view example) {
    return fmt::format(
        "<label><span>{}</span><input name=\"{}\" value=\"{}\" placeholder=\"{}\" "
        "autocomplete=\"off\" spellcheck=\"false\" maxlength=\"100\"></label>\n",
        escaped(label), name, escaped(value), example);
}

std::string choice(const Words& words, std::string_view name, const std::vector<std::string>& all,
                   std::string_view chosen, std::string_view nothing) {
    std::string out =
        fmt::format("<label><span>{}</span><select name=\"{}\">\n<option value=\"\">{}</option>\n",
                    escaped(words.say(name == "since" ? "range.since_label" : fmt::format("range.{}", name))), name,
                    escaped(nothing));
    bool known = chosen.empty();
    const auto option = [&](std::string_view id) {
        known = known || id == chosen;
        out += fmt::format("<option{}>{}</option>\n", id == chosen ? " selected" : "", escaped(id));
    };
    for (const std::string& id : all) option(id);
    if (!known) option(chosen);
    return out + "</select></label>\n";
}

std::string range_form(const Site& site, const Words& words, const Range& range, const Surroundings& around) {
    const bool open = range.word.empty() || !range.trouble.empty();
    std::string out = fmt::format("<details class=\"more\"{}>\n<summary>{}</summary>\n<form method=\"get\">\n",
                                  open ? " open" : "", escaped(words.say("range.more")));
    if (!range.word.empty() && range.word != "7d")
        out += fmt::format("<input type=\"hidden\" name=\"range\" value=\"{}\">\n", escaped(range.word));
    out += text_field(words.say("range.from"), "from", site.request.value("from"), "2026-11-30 09:00");
    out += text_field(words.say("range.to"), "to", site.request.value("to"), "2026-11-30");
    out += choice(words, "since", around.directives, range.since, "–");
    out += choice(words, "group", around.groups, range.group, words.say("range.all"));
    out += text_field(words.say("range.service"), "service", range.service, "chatgpt");
    out += choice(words, "directive", around.directives, range.directive, words.say("range.all"));
    return out + fmt::format("<button>{}</button>\n</form>\n</details>\n", escaped(words.say("range.show")));
}

std::string filters(const Site& site, const Words& words, const Range& range) {
    std::string out;
    for (const auto& [name, value] : {std::pair("group", range.group), std::pair("service", range.service),
                                      std::pair("directive", range.directive)})
        if (!value.empty())
            out += fmt::format(" <span class=\"chip\">{}: {}</span>", escaped(words.say(fmt::format("range.{}", name))),
                               escaped(value));
    if (out.empty()) return out;
    const std::string without =
        address_of(site.request, site.request.path, {{"group", ""}, {"service", ""}, {"directive", ""}});
    return fmt::format("<p class=\"filters\">{}:{} <a href=\"{}\">{}</a></p>\n", escaped(words.say("range.active")),
                       out, escaped(without), escaped(words.say("range.clear")));
}

}  // namespace

std::string head_html(Language language, std::string_view title, std::string_view script) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
        "dark\">\n<title>{} – Cenote</title>\n<link rel=\"icon\" href=\"/assets/icon.svg\" "
        "type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"/assets/style.css\">\n<script type=\"module\" "
        "src=\"/assets/page.mjs\"></script>\n{}</head>\n",
        document::language_tag(language), escaped(title),
        script.empty() ? std::string()
                       : fmt::format("<script type=\"module\" src=\"{}\"></script>\n", escaped(script)));
}

std::string header_html(const Site& site, const Words& words, const Surroundings& around) {
    return fmt::format(
        "<header class=\"top\">\n<a class=\"brand\" href=\"/\"><img src=\"/assets/icon.svg\" alt=\"\" width=\"28\" "
        "height=\"28\"><span>Cenote</span></a>\n<dl class=\"where\">\n{}{}{}</dl>\n{}{}<div class=\"who\">\n<span>{} "
        "<b>{}</b></span>\n<form method=\"post\" "
        "action=\"/sign-out\"><button>{}</button></form>\n{}</div>\n</header>\n",
        fact(words, "head.node", around.node), fact(words, "head.policy", around.policy),
        fact(words, "head.zone", around.zone), badge(words, around), explain_form(site, words),
        escaped(words.say("head.user")), escaped(site.user.name), escaped(words.say("head.sign_out")),
        languages(site, words));
}

std::string navigation_html(const Site& site, const Words& words, std::string_view current) {
    std::string out = fmt::format("<nav class=\"pages\" aria-label=\"{}\">\n<ul>\n", escaped(words.say("nav.label")));
    for (const Entry& entry : kEntries) {
        if (entry.inspects && !site.user.may_inspect) continue;
        out += fmt::format("<li><a href=\"{}\"{}>{}</a></li>\n", escaped(address_of(site.request, entry.path)),
                           entry.id == current ? " aria-current=\"page\"" : "",
                           escaped(words.say(fmt::format("nav.{}", entry.id))));
    }
    return out + "</ul>\n</nav>\n";
}

std::string range_html(const Site& site, const Words& words, const Range& range, const Surroundings& around) {
    std::string out = fmt::format("<div class=\"range\" role=\"group\" aria-label=\"{}\">\n<ul>\n",
                                  escaped(words.say("range.label")));
    for (const std::string_view word : kRangeWords)
        out += fmt::format("<li><a href=\"{}\"{}>{}</a></li>\n",
                           escaped(address_of(site.request, site.request.path,
                                              {{"range", word}, {"from", ""}, {"to", ""}, {"since", ""}})),
                           word == range.word ? " aria-current=\"true\"" : "",
                           escaped(words.say(fmt::format("range.{}", word))));
    out += fmt::format("</ul>\n<p class=\"span\">{}</p>\n", escaped(range_text(words, range)));
    if (!range.since.empty())
        out += fmt::format("<p>{}</p>\n", escaped(words.say("range.since", {{"id", range.since}})));
    return out + filters(site, words, range) + range_form(site, words, range, around) + "</div>\n";
}

std::string footer_html(const Words& words, const Surroundings& around) {
    std::string out = "<footer class=\"foot\">\n";
    if (!around.counted.empty()) out += fmt::format("<p>{}</p>\n", escaped(around.counted));
    return out + fmt::format("<p>{}</p>\n</footer>\n", escaped(words.say("foot.reads_only")));
}

}  // namespace cenote::pages
