// SPDX-License-Identifier: Apache-2.0
//
// verdicts, allows, resume: what holds now, what opens names, and the end of a suspension.
#include <fmt/format.h>

#include "resolver/report/allows.h"
#include "resolver/report/fields.h"
#include "resolver/report/verdicts.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/stored_rules.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct HoldsFlags {
    std::string what;  // a service, or the id of a suspension
    bool all = false;
    bool json = false;
    Why why;
};

/// "root", who made the rule of a row.
std::string maker(const Json& row) {
    const Json made = row.value(field::kMade, Json());
    return made.is_object() ? cell(made, field::kBy) : "-";
}

Result<Json> verdicts_from_files(Session& session, const std::string& service) {
    const auto files = session.policy(wall_now());
    if (!files) return files.error();
    const auto stories = stored_stories(**session.settings());
    if (!stories) return stories.error();
    return report::verdicts_json(*files->policy, service, *stories);
}

/// The rule behind a verdict: "directive 2026-014", "allow dns1-11 of root".
std::string why_text(const Json& row) {
    std::string why = "no directive";
    for (const char* kind : {field::kDirective, field::kException, field::kAllow})
        if (cell(row, kind) != "-") why = fmt::format("{} {}", kind, cell(row, kind));
    if (cell(row, field::kVerdict) == "allow" && cell(row, field::kAllow) == "-") why = "an allow";
    if (maker(row) != "-") why += " of " + maker(row);
    if (cell(row, field::kSuspension) != "-") why += fmt::format(", suspended by {}", cell(row, field::kSuspension));
    return why;
}

std::string until_text(Session& session, const Json& row) {
    if (cell(row, field::kChanges) == "-") return session.at_site(cell(row, field::kUntil));
    return fmt::format("{}, then {}", session.at_site(cell(row, field::kChanges)), cell(row, field::kNextVerdict));
}

Exit verdicts(Session& session, const HoldsFlags& flags) {
    const auto rows = session.ask_or_read("verdicts", {{"service", flags.what}},
                                          [&] { return verdicts_from_files(session, flags.what); });
    if (!rows) return fail(rows.error());
    if (flags.json) {
        print_json(*rows);
        return Exit::Done;
    }
    Table table({"GROUP", "VERDICT", "NAMES", "BY", "EXCEPTIONS", "UNTIL", "TITLE"});
    for (const auto& row : *rows)
        table.add({cell(row, field::kGroup), cell(row, field::kVerdict), cell(row, field::kNames), why_text(row),
                   cell(row, field::kExceptions), until_text(session, row), cell(row, field::kTitle)});
    table.print();
    return Exit::Done;
}

/// What a row opens: its names, or everything under a suspension.
std::string opened_text(const Json& row) {
    if (cell(row, field::kKind) == "suspension") return "every step is observe";
    std::string text;
    for (const auto& name : row.value(field::kDomains, Json::array()))
        text += (text.empty() ? "" : " ") + in_both_forms(cell(name));
    return text;
}

Exit allows(Session& session, const HoldsFlags& flags) {
    const auto rows = session.ask_or_read("allows", flags.all ? Json{{"all", true}} : Json::object(), [&] {
        return rows_from_files(session, flags.all, {report::allows_json, report::ended_allows_json});
    });
    if (!rows) return fail(rows.error());
    if (flags.json) {
        print_json(*rows);
        return Exit::Done;
    }
    Table table({"RULE", "KIND", "OPENS", "GROUPS", "BY", "UNTIL", "REASON", flags.all ? "ENDED" : ""});
    for (const auto& row : *rows)
        table.add({cell(row, field::kId), cell(row, field::kKind), opened_text(row), cell(row, field::kGroups),
                   maker(row) == "-" ? cell(row, field::kOrigin) : maker(row), session.at_site(cell(row, field::kEnds)),
                   cell(row, field::kReason), deed_text(session, row, field::kEnded)});
    table.print();
    return Exit::Done;
}

Exit resume(Session& session, const HoldsFlags& flags) {
    Json args = Json::object();
    if (!flags.what.empty()) args["id"] = flags.what;
    flags.why.put_into(args);
    const auto done = session.ask("resume", std::move(args));
    if (!done) return fail(done.error());
    fmt::print("the suspension {} is ended, every step holds again, policy version {}\n", cell(*done, field::kId),
               cell(*done, field::kPolicyVersion));
    return Exit::Done;
}

}  // namespace

void add_holds(Verbs& verbs) {
    CLI::App* verb = verbs.add("verdicts", "What holds for a service now, group by group, and why");
    auto flags = std::make_shared<HoldsFlags>();
    verb->add_option("SERVICE", flags->what, "Its id or an alias")->type_name("")->required();
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return verdicts(session, *flags); });

    verb = verbs.add("allows", "The allows and suspensions in force: who made them, why and until when");
    flags = std::make_shared<HoldsFlags>();
    verb->add_flag("--all", flags->all, "Those too that have ended");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return allows(session, *flags); });

    verb = verbs.add("resume", "End the suspension now: every step holds again");
    flags = std::make_shared<HoldsFlags>();
    verb->add_option("ID", flags->what, "The suspension; by default the one in force")->type_name("");
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) { return resume(session, *flags); });
}

}  // namespace cenote::cli
