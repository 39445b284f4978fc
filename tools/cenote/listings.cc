// SPDX-License-Identifier: Apache-2.0
//
// lists, groups, directives.
#include "tools/cenote/listings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "resolver/report/directives.h"
#include "resolver/report/fields.h"
#include "resolver/report/lists.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct ListingFlags {
    std::string id;  // empty: all
    bool json = false;
    bool toml = false;
};

using FromFiles = Result<Json> (*)(Session& session);

Result<Json> lists_from_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    // Without a set the lists are still known; the rows show that they are in none.
    const auto set = session.set();
    return report::lists_json(report::read_list_states(**settings, set ? set->get() : nullptr), wall_now());
}

Result<Json> groups_from_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    return report::groups_json(*(*settings)->policy, {});
}

Result<Json> directives_from_files(Session& session) {
    const WallTime now = wall_now();
    const auto files = session.policy(now);
    if (!files) return files.error();
    return report::directives_json(*files->policy, now);
}

Result<Json> rows_of(Session& session, const char* verb, FromFiles from_files) {
    return session.ask_or_read(verb, Json::object(), [&] { return from_files(session); });
}

std::string age_text(const Json& row) {
    const auto age = row.find(field::kAge);
    if (age == row.end() || !age->is_number_integer()) return "-";
    const seconds whole(age->get<std::int64_t>());
    const seconds unit = whole >= seconds(172800) ? seconds(86400)
                         : whole >= seconds(7200) ? seconds(3600)
                                                  : seconds(60);
    return format_duration(whole < unit ? whole : whole - whole % unit);
}

void print_lists(const Json& rows) {
    Table table({"LIST", "FORMAT", "ENTRIES", "AGE", "SOURCE", "ERROR"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kFormat), cell(row, field::kEntries), age_text(row),
                   cell(row, field::kSource), cell(row, field::kError)});
    table.print();
}

/// "2874", or "2874 of 3000" where the number of clients is known.
std::string seen_text(const Json& row) {
    const std::string expected = cell(row, field::kClientsExpected);
    return expected == "-" ? cell(row, field::kClientsSeen)
                           : fmt::format("{} of {}", cell(row, field::kClientsSeen), expected);
}

void print_groups(const Json& rows) {
    Table table({"GROUP", "NAME", "CLIENTS", "SEEN", "LAST SEEN"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kName), cell(row, field::kClients), seen_text(row),
                   cell(row, field::kLastSeen)});
    table.print();
}

/// The step that holds now, and the reason where it differs from the directive's own.
std::string now_text(const Json& row) {
    const std::string why = cell(row, field::kNowBecause);
    const std::string step = cell(row, field::kStepNow);
    if (why == "lapsed") return "-";
    if (why == "planned") return step + " (until it starts)";
    if (why == "outside-hours") return step + " (outside its hours)";
    if (why == "suspended") return step + " (suspended)";
    return step;
}

Json targets_in_both_forms(const Json& row) {
    Json shown = Json::array();
    for (const auto& target : row.value(field::kTargets, Json::array())) shown.push_back(in_both_forms(cell(target)));
    return shown;
}

void print_directives(const Json& rows) {
    Table table({"DIRECTIVE", "STATE", "STEP", "NOW", "GROUPS", "TARGETS", "ENDS", "TITLE"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kState), cell(row, field::kStep), now_text(row),
                   cell(row, field::kGroups), cell(targets_in_both_forms(row)), cell(row, field::kEnds),
                   cell(row, field::kTitle)});
    table.print();
}

void print_directive(const Json& directive) {
    Json row = directive;
    row[field::kTargets] = targets_in_both_forms(directive);
    row[field::kStepNow] = now_text(directive);
    std::vector<std::string> planned;
    for (const auto& one : directive.value(field::kPlanned, Json::array()))
        planned.push_back(fmt::format("{} from {}", cell(one, field::kStep), cell(one, field::kAt)));
    row[field::kPlanned] = fmt::format("{}", fmt::join(planned, ", "));
    print_fields(row, {{"directive", field::kId},     {"title", field::kTitle},
                       {"state", field::kState},      {"step", field::kStep},
                       {"step now", field::kStepNow}, {"planned", field::kPlanned},
                       {"targets", field::kTargets},  {"roles", field::kRoles},
                       {"groups", field::kGroups},    {"layer", field::kLayer},
                       {"starts", field::kStarts},    {"before that", field::kBefore},
                       {"ends", field::kEnds},        {"review", field::kReview},
                       {"hours", field::kHours},      {"time zone", field::kTimezone},
                       {"answer", field::kAnswer},    {"issuer", field::kIssuer},
                       {"basis", field::kBasis},      {"mandated by", field::kMandatedBy},
                       {"contact", field::kContact},  {"written in", field::kOrigin}});
    const auto reason = row.value(field::kReason, Json::object());
    for (const auto& [language, text] : reason.items())
        fmt::print("reason ({})  {}\n", printable(language), cell(text));
}

Exit list_all(Session& session, const ListingFlags& flags, const char* verb, FromFiles from_files,
              void (*print)(const Json&)) {
    const auto rows = rows_of(session, verb, from_files);
    if (!rows) return fail(rows.error());
    flags.json ? print_json(*rows) : print(*rows);
    return Exit::Done;
}

Exit directives(Session& session, const ListingFlags& flags) {
    if (flags.id.empty()) return list_all(session, flags, "directives", directives_from_files, print_directives);
    const auto rows = rows_of(session, "directives", directives_from_files);
    if (!rows) return fail(rows.error());
    const auto row = find_row(*rows, flags.id, "directive");
    if (!row) return fail(row.error());
    if (flags.toml)
        fmt::print("{}", lines(*row, "toml"));
    else
        flags.json ? print_json(Json::array({*row})) : print_directive(*row);
    return Exit::Done;
}

}  // namespace

void add_listings(Verbs& verbs) {
    const auto add = [&verbs](const char* name, const char* description, FromFiles from_files,
                              void (*print)(const Json&)) {
        CLI::App* verb = verbs.add(name, description);
        const auto flags = std::make_shared<ListingFlags>();
        verb->add_flag("--json", flags->json, "Print JSON");
        verbs.on(verb, [=](Session& session) { return list_all(session, *flags, name, from_files, print); });
    };
    add("lists", "The lists, how many entries they have and how old they are", lists_from_files, print_lists);
    add("groups", "The groups, their clients and how many of them were seen", groups_from_files, print_groups);

    CLI::App* verb = verbs.add("directives", "The directives and their state; with an ID all of one");
    const auto flags = std::make_shared<ListingFlags>();
    verb->add_option("ID", flags->id, "One directive")->type_name("");
    verb->add_flag("--json", flags->json, "Print JSON");
    verb->add_flag("--toml", flags->toml, "Print it as it would be written in a file; with an ID");
    verbs.on(verb, [flags](Session& session) {
        if (flags->toml && flags->id.empty()) return fail(Error{"--toml shows one directive: name its ID"});
        return directives(session, *flags);
    });
}

}  // namespace cenote::cli
