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
#include "tools/cenote/stored_rules.h"
#include "tools/cenote/trail.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct ListingFlags {
    std::string id;  // empty: all
    bool json = false;
    bool toml = false;
    bool all = false;
};

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
    return report::groups_json(*(*settings)->policy, {}, (*settings)->privacy.smallest);
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

void print_lists(Session& session, const Json& rows) {
    Table table({"LIST", "FORMAT", "ENTRIES", "AGE", "SOURCE", "ERROR"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kFormat), cell(row, field::kEntries), age_text(row),
                   cell(row, field::kSource), session.at_site(cell(row, field::kError))});
    table.print();
}

/// "2874", "<5", or "2874 of 3000" where the number of clients is known.
std::string seen_text(const Json& row) {
    const std::string expected = cell(row, field::kClientsExpected);
    const std::string seen = clients_cell(row, field::kClientsSeen);
    return expected == "-" ? seen : fmt::format("{} of {}", seen, expected);
}

/// Prefixes, "certificate *.lab.example", "tokens".
std::string members_text(const Json& row) {
    std::vector<std::string> members;
    for (const Json& prefix : row.value(field::kClients, Json::array())) members.push_back(cell(prefix));
    for (const Json& name : row.value(field::kCertificates, Json::array()))
        members.push_back("certificate " + cell(name));
    if (row.value(field::kTokens, false)) members.emplace_back("tokens");
    return members.empty() ? "-" : fmt::format("{}", fmt::join(members, " "));
}

void print_groups(Session& session, const Json& rows) {
    Table table({"GROUP", "NAME", "CLIENTS", "SEEN", "LAST SEEN"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kName), members_text(row), seen_text(row),
                   session.at_site(cell(row, field::kLastSeen))});
    table.print();
}

/// When the calendar brings the next step, as short as it is clear; empty: never, or the zone is not known.
std::string short_change(Session& session, const Json& row, WallTime now) {
    const auto changes = parse_time(cell(row, field::kChanges));
    if (!changes) return {};
    const auto times = session.site_times();
    return times ? (*times)->show_ahead(*changes, now) : policy::LocalTimes().show(*changes);
}

/// The next of the planned steps: "; block from 2026-12-01 09:00 KST".
std::string planned_text(Session& session, const Json& row, WallTime now) {
    for (const auto& one : row.value(field::kPlanned, Json::array())) {
        const auto at = parse_time(cell(one, field::kAt));
        if (at && *at > now)
            return fmt::format("; {} from {}", cell(one, field::kStep), session.at_site(cell(one, field::kAt)));
    }
    return {};
}

/// What holds now: the step, or why there is none or another.
std::string now_text(Session& session, const Json& row, WallTime now) {
    const std::string why = cell(row, field::kNowBecause);
    const std::string step = cell(row, field::kStepNow);
    if (why == "lapsed" || why == "lifted") return "-";
    if (why == "suspended") return fmt::format("suspended ({})", step);
    if (why == "outside-hours") {
        const std::string from = short_change(session, row, now);
        return from.empty() ? "outside hours" : fmt::format("outside hours, from {}", from);
    }
    if (why == "planned")
        return fmt::format("{}; {} from {}", step, cell(row, field::kNextStep),
                           session.at_site(cell(row, field::kStarts)));
    return step + planned_text(session, row, now);
}

/// "observe from 2026-11-30 19:00 KST".
std::string next_change_text(Session& session, const Json& row) {
    if (cell(row, field::kChanges) == "-") return {};
    return fmt::format("{} from {}", cell(row, field::kNextStep), session.at_site(cell(row, field::kChanges)));
}

Json targets_in_both_forms(const Json& row) {
    Json shown = Json::array();
    for (const auto& target : row.value(field::kTargets, Json::array())) shown.push_back(in_both_forms(cell(target)));
    return shown;
}

void print_directives(Session& session, const Json& rows) {
    const WallTime now = wall_now();
    Table table({"DIRECTIVE", "STATE", "STEP", "NOW", "GROUPS", "TARGETS", "ENDS", "TITLE"});
    for (const auto& row : rows)
        table.add({cell(row, field::kId), cell(row, field::kState), cell(row, field::kStep),
                   now_text(session, row, now), cell(row, field::kGroups), cell(targets_in_both_forms(row)),
                   session.at_site(cell(row, field::kEnds)), cell(row, field::kTitle)});
    table.print();
}

void print_directive(Session& session, const Json& directive) {
    Json row = session.json_at_site(directive);
    row[field::kTargets] = targets_in_both_forms(directive);
    row[field::kStepNow] = now_text(session, directive, wall_now());
    row[field::kChanges] = next_change_text(session, directive);
    row[field::kMade] = deed_text(session, directive, field::kMade);
    row[field::kEnded] = deed_text(session, directive, field::kEnded);
    std::vector<std::string> planned;
    for (const auto& one : row.value(field::kPlanned, Json::array()))
        planned.push_back(fmt::format("{} from {}", cell(one, field::kStep), cell(one, field::kAt)));
    row[field::kPlanned] = fmt::format("{}", fmt::join(planned, ", "));
    print_fields(row,
                 {{"directive", field::kId},       {"title", field::kTitle},        {"state", field::kState},
                  {"step", field::kStep},          {"step now", field::kStepNow},   {"next change", field::kChanges},
                  {"planned", field::kPlanned},    {"targets", field::kTargets},    {"roles", field::kRoles},
                  {"groups", field::kGroups},      {"layer", field::kLayer},        {"starts", field::kStarts},
                  {"before that", field::kBefore}, {"ends", field::kEnds},          {"review", field::kReview},
                  {"hours", field::kHours},        {"time zone", field::kTimezone}, {"answer", field::kAnswer},
                  {"issuer", field::kIssuer},      {"basis", field::kBasis},        {"mandated by", field::kMandatedBy},
                  {"contact", field::kContact},    {"written in", field::kOrigin},  {"made", field::kMade},
                  {"lifted", field::kEnded}});
    const auto reason = row.value(field::kReason, Json::object());
    for (const auto& [language, text] : reason.items())
        fmt::print("reason ({})  {}\n", printable(language), cell(text));
}

using FromFiles = Result<Json> (*)(Session& session);

Exit list_all(Session& session, const ListingFlags& flags, const char* verb, FromFiles from_files,
              void (*print)(Session&, const Json&)) {
    const auto rows = session.ask_or_read(verb, Json::object(), [&] { return from_files(session); });
    if (!rows) return fail(rows.error());
    flags.json ? print_json(*rows) : print(session, *rows);
    return Exit::Done;
}

/// Where the audit trail has a directive that was removed from its file.
std::string trail_advice(Session& session, const std::string& id) {
    const auto trail = read_trail(session);
    if (!trail || report::records_about(trail->records, id).empty()) return {};
    return fmt::format("; the audit trail has it: cenote audit --directive {}", id);
}

/// One directive may be a lifted one.
Exit directives(Session& session, const ListingFlags& flags) {
    const bool all = flags.all || !flags.id.empty();
    const auto rows = session.ask_or_read("directives", all ? Json{{"all", true}} : Json::object(), [&] {
        return rows_from_files(session, all, {report::directives_json, report::lifted_directives_json});
    });
    if (!rows) return fail(rows.error());
    if (flags.id.empty()) {
        flags.json ? print_json(*rows) : print_directives(session, *rows);
        return Exit::Done;
    }
    const auto row = find_row(*rows, flags.id, "directive");
    if (!row) return fail(Error{row.error().text + trail_advice(session, flags.id)});
    if (flags.toml)
        fmt::print("{}", session.toml_at_site(lines(*row, "toml")));
    else
        flags.json ? print_json(Json::array({*row})) : print_directive(session, *row);
    return Exit::Done;
}

}  // namespace

std::string deed_text(Session& session, const Json& row, const char* key) {
    const Json deed = row.value(key, Json());
    if (!deed.is_object()) return {};
    std::string text = fmt::format("{} by {}", session.at_site(cell(deed, field::kAt)), cell(deed, field::kBy));
    if (cell(deed, field::kRequester) != "-") text += " for " + cell(deed, field::kRequester);
    if (cell(deed, field::kRef) != "-") text += ", " + cell(deed, field::kRef);
    if (cell(deed, field::kNote) != "-") text += ": " + cell(deed, field::kNote);
    return text;
}

void add_listings(Verbs& verbs) {
    const auto add = [&verbs](const char* name, const char* description, FromFiles from_files,
                              void (*print)(Session&, const Json&)) {
        CLI::App* verb = verbs.add(name, description);
        const auto flags = std::make_shared<ListingFlags>();
        verb->add_flag("--json", flags->json, "Print JSON");
        verbs.on(verb, [=](Session& session) { return list_all(session, *flags, name, from_files, print); });
    };
    add("lists", "The lists, how many entries they have and how old they are", lists_from_files, print_lists);
    add("groups", "The groups, their clients and how many of them were seen", groups_from_files, print_groups);

    CLI::App* verb = verbs.add("directives", "The directives and what holds of them now; with an ID all of one");
    const auto flags = std::make_shared<ListingFlags>();
    verb->add_option("ID", flags->id, "One directive")->type_name("");
    verb->add_flag("--all", flags->all, "Those too that were lifted at the command line");
    verb->add_flag("--json", flags->json, "Print JSON");
    verb->add_flag("--toml", flags->toml, "Print it as it would be written in a file; with an ID");
    verbs.on(verb, [flags](Session& session) {
        if (flags->toml && flags->id.empty()) return fail(Error{"--toml shows one directive: name its ID"});
        return directives(session, *flags);
    });
}

}  // namespace cenote::cli
