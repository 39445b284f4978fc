// SPDX-License-Identifier: Apache-2.0
//
// log: searches what the query log kept, or writes it to a file.
#include <fmt/format.h>

#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/report/handed_log.h"
#include "resolver/wire/typed_name.h"
#include "tools/cenote/hit_flags.h"
#include "tools/cenote/hit_line.h"
#include "tools/cenote/log_export.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::size_t kLimitMax = 100'000;

struct LogFlags {
    std::string from, to, client, name, purpose;
    Path exported;  // empty: the log is searched
    HitFlags hits;
    std::size_t limit = 0;
    bool json = false;
};

using report::HandedLog;

Result<HandedLog> ask_for_files(Session& session, const LogFlags& flags) {
    Json args = Json::object();
    flags.hits.put_into(args);
    for (const auto& [key, value] : {std::pair{field::kFrom, &flags.from},
                                     {field::kTo, &flags.to},
                                     {field::kClient, &flags.client},
                                     {field::kName, &flags.name},
                                     {field::kPurpose, &flags.purpose}})
        if (!value->empty()) args[key] = *value;
    if (!flags.exported.empty()) args[field::kExport] = true;
    report::LogReplies replies;
    const auto last =
        session.follow("log", std::move(args), [&](const control::Response& part) { replies.take(part); });
    if (!last) return last.error();
    return std::move(replies).finish(*last);
}

sinks::LogSpan span_of(const LogFlags& flags) {
    sinks::LogSpan span;
    if (!flags.from.empty()) span.from = parse_time(flags.from).value();
    if (!flags.to.empty()) span.to = parse_time(flags.to).value();
    return span;
}

Exit search(Session& session, const LogFlags& flags, const HandedLog& out, bool& damaged) {
    policy::LocalTimes times;
    if (!flags.json)
        if (const auto site = session.site_times()) times = **site;
    sinks::LogQuestion question{.span = span_of(flags),
                                .filter = {.directive = flags.hits.directive,
                                           .service = out.service,
                                           .group = flags.hits.group,
                                           .verdict = flags.hits.verdict},
                                .client = flags.client,
                                .name = {},
                                .limit = flags.limit};
    if (!flags.name.empty()) question.name = wire::parse_typed_name(flags.name, wire::NameUse::Subtree).value().name;
    std::uint64_t rows = 0;
    sinks::find_lines(
        out.files, question,
        [&](const sinks::FoundLine& found) {
            ++rows;
            const sinks::LoggedHit& hit = found.hit;
            if (flags.json) return fmt::print("{}\n", printable_json(found.line));
            const std::string time = hit_time(times, std::chrono::floor<seconds>(hit.at), true);
            fmt::print("{}\n",
                       hit_line({time, hit.verdict, hit.name, hit.service, hit.group, hit.directive}, hit_columns()));
        },
        [&](const std::string& what) {
            damaged = true;
            fail(Error{what});
        });
    if (rows != 0) return Exit::Done;
    // What is not in force now may be in an old log; where it is not there either it is taken for a mistake.
    if (!out.unknown.empty()) return fail(Error{out.unknown});
    if (to_terminal()) fmt::print("the log has no such query in that time\n");
    return Exit::Done;
}

Exit write_export(const LogFlags& flags, const HandedLog& out, bool& damaged) {
    const auto exported = export_log(out.files, span_of(flags), flags.exported, [&](const std::string& what) {
        damaged = true;
        fail(Error{what});
    });
    if (!exported) return fail(exported.error());
    if (flags.json)
        print_json({{field::kPath, flags.exported.string()}, {"lines", exported->lines}, {"sha256", exported->sha256}});
    else
        fmt::print("{}: {} lines, SHA-256 {}\n", printable(flags.exported.string()), exported->lines, exported->sha256);
    return Exit::Done;
}

Exit log(Session& session, const LogFlags& flags) {
    std::error_code none;
    if (!flags.exported.empty() && std::filesystem::exists(flags.exported, none))
        return fail(Error{fmt::format("{} exists already; name another file", flags.exported.string())});
    const auto out = ask_for_files(session, flags);
    if (!out) return fail(out.error());
    bool damaged = false;
    const Exit exit =
        flags.exported.empty() ? search(session, flags, *out, damaged) : write_export(flags, *out, damaged);
    return damaged ? Exit::Failed : exit;
}

}  // namespace

void add_log(Verbs& verbs) {
    CLI::App* verb = verbs.add("log", "Search what the query log kept, newest last; --export writes it to a file");
    const auto flags = std::make_shared<LogFlags>();
    verb->add_option("--from", flags->from, "From this time on")->type_name(kTimeType)->check(check_time);
    verb->add_option("--to", flags->to, "Before this time")->type_name(kTimeType)->check(check_time);
    auto filters =
        flags->hits.add_to(*verb, {"forward", "observe", "advise", "restrict", "block", "allow", "exception", "local"});
    filters.push_back(verb->add_option("--client", flags->client, "Only of this address or pseudonym, as lines have it")
                          ->type_name("CLIENT")
                          ->check(HitFlags::check_filled));
    filters.push_back(verb->add_option("--name", flags->name, "Only this name and all below it")
                          ->type_name("NAME")
                          ->check(check_subtree));
    filters.push_back(verb->add_option("--limit", flags->limit, "Only the newest N")
                          ->type_name("N")
                          ->check(CLI::Range(std::size_t{1}, kLimitMax)));
    auto* purpose = verb->add_option("--purpose", flags->purpose, "What for: the audit trail keeps it")
                        ->type_name("TEXT")
                        ->check(HitFlags::check_filled);
    auto* exported = verb->add_option("--export", flags->exported, "Write the lines as they are into this new file")
                         ->type_name("FILE")
                         ->needs(purpose);
    for (CLI::Option* filter : filters) exported->excludes(filter);
    verb->add_flag("--json", flags->json, "Print the lines as they are in the log");
    verbs.on(verb, [flags](Session& session) { return log(session, *flags); });
}

}  // namespace cenote::cli
