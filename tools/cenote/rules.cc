// SPDX-License-Identifier: Apache-2.0
//
// directive add, step and lift, their short forms observe, advise, restrict and block; allow; suspend.
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/wire/international.h"
#include "resolver/wire/typed_name.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct AddFlags {
    std::string id, title, issuer, basis, mandated_by, step, starts, review, hours, timezone, answer;
    std::vector<std::string> targets, roles, groups, contact, reason;
    bool strict = false;
    bool dry_run = false;
    End end;
    Why why;
};

/// The table as it would be in a file, without an id. The daemon checks it, because it has the catalogue.
Result<std::string> body_of(const AddFlags& flags) {
    policy::Directive directive;
    directive.title = flags.title;
    directive.issuer = flags.issuer;
    directive.basis = flags.basis;
    directive.mandated_by = flags.mandated_by;
    for (const auto& text : flags.targets) {
        auto target = policy::parse_target(text.find(':') == std::string::npos ? "service:" + text : text);
        if (!target) return std::move(target).error();
        if (!target->note.empty()) fmt::print(stderr, "cenote: {}\n", target->note);
        directive.targets.push_back(std::move(*target));
    }
    directive.roles = flags.roles;
    directive.strict = flags.strict;
    directive.groups = flags.groups;
    directive.step = policy::parse_step(flags.step).value_or(policy::Step::Observe);
    if (!flags.starts.empty()) directive.starts = parse_time(flags.starts).value();
    directive.ends = flags.end.time();
    if (!flags.review.empty()) directive.review = parse_time(flags.review).value();
    if (!flags.hours.empty()) {
        auto hours = policy::parse_hours(flags.hours);
        if (!hours) return std::move(hours).error();
        directive.hours = *hours;
    }
    directive.timezone = flags.timezone;
    directive.contact = flags.contact;
    for (const auto& text : flags.reason) {
        const auto equals = text.find('=');
        const bool named = equals != std::string::npos && equals <= 12 && text.find(' ') > equals;
        directive.reason.emplace_back(named ? text.substr(0, equals) : "en", named ? text.substr(equals + 1) : text);
    }
    if (!flags.answer.empty()) directive.answer = policy::parse_answer_mode(flags.answer);
    return rules::to_toml(directive);
}

void print_dry_run(Session& session, const Json& reply) {
    fmt::print("{}", session.toml_at_site(lines(reply, "text")));
    for (const auto& row : reply.value("takes", Json::array()))
        fmt::print("takes  {} ({}, {} names)\n", in_both_forms(cell(row, "id")), cell(row, "target"),
                   cell(row, "names"));
    for (const auto& row : reply.value("whom", Json::array())) fmt::print("from   {}\n", cell(row));
    for (const auto& row : reply.value("asked", Json::array()))
        fmt::print("asked  {} queries by {} since cenoted started\n", cell(row, "queries"), cell(row, "group"));
    for (const auto& note : reply.value("notes", Json::array())) fmt::print("note   {}\n", cell(note));
    fmt::print("a dry run: nothing has changed\n");
}

Exit add(Session& session, const AddFlags& flags) {
    auto body = body_of(flags);
    if (!body) return fail(body.error());
    Json args = {{"body", std::move(*body)}, {"dry_run", flags.dry_run}};
    if (!flags.id.empty()) args["id"] = flags.id;
    flags.why.put_into(args);
    const auto done = session.ask("directive-add", std::move(args));
    if (!done) return fail(done.error());
    if (flags.dry_run)
        print_dry_run(session, *done);
    else
        fmt::print("{}\n", cell(*done, "id"));
    if (!flags.dry_run) print_notes(*done);
    return Exit::Done;
}

void add_common(CLI::App& verb, AddFlags& flags) {
    verb.add_option("--group", flags.groups, "Only for these groups")->type_name("GROUP");
    verb.add_flag("--strict", flags.strict, "Take strict services and hosts by wildcards too");
    verb.add_option("--title", flags.title, "Its title")->type_name("TEXT");
    verb.add_option("--issuer", flags.issuer, "Who ordered it")->type_name("TEXT");
    verb.add_option("--basis", flags.basis, "The letter or law it is based on")->type_name("TEXT");
    verb.add_option("--reason", flags.reason, "What staff read, as TEXT or LANGUAGE=TEXT")->type_name("TEXT");
    verb.add_option("--contact", flags.contact, "Contact for questions, mailto: or tel:")->type_name("URI");
    verb.add_option("--starts", flags.starts, "When it starts")->type_name("TIME")->check(check_time);
    flags.end.add_to(verb);
    verb.add_flag("--dry-run", flags.dry_run, "Show the document and whether it would be taken");
    flags.why.add_to(verb);
}

void add_short_forms(Verbs& verbs) {
    for (const auto& [name, description] :
         {std::pair{"observe", "Count a target, and answer as always: a directive in one line, prints its id"},
          {"advise", "Count a target and report it by service and group, and answer as always"},
          {"restrict", "Sinkhole a target"},
          {"block", "Sinkhole a target, whatever is allowed"}}) {
        CLI::App* verb = verbs.add(name, description);
        const auto flags = std::make_shared<AddFlags>();
        flags->step = name;
        verb->add_option("TARGET", flags->targets, "service:ID (or ID), category:…, vendor:…, domain:…, list:…")
            ->type_name("")
            ->required();
        add_common(*verb, *flags);
        verbs.on(verb, [flags](Session& session) { return add(session, *flags); });
    }
}

void add_directive_add(Verbs& verbs, CLI::App& directive) {
    CLI::App* verb = directive.add_subcommand("add", "Make a directive; prints its id")->fallthrough();
    const auto flags = std::make_shared<AddFlags>();
    verb->add_option("--target", flags->targets, "service:ID, category:…, domain:…; may be given again")
        ->type_name("TARGET")
        ->required();
    verb->add_option("--step", flags->step, "observe, advise, restrict or block")
        ->type_name("STEP")
        ->required()
        ->check(CLI::IsMember({"observe", "advise", "restrict", "block"}));
    verb->add_option("--id", flags->id, "Its id; NODE-number by default")->type_name("ID");
    verb->add_option("--role", flags->roles, "Only these roles of a service")->type_name("ROLE");
    verb->add_option("--mandated-by", flags->mandated_by, "Ordered by another body")->type_name("TEXT");
    verb->add_option("--review", flags->review, "When to review it")->type_name("TIME")->check(check_time);
    verb->add_option("--hours", flags->hours, "Weekly hours, as \"mon-fri 08:00-19:00\"")->type_name("HOURS");
    verb->add_option("--timezone", flags->timezone, "Time zone of its hours and days")->type_name("ZONE");
    verb->add_option("--answer", flags->answer, "How to answer, else as configured")
        ->type_name("MODE")
        ->check(CLI::IsMember({"null", "nodata", "nxdomain", "address", "cname", "refused", "drop"}));
    add_common(*verb, *flags);
    verbs.on(verb, [flags](Session& session) { return add(session, *flags); });
}

struct RuleChangeFlags {
    std::string id, step, at, name, group;
    End end;
    Why why;
};

Exit step(Session& session, const RuleChangeFlags& flags) {
    Json args = {{"id", flags.id}, {"step", flags.step}};
    if (!flags.at.empty()) args["at"] = flags.at;
    flags.why.put_into(args);
    const auto done = session.ask("directive-step", std::move(args));
    if (!done) return fail(done.error());
    if (!flags.at.empty())
        fmt::print("{} will be at step {} from {} on\n", flags.id, flags.step, session.at_site(flags.at));
    else
        fmt::print("{} is at step {}, policy version {}\n", flags.id, flags.step, cell(*done, "policy_version"));
    return Exit::Done;
}

Exit lift(Session& session, const RuleChangeFlags& flags) {
    Json args = {{"id", flags.id}};
    flags.why.put_into(args);
    const auto done = session.ask("directive-lift", std::move(args));
    if (!done) return fail(done.error());
    fmt::print("{} is lifted, policy version {}\n", flags.id, cell(*done, "policy_version"));
    for (const auto& row : done->value("still_holds", Json::array()))
        fmt::print("still in force: {} ({}, {})\n", cell(row, "id"), cell(row, "step"),
                   in_both_forms(cell(row, "target")));
    return Exit::Done;
}

void add_changes(Verbs& verbs, CLI::App& directive) {
    CLI::App* verb = directive.add_subcommand("step", "Move a directive to another step")->fallthrough();
    auto flags = std::make_shared<RuleChangeFlags>();
    verb->add_option("ID", flags->id, "The directive")->type_name("")->required();
    verb->add_option("STEP", flags->step, "observe, advise, restrict or block")
        ->type_name("")
        ->required()
        ->check(CLI::IsMember({"observe", "advise", "restrict", "block"}));
    verb->add_option("--at", flags->at, "Plan it for this time")->type_name("TIME")->check(check_time);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) { return step(session, *flags); });

    verb = directive.add_subcommand("lift", "End a directive now; shows what still holds")->fallthrough();
    flags = std::make_shared<RuleChangeFlags>();
    verb->add_option("ID", flags->id, "The directive")->type_name("")->required();
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) { return lift(session, *flags); });
}

/// A rule that ends by itself; a command line without an end is refused.
Exit until_then(Session& session, const char* verb, const RuleChangeFlags& flags, Json args, std::string_view what) {
    const auto ends = flags.end.time();
    if (!ends) return fail(Error{fmt::format("{} ends by itself: give --for 30m, or --until TIME", verb)});
    args["until"] = format_time(*ends);
    flags.why.put_into(args);
    const auto done = session.ask(verb, std::move(args));
    if (!done) return fail(done.error());
    print_notes(*done);
    fmt::print("{}: {} until {}\n", cell(*done, "id"), what, session.at_site(format_time(*ends)));
    return Exit::Done;
}

void add_temporary_rules(Verbs& verbs) {
    CLI::App* verb = verbs.add("allow", "Open a name and all below it for a while, against every step below block");
    auto flags = std::make_shared<RuleChangeFlags>();
    verb->add_option("NAME", flags->name, "The name")->type_name("")->required()->check(check_subtree);
    verb->add_option("--group", flags->group, "For this group only")->type_name("GROUP");
    flags->end.add_to(*verb);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) {
        Json args = {{"name", flags->name}};
        if (!flags->group.empty()) args["group"] = flags->group;
        const auto typed = wire::parse_typed_name(flags->name, wire::NameUse::Subtree);
        return until_then(session, "allow", *flags, std::move(args), wire::both_forms(typed->name) + " is open");
    });

    verb = verbs.add("suspend", "Turn every step to observe for a while");
    flags = std::make_shared<RuleChangeFlags>();
    flags->end.add_to(*verb);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) {
        return until_then(session, "suspend", *flags, Json::object(), "every step is observe");
    });
}

}  // namespace

std::string check_time(const std::string& text) {
    const auto parsed = read_written_time(text);
    return parsed ? "" : parsed.error().text;
}

void add_rules(Verbs& verbs) {
    CLI::App* directive = verbs.add("directive", "Make a directive, move it to another step, lift it");
    directive->require_subcommand(1);
    add_directive_add(verbs, *directive);
    add_changes(verbs, *directive);
    add_short_forms(verbs);
    add_temporary_rules(verbs);
}

}  // namespace cenote::cli
