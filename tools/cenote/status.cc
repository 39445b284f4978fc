// SPDX-License-Identifier: Apache-2.0
//
// status, stats, metrics, top: what only a running daemon can tell.
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/report/services.h"
#include "tools/cenote/catalogue_files.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::size_t kShownDigits = 16;  // of a digest, as policy.cenote shows it

struct StatusFlags {
    bool check = false;
    bool json = false;
};

std::string rtt_text(const Json& upstream) {
    const auto rtt = upstream.find(field::kRtt);
    if (rtt == upstream.end() || !rtt->is_number()) return {};
    return fmt::format("  {:.1f} ms", rtt->get<double>());
}

void print_upstreams(const Json& upstreams) {
    for (const auto& one : upstreams)
        fmt::print("upstream   {}  {}{}\n", cell(one, field::kServer),
                   one.value(field::kHealthy, false) ? "healthy" : "sick", rtt_text(one));
}

void print_problems(const Json& problems) {
    for (const auto& one : problems) {
        const std::string since = cell(one, field::kSince);
        fmt::print("{}  {}; {}{}\n", coloured(cell(one, field::kSeverity)), cell(one, field::kWhat),
                   cell(one, field::kDo), since == "-" ? "" : fmt::format(" (since {})", since));
    }
}

void print_catalogue(const Json& status) {
    const auto found = status.value(field::kCatalogue, Json());
    if (!found.is_object()) return;
    fmt::print("catalogue  {} services, {} with old evidence{}\n", cell(found, field::kServices),
               cell(found, field::kStale), found.value(field::kStale, 0) > 0 ? ": cenote services --stale" : "");
}

void print_status(const Json& status) {
    const auto set = status.value(field::kSet, Json::object());
    const seconds uptime(status.value(field::kUptime, std::int64_t{0}));
    fmt::print("cenoted    {} on {}, up {}, {} workers\n", cell(status, field::kVersion), cell(status, field::kNode),
               format_duration(uptime), cell(status, field::kWorkers));
    if (status.contains(field::kListen)) fmt::print("listening  {}\n", cell(status, field::kListen));
    fmt::print("policy     version {}, digest {}\n", cell(status, field::kPolicyVersion),
               cell(status, field::kPolicyDigest).substr(0, kShownDigits));
    fmt::print("audit      head {}\n", cell(status, field::kAuditHead));
    fmt::print("set        {} names, built {}, {}\n", cell(set, field::kDomains), cell(set, field::kBuiltAt),
               cell(set, field::kPath));
    print_catalogue(status);
    print_upstreams(status.value(field::kUpstreams, Json::array()));
    fmt::print("queries    {} asked", cell(status, field::kQueries));
    for (const char* kind : {field::kBlocked, field::kRestricted, field::kAdvised, field::kObserved, field::kRefused,
                             field::kCached, field::kForwarded})
        fmt::print(", {} {}", cell(status, kind), kind);
    fmt::print("\n");
    print_problems(status.value(field::kProblems, Json::array()));
}

/// The dates of the catalogue are in its files only, so the tool counts them; a check of problems does not need them.
Json catalogue_state(Session& session) {
    const auto catalogue = catalogue_of_files(session);
    return catalogue ? report::catalogue_json(*catalogue, wall_now()) : Json();
}

Exit status(Session& session, const StatusFlags& flags) {
    auto answer = session.ask("status", Json::object());
    if (!answer) return fail(answer.error());
    if (flags.json || !flags.check) (*answer)[field::kCatalogue] = catalogue_state(session);
    const auto problems = answer->value(field::kProblems, Json::array());
    if (flags.json)
        print_json(*answer);
    else if (flags.check)
        print_problems(problems);
    else
        print_status(*answer);
    return flags.check && !problems.empty() ? Exit::Failed : Exit::Done;
}

void print_numbers(const Json& numbers, std::string_view unit) {
    for (const auto& [name, value] : numbers.items())
        if (value != 0) fmt::print("  {:<34} {}{}\n", name, cell(value), unit);
}

Exit stats(Session& session, bool json) {
    const auto answer = session.ask("stats", Json::object());
    if (!answer) return fail(answer.error());
    if (json) {
        print_json(*answer);
        return Exit::Done;
    }
    fmt::print("since the start (zeros are left out)\n");
    print_numbers(answer->value(field::kCounters, Json::object()), "");
    fmt::print("until the answer\n");
    print_numbers(answer->value(field::kLatency, Json::object()), " us");
    fmt::print("cache\n");
    print_numbers(answer->value(field::kCache, Json::object()), "");
    return Exit::Done;
}

/// The format escapes label values, so the text is printed as it is.
Exit metrics(Session& session) {
    const auto text = session.ask_text("metrics", Json::object());
    if (!text) return fail(text.error());
    fmt::print("{}", *text);
    return Exit::Done;
}

struct TopFlags {
    std::string what = "services";
    std::size_t rows = 20;
    bool json = false;
};

Exit top(Session& session, const TopFlags& flags) {
    const auto answer = session.ask("top", {{"what", flags.what}, {"rows", flags.rows}});
    if (!answer) return fail(answer.error());
    if (flags.json) {
        print_json(*answer);
        return Exit::Done;
    }
    if (answer->empty()) {
        fmt::print("no query was counted yet\n");
        return Exit::Done;
    }
    if (flags.what == "names" || flags.what == "clients") {
        const bool names = flags.what == "names";
        Table table({names ? "NAME" : "CLIENT", "QUERIES", names ? "CLIENTS" : "NAMES"});
        for (const auto& row : *answer)
            table.add({cell(row, names ? field::kName : field::kClient), cell(row, field::kQueries),
                       cell(row, names ? field::kClients : field::kNames)});
        table.print();
        fmt::print("from a sample: the first thousand answers of each second and worker; older ones count less\n");
        return Exit::Done;
    }
    Table table({flags.what == "services" ? "SERVICE" : "GROUP", "QUERIES", "OF THEM"});
    for (const auto& row : *answer) {
        std::string verdicts;
        for (const auto& [verdict, count] : row.items())
            if (count.is_number() && verdict != field::kQueries)
                verdicts += fmt::format("{}{} {}", verdicts.empty() ? "" : ", ", verdict, cell(count));
        table.add({cell(row, flags.what == "services" ? field::kService : field::kGroup), cell(row, field::kQueries),
                   verdicts});
    }
    table.print();
    return Exit::Done;
}

}  // namespace

void add_status(Verbs& verbs) {
    CLI::App* verb = verbs.add("status", "The state of the daemon, and its problems");
    const auto flags = std::make_shared<StatusFlags>();
    verb->add_flag("--check", flags->check, "Only the problems; exit code 1 when there are any");
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return status(session, *flags); });

    verb = verbs.add("stats", "Counters, latency and cache since the start of the daemon");
    const auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "Print JSON");
    verbs.on(verb, [json](Session& session) { return stats(session, *json); });

    verb = verbs.add("metrics", "All counters and gauges in the text format of Prometheus");
    verbs.on(verb, metrics);

    verb = verbs.add("top", "The most frequent services, groups, names or clients");
    const auto top_flags = std::make_shared<TopFlags>();
    verb->add_option("WHAT", top_flags->what, "services (the default), groups, names or clients")
        ->type_name("")
        ->check(CLI::IsMember({"services", "groups", "names", "clients"}));
    verb->add_option("--rows", top_flags->rows, "How many, 20 by default")->check(CLI::Range(1, 1000));
    verb->add_flag("--json", top_flags->json, "Print JSON");
    verbs.on(verb, [top_flags](Session& session) { return top(session, *top_flags); });
}

}  // namespace cenote::cli
