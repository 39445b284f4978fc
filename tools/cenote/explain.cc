// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/report/explain.h"
#include "resolver/report/fields.h"
#include "resolver/report/standing.h"
#include "resolver/wire/message.h"
#include "resolver/wire/typed_name.h"
#include "tools/cenote/catalogue_files.h"
#include "tools/cenote/print.h"
#include "tools/cenote/stored_rules.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::size_t kIndent = 10;  // of everything after the verdict

struct ExplainFlags {
    std::string name;
    std::string client;    // empty: 127.0.0.1, without the check of allow_from
    std::string identity;  // empty: none
    std::string type = "A";
    std::string at;  // empty: now
    bool steps = false;
    bool json = false;
};

Result<Json> explain_from_files(Session& session, const ExplainFlags& flags) {
    const WallTime now = wall_now();
    const WallTime at = flags.at.empty() ? now : parse_time(flags.at).value();
    const auto files = at < now ? session.past_policy(at) : session.policy(at);
    if (!files) return files.error();
    const auto typed = wire::parse_typed_name(flags.name, wire::NameUse::Question);
    report::ExplainQuestion question;
    question.name = typed->name;
    question.note = typed->note;
    question.type = *wire::parse_type(flags.type);
    if (!flags.client.empty()) {
        question.client = *IpAddress::parse(flags.client);
        question.allow_from = session.settings().value()->allow_from;
    }
    question.identity = flags.identity;
    if (!flags.identity.empty()) {
        auto holder = policy::find_holder(files->policy->options(), flags.identity);
        if (!holder) return std::move(holder).error();
        question.holder = *std::move(holder);
    }
    auto stories = stored_stories(**session.settings());
    if (!stories) return std::move(stories).error();
    question.story_of = *std::move(stories);
    Json answer = report::explain_json(*files->policy, files->local, question);
    if (!files->remark.empty()) answer[field::kSteps].push_back(files->remark);
    return answer;
}

/// Adds what only the catalogue's files have: the use of a shared name, and the shared infrastructure.
void add_standing_from_files(Session& session, Json& answer) {
    const bool known =
        !answer.value(field::kService, Json()).is_null() || !answer.value(field::kList, Json()).is_null();
    const auto standing = answer.value(field::kStanding, Json());
    const bool is_protected = standing.is_object() && standing.value(field::kKind, "") == "protected";
    if (answer.value(field::kVerdict, "") != "forward" || known || is_protected) return;
    const auto name = wire::Name::parse(answer.value(field::kName, ""));
    const auto catalogue = catalogue_of_files(session);
    if (!name || !catalogue) return;
    if (const auto found = report::find_standing(*catalogue, *name))
        answer[field::kStanding] = report::standing_json(found);
}

/// "deepseek.com = DeepSeek (CN, chat)", "ads.example on list extra".
std::string describe_match(const Json& answer) {
    const std::string matched = in_both_forms(
        answer.value(field::kMatched, Json()).is_null() ? cell(answer, field::kName) : cell(answer, field::kMatched));
    if (cell(answer, field::kService) != "-") {
        const std::string name = cell(answer, field::kServiceName) != "-" ? cell(answer, field::kServiceName)
                                                                          : cell(answer, field::kService);
        return fmt::format("{} = {} ({}, {})", matched, name, cell(answer, field::kJurisdiction),
                           cell(answer, field::kCategory));
    }
    if (cell(answer, field::kList) != "-") return fmt::format("{} on list {}", matched, cell(answer, field::kList));
    return matched;
}

/// " of kim", the person who made a rule at the command line; empty: it was written in a file.
std::string made_by(const Json& row) {
    const auto made = row.find(field::kMade);
    return made == row.end() || !made->is_object() ? std::string() : " of " + cell(*made, field::kBy);
}

/// The answer does not say through which group the directive holds, so the line shows the narrowest one.
std::string one_line(const Json& answer) {
    const std::string verdict = cell(answer, field::kVerdict);
    const bool known = cell(answer, field::kService) != "-" || cell(answer, field::kList) != "-";
    std::string line = coloured(verdict) + std::string(verdict.size() < 8 ? 10 - verdict.size() : 2, ' ');
    if (verdict == "refused")
        return line + fmt::format("{} > [server].allow_from has no prefix that contains it > {}",
                                  cell(answer, field::kClient), cell(answer, field::kAnswer));
    if (verdict == "local")
        return line + fmt::format("{} > {}", cell(answer, field::kName), cell(answer, field::kAnswer));
    const auto standing = answer.value(field::kStanding, Json());
    const std::string why = standing.is_object() ? cell(standing, field::kText) : std::string();
    if (verdict == "forward" && !known) return line + (why.empty() ? "in no service and no list" : why);
    line += describe_match(answer);
    if (verdict == "forward") return line + " > " + (why.empty() ? "no directive" : why);
    if (verdict == "allow")
        return line +
               fmt::format(" > open by {}{}",
                           cell(answer, field::kAllow) == "-" ? "an allow" : "allow " + cell(answer, field::kAllow),
                           made_by(answer));
    if (verdict == "exception")
        return line + fmt::format(" > open by exception {}{} from directive {}", cell(answer, field::kException),
                                  made_by(answer), cell(answer, field::kDirective));
    if (cell(answer, field::kDirective) != "-")
        line += " > directive " + cell(answer, field::kDirective) + made_by(answer);
    const auto groups = answer.value(field::kGroups, Json::array());
    if (!groups.empty()) line += " > " + cell(groups.front());
    return line + " > " + cell(answer, field::kAnswer);
}

/// "in 3 days"
std::string time_until(WallTime then, WallTime now) {
    const seconds left = std::max(then - now, seconds{0});
    const auto in = [&](std::int64_t size, std::string_view unit) {
        const std::int64_t count = left.count() / size;
        return fmt::format("in {} {}{}", count, unit, count == 1 ? "" : "s");
    };
    if (left >= seconds(2 * 86400)) return in(86400, "day");
    if (left >= seconds(2 * 3600)) return in(3600, "hour");
    if (left >= seconds(120)) return in(60, "minute");
    return in(1, "second");
}

/// The rule whose end the answer gives: "allow dns1-11".
std::string rule_that_ends(const Json& answer) {
    for (const char* kind : {field::kAllow, field::kException, field::kDirective})
        if (cell(answer, kind) != "-") return fmt::format("{} {}", kind, cell(answer, kind));
    return "its rule";
}

/// One line at most: the next change, and the end of the rule where that is another time. `from`: the time of the
/// verdict.
void print_until(Session& session, const Json& answer, WallTime from) {
    const std::string changes = cell(answer, field::kChanges);
    const std::string until = cell(answer, field::kUntil);
    if (changes == "-") {
        if (until != "-") print_line(fmt::format("          until {}", session.at_site(until)), kIndent);
        return;
    }
    const std::string end = until == "-" || until == changes
                                ? std::string()
                                : fmt::format("; {} ends {}", rule_that_ends(answer), session.at_site(until));
    print_line(fmt::format("          until {} ({}), then {}{}", session.at_site(changes),
                           time_until(parse_time(changes).value(), from), cell(answer, field::kNextVerdict), end),
               kIndent);
}

void print_answer(Session& session, const Json& answer, bool steps, WallTime from) {
    print_line(one_line(answer), kIndent);
    if (cell(answer, field::kUnicode) != "-")
        print_line(fmt::format("          {} ({})", cell(answer, field::kUnicode), cell(answer, field::kName)),
                   kIndent);
    print_until(session, answer, from);
    const Json suspension = answer.value(field::kSuspension, Json());
    if (suspension.is_object())
        print_line(fmt::format("          suspended by {}{}; 'cenote resume' ends it", cell(suspension, field::kId),
                               made_by(suspension)),
                   kIndent);
    if (!steps) return;
    for (const auto& step : answer.value(field::kSteps, Json::array())) print_line("  " + session.at_site(cell(step)));
}

Exit explain(Session& session, const ExplainFlags& flags) {
    Json args = {{field::kName, flags.name}};
    if (!flags.client.empty()) args[field::kClient] = flags.client;
    if (!flags.identity.empty()) args[field::kIdentity] = flags.identity;
    args[field::kType] = flags.type;
    if (!flags.at.empty()) args[field::kAt] = flags.at;
    auto answer = session.ask_or_read("explain", std::move(args), [&] { return explain_from_files(session, flags); });
    if (!answer) return fail(answer.error());
    add_standing_from_files(session, *answer);
    print_notes(*answer);
    if (flags.json)
        print_json(*answer);
    else
        print_answer(session, *answer, flags.steps, flags.at.empty() ? wall_now() : parse_time(flags.at).value());
    return Exit::Done;
}

std::string check_address(const std::string& text) {
    return IpAddress::parse(text) ? "" : fmt::format("'{}' is not an IP address", text);
}
std::string check_type(const std::string& text) {
    return wire::parse_type(text) ? "" : fmt::format("'{}' is not a record type", text);
}

}  // namespace

std::string check_question(const std::string& text) {
    const auto typed = wire::parse_typed_name(text, wire::NameUse::Question);
    return typed ? "" : typed.error().text;
}

std::string check_subtree(const std::string& text) {
    const auto typed = wire::parse_typed_name(text, wire::NameUse::Subtree);
    return typed ? "" : typed.error().text;
}

void add_explain(Verbs& verbs) {
    CLI::App* verb = verbs.add("explain", "The verdict for a name and a client, and every step to it");
    const auto flags = std::make_shared<ExplainFlags>();
    verb->add_option("NAME", flags->name, "The name in question")->required()->check(check_question)->type_name("");
    verb->add_option("--client", flags->client, "The client; by default 127.0.0.1, which is always allowed")
        ->check(check_address)
        ->type_name("IP");
    verb->add_option("--identity", flags->identity, "What the client proves: a name in its certificate, or token:GROUP")
        ->type_name("WHO");
    verb->add_option("--type", flags->type, "The record type")
        ->check(check_type)
        ->type_name("TYPE")
        ->capture_default_str();
    verb->add_option("--at", flags->at, "The time: the future by the present rules, the past by the rules of then")
        ->check(check_time)
        ->type_name("TIME");
    verb->add_flag("-v,--steps", flags->steps, "Show every step");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return explain(session, *flags); });
}

}  // namespace cenote::cli
