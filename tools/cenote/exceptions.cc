// SPDX-License-Identifier: Apache-2.0
//
// exception request, approve, deny, revoke, extend; exceptions.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "resolver/report/exceptions.h"
#include "resolver/report/fields.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct RequestFlags {
    std::string directive, client, group, purpose;
    bool emergency = false;
    End end;
    Why why;
};

Exit request(Session& session, const RequestFlags& flags) {
    Json args = {
        {field::kDirective, flags.directive}, {field::kPurpose, flags.purpose}, {field::kEmergency, flags.emergency}};
    for (const auto& [key, value] : {std::pair{field::kClient, &flags.client},
                                     {field::kGroup, &flags.group},
                                     {field::kFor, &flags.end.lasts},
                                     {field::kUntil, &flags.end.until}})
        if (!value->empty()) args[key] = *value;
    flags.why.put_into(args);
    const auto done = session.ask("exception-request", std::move(args));
    if (!done) return fail(done.error());
    const std::string id = cell(*done, field::kId);
    fmt::print("{}\n", id);
    if (cell(*done, field::kStage) == "granted")
        fmt::print(stderr, "in force until {}{}\n", session.at_site(cell(*done, field::kEnds)),
                   done->value(field::kUnratified, false)
                       ? "; a second person has yet to approve it: cenote exception approve " + id
                       : std::string());
    else
        fmt::print(stderr, "waits for a second person: cenote exception approve {}\n", id);
    return Exit::Done;
}

struct ExceptionChangeFlags {
    std::string id;
    End end;
    Why why;
};

/// What became of an extension that was approved, denied or withdrawn, and what holds now.
std::string decision_text(Session& session, const std::string& verb, const Json& reply, const Json& decided) {
    const std::string id = cell(reply, field::kId);
    const std::string in_force = session.at_site(cell(reply, field::kEnds));
    const std::string to = session.at_site(cell(decided, field::kEnds));
    if (verb == "deny")
        return fmt::format("the extension of {} until {} is {}; it stays in force until {}", id, to,
                           decided.value(field::kWithdrawn, false) ? "withdrawn" : "denied", in_force);
    const auto extension = reply.find(field::kExtension);
    if (extension != reply.end() && extension->is_object())
        return fmt::format("the extension of {} until {} waits for one more person; it is in force until {}", id, to,
                           in_force);
    return fmt::format("the extension of {0} is approved; {0} is in force until {1}", id, in_force);
}

Exit change(Session& session, const std::string& verb, const ExceptionChangeFlags& flags) {
    Json args = {{field::kId, flags.id}};
    if (!flags.end.lasts.empty()) args[field::kFor] = flags.end.lasts;
    if (!flags.end.until.empty()) args[field::kUntil] = flags.end.until;
    flags.why.put_into(args);
    const auto done = session.ask("exception-" + verb, std::move(args));
    if (!done) return fail(done.error());
    const std::string stage = cell(*done, field::kStage);
    const auto extension = done->find(report::field::kExtension);
    const auto decided = done->find(field::kDecided);
    if (decided != done->end() && decided->is_object())
        fmt::print("{}\n", decision_text(session, verb, *done, *decided));
    else if (extension != done->end() && extension->is_object())
        fmt::print("{0} is in force until {1}; until {2} it waits for a second person: cenote exception approve {0}\n",
                   cell(*done, field::kId), session.at_site(cell(*done, field::kEnds)),
                   session.at_site(cell(*extension, field::kEnds)));
    else if (stage == "granted")
        fmt::print("{} is in force until {}\n", cell(*done, field::kId), session.at_site(cell(*done, field::kEnds)));
    else if (stage == "asked")
        fmt::print("{} waits for one more person\n", cell(*done, field::kId));
    else
        fmt::print("{} is {}, policy version {}\n", cell(*done, field::kId), stage, cell(*done, field::kPolicyVersion));
    return Exit::Done;
}

void add_request(Verbs& verbs, CLI::App& exception) {
    CLI::App* verb = exception.add_subcommand("request", "Request one; prints its id")->fallthrough();
    const auto flags = std::make_shared<RequestFlags>();
    verb->add_option("--directive", flags->directive, "From which directive")->type_name("ID")->required();
    auto* client = verb->add_option("--client", flags->client, "For this client or prefix")->type_name("CIDR");
    verb->add_option("--group", flags->group, "For this group")
        ->type_name("GROUP")
        ->check(check_group)
        ->excludes(client);
    verb->add_option("--purpose", flags->purpose, "What for")->type_name("TEXT")->required();
    verb->add_flag("--emergency", flags->emergency,
                   "In force at once, for four hours at most; to be approved afterwards");
    flags->end.add_to(*verb);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) { return request(session, *flags); });
}

void add_change(Verbs& verbs, CLI::App& exception, const std::string& name, const char* description) {
    CLI::App* verb = exception.add_subcommand(name, description)->fallthrough();
    const auto flags = std::make_shared<ExceptionChangeFlags>();
    verb->add_option("N", flags->id, "The exception, as dns1-17 or 17")->type_name("")->required();
    if (name == "extend") flags->end.add_to(*verb);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags, name](Session& session) { return change(session, name, *flags); });
}

struct ListFlags {
    std::string stage, directive;
    bool open = false;
    bool json = false;
};

bool is_wanted(const ListFlags& flags, const rules::ExceptionDocument& document) {
    return (flags.stage.empty() || rules::stage_to_text(document.stage) == flags.stage) &&
           (flags.directive.empty() || document.directive == flags.directive) &&
           (!flags.open || rules::is_open(document.stage));
}

/// All pages; nullopt: no daemon listens, or it gives this user no access.
std::optional<Result<Json>> rows_from_daemon(Session& session, const ListFlags& flags) {
    Json args = {{field::kOpen, flags.open}};
    if (!flags.stage.empty()) args[field::kStage] = flags.stage;
    if (!flags.directive.empty()) args[field::kDirective] = flags.directive;
    Json rows = Json::array();
    for (;;) {
        auto page = session.ask_if_there("exceptions", args);
        if (!page || !*page) return page;
        for (Json& row : (**page)[field::kRows]) rows.push_back(std::move(row));
        args[field::kAfter] = (**page)[field::kNext];
        if (args[field::kAfter].is_null()) return rows;
    }
}

Result<Json> rows_from_files(Session& session, const ListFlags& flags) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    const auto owner = AsOwner::of((*settings)->state.parent_path());
    if (!owner) return owner.error();
    Json rows = Json::array();
    std::error_code none;  // the file is missing until the daemon has run for the first time
    if (!std::filesystem::exists((*settings)->state, none)) return rows;
    const auto rules = state::read_rules((*settings)->state);
    if (!rules) return rules.error();
    const auto uses = state::read_uses((*settings)->state);
    if (!uses) return uses.error();
    std::map<std::string, state::Use> use_of;
    for (const auto& each : *uses) use_of[each.id] = each;
    for (const auto& rule : *rules) {
        if (rule.kind != state::RuleKind::Exception) continue;
        const auto document = rules::read_exception(rule);
        if (!document) return document.error();
        if (is_wanted(flags, *document)) rows.push_back(report::exception_json(*document, use_of[rule.id]));
    }
    return rows;
}

std::string stage_shown(const Json& row) {
    if (row.value("unratified", false)) return "unratified";
    const auto extension = row.find(report::field::kExtension);
    const bool extends = extension != row.end() && extension->is_object();
    return extends ? "extension asked" : cell(row, "stage");
}

Exit list(Session& session, const ListFlags& flags) {
    auto from_daemon = rows_from_daemon(session, flags);
    if (!from_daemon) session.note_use_of_files();
    const auto rows = from_daemon ? std::move(*from_daemon) : rows_from_files(session, flags);
    if (!rows) return fail(rows.error());
    if (flags.json) {
        print_json(*rows);
        return Exit::Done;
    }
    Table table({"EXCEPTION", "STAGE", "DIRECTIVE", "FOR", "UNTIL", "ASKED BY", "ON BEHALF OF", "AGREED BY", "QUERIES",
                 "REF", "PURPOSE"});
    for (const auto& row : *rows)
        table.add({cell(row, field::kId), stage_shown(row), cell(row, field::kDirective),
                   cell(row, row[field::kClient].is_null() ? field::kGroup : field::kClient),
                   session.at_site(cell(row, row[field::kEnds].is_null() ? field::kLasts : field::kEnds)),
                   cell(row, field::kAskedBy), cell(row, field::kRequester), cell(row, field::kAgreedBy),
                   cell(row, field::kQueries), cell(row, field::kRef), cell(row, field::kPurpose)});
    table.print();
    return Exit::Done;
}

}  // namespace

void add_exceptions(Verbs& verbs) {
    CLI::App* exception = verbs.add("exception", "Request an exception from a directive, approve it, end it");
    exception->require_subcommand(1);
    add_request(verbs, *exception);
    add_change(verbs, *exception, "approve", "Approve one, or the extension of one, that another person requested");
    add_change(verbs, *exception, "deny", "Deny one, or its extension");
    add_change(verbs, *exception, "revoke", "End one now");
    add_change(verbs, *exception, "extend", "Request a later end: --for or --until; a second person approves it");

    CLI::App* verb = verbs.add("exceptions", "All exceptions, who asked, who approved, and how much they were used");
    const auto flags = std::make_shared<ListFlags>();
    verb->add_flag("--open", flags->open, "Only those that are requested, granted or unconfirmed");
    verb->add_option("--stage", flags->stage, "Of this stage")
        ->type_name("STAGE")
        ->check(CLI::IsMember({"asked", "granted", "denied", "revoked", "ended", "unconfirmed"}));
    verb->add_option("--directive", flags->directive, "From this directive")->type_name("ID");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return list(session, *flags); });
}

}  // namespace cenote::cli
