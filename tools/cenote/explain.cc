// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/report/explain.h"
#include "resolver/report/fields.h"
#include "resolver/wire/message.h"
#include "resolver/wire/typed_name.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct Flags {
    std::string name;
    std::string client;  // empty: this machine, and whether it may ask is not looked at
    std::string type = "A";
    std::string at;  // empty: now
    bool steps = false;
    bool json = false;
};

Result<Json> explain_from_files(Session& session, const Flags& flags) {
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
    Json told = report::explain_json(*files->policy, files->local, question);
    if (!files->remark.empty()) told[field::kSteps].push_back(files->remark);
    return told;
}

/// "deepseek.com = DeepSeek (CN, chat)", "ads.example on list extra".
std::string whose(const Json& told) {
    const std::string matched = in_both_forms(
        told.value(field::kMatched, Json()).is_null() ? cell(told, field::kName) : cell(told, field::kMatched));
    if (cell(told, field::kService) != "-") {
        const std::string name =
            cell(told, field::kServiceName) != "-" ? cell(told, field::kServiceName) : cell(told, field::kService);
        return fmt::format("{} = {} ({}, {})", matched, name, cell(told, field::kJurisdiction),
                           cell(told, field::kCategory));
    }
    if (cell(told, field::kList) != "-") return fmt::format("{} on list {}", matched, cell(told, field::kList));
    return matched;
}

/// The group by which the directive holds is not told: the narrowest is what the client is known by.
std::string one_line(const Json& told) {
    const std::string verdict = cell(told, field::kVerdict);
    const bool known = cell(told, field::kService) != "-" || cell(told, field::kList) != "-";
    std::string line = coloured(verdict) + std::string(verdict.size() < 8 ? 10 - verdict.size() : 2, ' ');
    if (verdict == "refused")
        return line + fmt::format("{} > [server].allow_from has no prefix that holds it > {}",
                                  cell(told, field::kClient), cell(told, field::kAnswer));
    if (verdict == "local") return line + fmt::format("{} > {}", cell(told, field::kName), cell(told, field::kAnswer));
    if (verdict == "forward" && !known) return line + "in no service and no list";
    line += whose(told);
    if (verdict == "forward") return line + " > no directive";
    if (verdict == "allow") return line + " > open by an allow";
    if (verdict == "exception")
        return line + fmt::format(" > open by exception {} from directive {}", cell(told, field::kException),
                                  cell(told, field::kDirective));
    if (cell(told, field::kDirective) != "-") line += " > directive " + cell(told, field::kDirective);
    const auto groups = told.value(field::kGroups, Json::array());
    if (!groups.empty()) line += " > " + cell(groups.front());
    return line + " > " + cell(told, field::kAnswer);
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

/// `from`: the time that was asked about.
void print_told(const Json& told, bool steps, WallTime from) {
    fmt::print("{}\n", one_line(told));
    if (cell(told, field::kUnicode) != "-")
        fmt::print("          {} ({})\n", cell(told, field::kUnicode), cell(told, field::kName));
    const std::string changes = cell(told, field::kChanges);
    const std::string until = cell(told, field::kUntil);
    if (changes != "-")
        fmt::print("          until {} ({}), then {}\n", changes, time_until(parse_time(changes).value(), from),
                   cell(told, field::kNextVerdict));
    if (until != "-" && until != changes) fmt::print("          until {}\n", until);
    if (!steps) return;
    for (const auto& step : told.value(field::kSteps, Json::array())) fmt::print("  {}\n", cell(step));
}

Exit explain(Session& session, const Flags& flags) {
    Json args = {{"name", flags.name}};
    if (!flags.client.empty()) args["client"] = flags.client;
    args["type"] = flags.type;
    if (!flags.at.empty()) args["at"] = flags.at;
    const auto answer =
        session.ask_or_read("explain", std::move(args), [&] { return explain_from_files(session, flags); });
    if (!answer) return fail(answer.error());
    print_notes(*answer);
    if (flags.json)
        print_json(*answer);
    else
        print_told(*answer, flags.steps, flags.at.empty() ? wall_now() : parse_time(flags.at).value());
    return Exit::Done;
}

std::string check_address(const std::string& text) {
    return IpAddress::parse(text) ? "" : fmt::format("'{}' is not an IP address", text);
}
std::string check_type(const std::string& text) {
    return wire::parse_type(text) ? "" : fmt::format("'{}' is not a type of record", text);
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
    CLI::App* verb = verbs.add("explain", "What a client gets for a name, and every step to it");
    const auto flags = std::make_shared<Flags>();
    verb->add_option("NAME", flags->name, "The name asked")->required()->check(check_question)->type_name("");
    verb->add_option("--client", flags->client, "Who asks, and whether it may; by default 127.0.0.1, which may")
        ->check(check_address)
        ->type_name("IP");
    verb->add_option("--type", flags->type, "The type asked")
        ->check(check_type)
        ->type_name("TYPE")
        ->capture_default_str();
    verb->add_option("--at", flags->at, "At this time: ahead by the rules as they stand, past by those of then")
        ->check(check_time)
        ->type_name("TIME");
    verb->add_flag("-v,--steps", flags->steps, "Show every step");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return explain(session, *flags); });
}

}  // namespace cenote::cli
