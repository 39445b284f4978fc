// SPDX-License-Identifier: Apache-2.0
//
// services: the catalogue of AI services, as the daemon has it in force, otherwise as its files have it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "blocklists/gaps.h"
#include "resolver/base/letter_case.h"
#include "resolver/base/printable.h"
#include "resolver/report/fields.h"
#include "resolver/report/popular_names.h"
#include "resolver/report/services.h"
#include "tools/cenote/catalogue_files.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/service_page.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::string_view kUsualAge = "true";  // what the parser gives for a flag without a value

struct ServicesFlags {
    std::string id;  // empty: all
    std::string vendor;
    std::string category;
    std::string jurisdiction;
    std::string stale;  // days, or kUsualAge; empty: not asked for
    bool gaps = false;
    bool json = false;
};

Result<Json> services_from_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    const auto set = session.set();
    if (set && *set != nullptr) return report::services_json(**set);
    Diagnostics ignored;
    return report::services_json(blocklists::load_catalogue((*settings)->services, ignored));
}

/// Nothing is wrong with a filter of a word that some row has; another one would print nothing, as if all were well.
Status check_filters(const Json& rows, const ServicesFlags& flags) {
    for (const auto& [what, key, word] : {std::tuple{"vendor", field::kVendor, &flags.vendor},
                                          std::tuple{"category", field::kCategory, &flags.category},
                                          std::tuple{"jurisdiction", field::kJurisdiction, &flags.jurisdiction}}) {
        std::vector<std::string> known;
        for (const auto& row : rows) {
            const auto value = row.value(key, Json());
            for (const auto& one : value.is_array() ? value : Json::array({value})) known.push_back(cell(one));
        }
        const bool found = std::any_of(known.begin(), known.end(),
                                       [&, w = word](const std::string& one) { return equal_folded(one, *w); });
        if (!word->empty() && !found) return no_such_word(what, *word, std::move(known));
    }
    return Done{};
}

Json filtered(const Json& rows, const ServicesFlags& flags) {
    Json kept = Json::array();
    for (const auto& row : rows) {
        const auto categories = row.value(field::kCategory, Json::array());
        const bool category = flags.category.empty() ||
                              std::any_of(categories.begin(), categories.end(),
                                          [&](const Json& one) { return equal_folded(cell(one), flags.category); });
        const bool vendor = flags.vendor.empty() || equal_folded(cell(row, field::kVendor), flags.vendor);
        const bool jurisdiction =
            flags.jurisdiction.empty() || equal_folded(cell(row, field::kJurisdiction), flags.jurisdiction);
        const bool stale = flags.stale.empty() || row.value(field::kStale, false);
        if (category && vendor && jurisdiction && stale) kept.push_back(row);
    }
    return kept;
}

std::string seen_day(const Json& row) {
    const auto seen = row.value(field::kSeen, Json());
    return seen.is_object() ? cell(seen, field::kDay) : "none";
}

void print_services(const Json& rows) {
    Table table({"SERVICE", "VENDOR", "CC", "NAMES", "SEEN", "CATEGORY", "NAME"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kVendor), cell(row, field::kJurisdiction),
                   cell(row, field::kDomains), seen_day(row) + (row.value(field::kStale, false) ? " stale" : ""),
                   cell(row, field::kCategory), cell(row, field::kName)});
    table.print();
}

/// nullopt: no number of days.
std::optional<std::chrono::days> days_of(const std::string& text) {
    constexpr int kDaysMax = 36500;
    int days = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && days >= 1 && days <= kDaysMax ? std::optional(std::chrono::days(days)) : std::nullopt;
}

/// Adds a row without names for each service without a query; none where the history is too short.
void add_unused(const Result<Json>& unused, Json& rows) {
    if (!unused || !unused->is_object()) return;
    for (const Json& service : unused->value(field::kServices, Json::array()))
        rows.push_back({{field::kId, service},
                        {field::kQueries, 0},
                        {field::kClients, nullptr},
                        {field::kBeside, nullptr},
                        {field::kService, service},
                        {field::kDays, unused->value(field::kDays, Json())}});
}

void print_unused(Session& session, const Result<Json>& unused) {
    if (!unused) return print_line("services without a query are not known: " + unused.error().text);
    if (!unused->is_object()) return;
    const std::string days = cell(*unused, field::kDays);
    if (!unused->value(field::kEnough, false)) {
        const std::string since = cell(session.json_at_site(*unused), field::kSince);
        return print_line(fmt::format(
            "services without a query in {} days are not known yet: this node has {}", days,
            since == "-" ? "counted nothing so far"
                         : fmt::format("counted since {}, with gaps of {}", since, cell(*unused, field::kGaps))));
    }
    const auto services = unused->value(field::kServices, Json::array());
    print_line(services.empty()
                   ? fmt::format("every service that a directive covers for everyone was asked for in {} days", days)
                   : fmt::format("no query in {} days, under directives for everyone: {}", days, cell(services)));
}

/// Names that at least a few clients ask for, as the daemon samples them: who may see `top` may see them.
Exit gaps(Session& session, const ServicesFlags& flags) {
    constexpr int kNamesMax = 1000;
    const auto catalogue = catalogue_of_files(session);
    if (!catalogue) return fail(session.settings().error());
    const auto unused = session.ask("services-unused", Json::object());
    const auto names = session.ask(
        "top", {{field::kWhat, "names"}, {field::kRows, kNamesMax}, {field::kClients, report::kPopularClientsMin}});
    if (!names) return fail(names.error());
    Json rows = Json::array();
    for (const auto& row : *names) {
        const auto name = wire::Name::parse(row.value(field::kName, ""));
        const auto gap = name ? blocklists::find_gap(*catalogue, *name) : std::nullopt;
        if (gap)
            rows.push_back({{field::kId, row.value(field::kName, "")},
                            {field::kQueries, row.value(field::kQueries, Json())},
                            {field::kClients, row.value(field::kClients, Json())},
                            {field::kBeside, gap->beside.to_string()},
                            {field::kService, gap->service}});
    }
    if (flags.json) {
        add_unused(unused, rows);
        print_json(rows);
        return Exit::Done;
    }
    if (rows.empty()) fmt::print("no name that is asked for is beside a listed host\n");
    Table table({"NAME", "QUERIES", "CLIENTS", "BESIDE", "SERVICE"});
    for (const auto& row : rows)
        table.add({name_cell(row, field::kId), cell(row, field::kQueries), cell(row, field::kClients),
                   cell(row, field::kBeside), cell(row, field::kService)});
    if (!rows.empty()) table.print();
    print_unused(session, unused);
    return Exit::Done;
}

/// The daemon has the services alone: their names and dates are in the files that the configuration names.
void note_no_catalogue(Session& session) {
    const std::string why = session.settings().error().text;
    fmt::print(stderr,
               "cenote: names, dates and --stale need the catalogue's files, which the configuration names: give "
               "--config or CENOTE_CONFIG ({})\n",
               printable(why.substr(0, why.find('\n'))));
}

Exit services(Session& session, const ServicesFlags& flags) {
    if (flags.gaps) return gaps(session, flags);
    auto rows = session.ask_or_read("services", Json::object(), [&] { return services_from_files(session); });
    if (!rows) return fail(rows.error());
    const auto catalogue = catalogue_of_files(session);
    if (!catalogue) note_no_catalogue(session);
    const auto limit = days_of(flags.stale);
    for (auto& row : *rows) report::add_evidence(row, find_service(catalogue, row), limit, wall_now());
    if (flags.id.empty()) {
        if (const auto known = check_filters(*rows, flags); !known) return wrong_command_line(known.error());
        const auto kept = filtered(*rows, flags);
        flags.json ? print_json(kept) : print_services(kept);
        return Exit::Done;
    }
    auto row = find_row(*rows, flags.id, "service");
    if (!row) return fail(row.error());
    (*row)[field::kHosts] = report::hosts_json(find_service(catalogue, *row));
    flags.json ? print_json(Json::array({*row})) : print_service(*row);
    return Exit::Done;
}

}  // namespace

void add_services(Verbs& verbs) {
    CLI::App* verb = verbs.add("services", "The AI services that are known; with an ID all of one");
    const auto flags = std::make_shared<ServicesFlags>();
    verb->add_option("ID", flags->id, "One service, by its id, an alias or its name")->type_name("");
    verb->add_option("--vendor", flags->vendor, "Only of this vendor")->type_name("NAME");
    verb->add_option("--category", flags->category, "Only of this category")->type_name("NAME");
    verb->add_option("--jurisdiction", flags->jurisdiction, "Only of this jurisdiction")->type_name("CC");
    verb->add_flag("--stale", flags->stale,
                   "Only those whose newest evidence is older than DAYS, by default 30 for the most used and 90 for "
                   "others")
        ->option_text("[=DAYS]")
        ->check([](const std::string& text) {
            return text == kUsualAge || days_of(text) ? std::string()
                                                      : fmt::format("'{}' is no number of days from 1 to 36500", text);
        });
    verb->add_flag("--gaps", flags->gaps,
                   "Names that people ask for, in no service, beside a listed host; asks the daemon");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return services(session, *flags); });
}

}  // namespace cenote::cli
