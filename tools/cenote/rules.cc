// SPDX-License-Identifier: Apache-2.0
//
// directive add, step and lift, their short forms observe, advise, restrict and block; allow; suspend.
#include <fmt/format.h>

#include <map>

#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/wire/international.h"
#include "resolver/wire/typed_name.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct AddFlags {
    std::string id, title, issuer, basis, mandated_by, step, starts, review, hours, timezone, answer;
    std::vector<std::string> targets, roles, contact, reason;
    Whom whom;
    bool strict = false;
    bool dry_run = false;
    bool json = false;
    bool verbose = false;
    End end;
    Why why;
};

/// A target as it is in a file. A text without a kind is a service, which may be named without regard to case or by its
/// name; where that is not clear the daemon says what is wrong with the text itself.
Result<std::string> target_of(Session& session, const std::string& text) {
    const std::string kind = "service:";
    if (text.find(':') != std::string::npos && !text.starts_with(kind)) return text;
    const std::string name = text.starts_with(kind) ? text.substr(kind.size()) : text;
    const auto rows = session.ask_if_there("services", Json::object());
    if (name == "*" || !rows || !*rows || !(*rows)->is_array() || (*rows)->empty()) return kind + name;
    const auto row = find_row(**rows, name, "service");
    if (!row && name.find('.') == std::string::npos) return row.error();
    if (!row) return kind + name;
    const auto aliases = row->value("aliases", Json::array());
    if (std::find(aliases.begin(), aliases.end(), name) != aliases.end()) return kind + name;
    return kind + cell(*row, "id");
}

/// The table as it would be in a file, without an id. The daemon checks it, because it has the catalogue.
Result<std::string> body_of(Session& session, const AddFlags& flags) {
    policy::Directive directive;
    directive.title = flags.title;
    directive.issuer = flags.issuer;
    directive.basis = flags.basis;
    directive.mandated_by = flags.mandated_by;
    for (const auto& text : flags.targets) {
        const auto written = target_of(session, text);
        if (!written) return written.error();
        auto target = policy::parse_target(*written);
        if (!target) return std::move(target).error();
        if (!target->note.empty()) fmt::print(stderr, "cenote: {}\n", target->note);
        directive.targets.push_back(std::move(*target));
    }
    directive.roles = flags.roles;
    directive.strict = flags.strict;
    directive.groups = flags.whom.groups;
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

/// What would be taken in one line, and in a line each where these are few, or all are wanted.
void print_takes(const Json& takes, bool all) {
    constexpr std::size_t kFew = 10;
    std::uint64_t names = 0;
    for (const Json& row : takes) names += row.value(field::kNames, std::uint64_t{0});
    std::map<std::string, std::size_t> kinds;
    for (const Json& row : takes) ++kinds[row.value(field::kKind, std::string("name"))];
    std::string text;
    for (const auto& [kind, count] : kinds)
        text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", count, kind, count == 1 ? "" : "s");
    const bool shown = all || takes.size() <= kFew;
    fmt::print("takes  {} names: {}{}\n", names, text.empty() ? "nothing" : text, shown ? "" : "; -v lists them");
    for (const Json& row : takes)
        if (shown)
            fmt::print("       {} ({}, {} names)\n", in_both_forms(cell(row, field::kId)), cell(row, field::kTarget),
                       cell(row, field::kNames));
}

void print_dry_run(Session& session, const Json& reply, bool all) {
    fmt::print("{}", session.toml_at_site(lines(reply, field::kText)));
    print_takes(reply.value(field::kTakes, Json::array()), all);
    for (const auto& row : reply.value(field::kWhom, Json::array())) fmt::print("from   {}\n", cell(row));
    for (const auto& row : reply.value(field::kAsked, Json::array()))
        fmt::print("asked  {} queries by {} since cenoted started\n", cell(row, field::kQueries),
                   cell(row, field::kGroup));
    for (const auto& row : reply.value("taken_already", Json::array()))
        fmt::print("note   directive {} ({}) takes {} for these clients already\n", cell(row, field::kId),
                   cell(row, field::kStep),
                   row.value("all", false)
                       ? "all of it"
                       : fmt::format("{} of these {}", cell(row, field::kCount), reply[field::kTakes].size()));
    for (const auto& note : reply.value(field::kNotes, Json::array())) fmt::print("note   {}\n", cell(note));
    fmt::print("a dry run: nothing has changed\n");
}

/// "restrict kimi for group lab until 2026-12-31T14:59:59Z; to undo it: cenote directive lift dns1-8"
std::string sentence_of(const AddFlags& flags, const std::string& id) {
    const auto ends = flags.end.time();
    const auto& groups = flags.whom.groups;
    return fmt::format(
        "{} {} for {}{}{}; to undo it: cenote directive lift {}", flags.step, fmt::join(flags.targets, ", "),
        groups.empty() ? "everyone" : fmt::format("group{} {}", groups.size() == 1 ? "" : "s", fmt::join(groups, ", ")),
        flags.starts.empty() ? "" : fmt::format(" from {}", format_time(parse_time(flags.starts).value())),
        ends ? fmt::format(" until {}", format_time(*ends)) : ", without an end", id);
}

Exit add(Session& session, const AddFlags& flags) {
    auto body = body_of(session, flags);
    if (!body) return fail(body.error());
    Json args = {{field::kBody, std::move(*body)}, {field::kDryRun, flags.dry_run}};
    if (!flags.id.empty()) args[field::kId] = flags.id;
    flags.why.put_into(args);
    const auto done = session.ask("directive-add", std::move(args));
    if (!done) return fail(done.error());
    if (flags.json) {
        print_json(*done);
    } else if (flags.dry_run) {
        print_dry_run(session, *done, flags.verbose);
    } else {
        const std::string id = cell(*done, field::kId);
        fmt::print("{}\n", id);
        if (to_terminal()) fmt::print("{}\n", printable(session.at_site(sentence_of(flags, id))));
    }
    if (!flags.dry_run) print_notes(*done);
    return Exit::Done;
}

void add_common(CLI::App& verb, AddFlags& flags) {
    verb.add_flag("--strict", flags.strict, "Take strict services and hosts by wildcards too");
    verb.add_option("--title", flags.title, "Its title")->type_name("TEXT");
    verb.add_option("--issuer", flags.issuer, "Who ordered it")->type_name("TEXT");
    verb.add_option("--basis", flags.basis, "The letter or law it is based on")->type_name("TEXT");
    verb.add_option("--reason", flags.reason, "What staff read, as TEXT or LANGUAGE=TEXT")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    verb.add_option("--contact", flags.contact, "Contact for questions, mailto: or tel:")
        ->type_name("URI")
        ->allow_extra_args(false);
    verb.add_option("--starts", flags.starts, "When it starts")->type_name("TIME")->check(check_time);
    flags.end.add_to(verb);
    verb.add_flag("--dry-run", flags.dry_run, "Show the document, and whom and what it would affect");
    verb.add_flag("-v,--verbose", flags.verbose, "With --dry-run: every service, list and name");
    verb.add_flag("--json", flags.json, "Print JSON");
    flags.why.add_to(verb);
}

/// A short form is typed in a hurry: whom it is for and how long it lasts has to be on the line.
void check_short_form(const CLI::App& verb, const AddFlags& flags) {
    std::string missing;
    if (!flags.whom.given()) missing = "for whom: --group GROUP, which may be given again, or --everyone";
    if (!flags.end.given())
        missing += fmt::format("{}until when: --for DURATION, --until TIME or --no-end", missing.empty() ? "" : "; ");
    if (!missing.empty()) throw CLI::ValidationError(fmt::format("{} needs to know {}", verb.get_name(), missing));
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
        flags->whom.add_to(*verb);
        add_common(*verb, *flags);
        flags->end.add_no_end_to(*verb);
        verb->parse_complete_callback([verb, flags] { check_short_form(*verb, *flags); });
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
    flags->whom.add_groups_to(*verb);
    add_common(*verb, *flags);
    verbs.on(verb, [flags](Session& session) { return add(session, *flags); });
}

struct RuleChangeFlags {
    std::string id, step, at, name, group;
    End end;
    Why why;
};

Exit step(Session& session, const RuleChangeFlags& flags) {
    Json args = {{field::kId, flags.id}, {field::kStep, flags.step}};
    if (!flags.at.empty()) args[field::kAt] = flags.at;
    flags.why.put_into(args);
    const auto done = session.ask("directive-step", std::move(args));
    if (!done) return fail(done.error());
    if (!flags.at.empty())
        fmt::print("{} will be at step {} from {} on\n", flags.id, flags.step, session.at_site(flags.at));
    else
        fmt::print("{} is at step {}, policy version {}\n", flags.id, flags.step, cell(*done, field::kPolicyVersion));
    return Exit::Done;
}

Exit lift(Session& session, const RuleChangeFlags& flags) {
    Json args = {{field::kId, flags.id}};
    flags.why.put_into(args);
    const auto done = session.ask("directive-lift", std::move(args));
    if (!done) return fail(done.error());
    fmt::print("{} is lifted, policy version {}\n", flags.id, cell(*done, field::kPolicyVersion));
    for (const auto& row : done->value(field::kStillHolds, Json::array()))
        fmt::print("still in force: {} ({}, {})\n", cell(row, field::kId), cell(row, field::kStep),
                   in_both_forms(cell(row, field::kTarget)));
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

/// A rule that ends by itself; the parser has refused a command line without an end.
Exit until_then(Session& session, const char* verb, const RuleChangeFlags& flags, Json args, std::string_view what) {
    const auto ends = flags.end.time();
    args[field::kUntil] = format_time(ends.value());
    flags.why.put_into(args);
    const auto done = session.ask(verb, std::move(args));
    if (!done) return fail(done.error());
    print_notes(*done);
    fmt::print("{}: {} until {}\n", cell(*done, field::kId), what, session.at_site(format_time(ends.value())));
    return Exit::Done;
}

void need_end(CLI::App& verb, const std::shared_ptr<RuleChangeFlags>& flags) {
    verb.parse_complete_callback([name = verb.get_name(), flags] {
        if (!flags->end.given())
            throw CLI::ValidationError(fmt::format("{} ends by itself: give --for 30m, or --until TIME", name));
    });
}

void add_temporary_rules(Verbs& verbs) {
    CLI::App* verb = verbs.add("allow", "Open a name and all below it for a while, against every step below block");
    auto flags = std::make_shared<RuleChangeFlags>();
    verb->add_option("NAME", flags->name, "The name")->type_name("")->required()->check(check_subtree);
    verb->add_option("--group", flags->group, "For this group only")->type_name("GROUP")->check(check_group);
    flags->end.add_to(*verb);
    need_end(*verb, flags);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) {
        Json args = {{field::kName, flags->name}};
        if (!flags->group.empty()) args[field::kGroup] = flags->group;
        const auto typed = wire::parse_typed_name(flags->name, wire::NameUse::Subtree);
        return until_then(session, "allow", *flags, std::move(args), wire::both_forms(typed->name) + " is open");
    });

    verb = verbs.add("suspend", "Turn every step to observe for a while");
    flags = std::make_shared<RuleChangeFlags>();
    flags->end.add_to(*verb);
    need_end(*verb, flags);
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
