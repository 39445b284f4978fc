// SPDX-License-Identifier: Apache-2.0
//
// status, stats, metrics, top: what only a running daemon can tell.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/report/services.h"
#include "tools/cenote/catalogue_files.h"
#include "tools/cenote/check_line.h"
#include "tools/cenote/node_rules.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kShownDigits = 16;  // of a digest, as policy.cenote shows it
constexpr std::size_t kLabel = 11;        // the column of the values

struct StatusFlags {
    bool check = false;
    bool quiet = false;
    bool json = false;
    std::vector<std::string> nodes;
};

std::string check_node(const std::string& text) {
    const auto address = SocketAddress::parse(text, kDnsPort);
    return address && address->port != 0 ? "" : fmt::format("'{}' is no node; write IP, IP:PORT or [IPv6]:PORT", text);
}

std::string rtt_text(const Json& upstream) {
    const auto rtt = upstream.find(field::kRtt);
    if (rtt == upstream.end() || !rtt->is_number()) return "  -";
    return fmt::format("  {:.1f} ms", rtt->get<double>());
}

std::string health_text(const Json& upstream) {
    if (!upstream.value(field::kAsked, true)) return "not asked yet";
    if (upstream.value(field::kHealthy, false)) return "healthy" + rtt_text(upstream);
    const auto why = upstream.find(field::kWhy);
    return "sick" + (why == upstream.end() || why->is_null() ? rtt_text(upstream) : "  " + cell(*why));
}

void print_upstreams(const Json& upstreams) {
    for (const auto& one : upstreams)
        print_line(fmt::format("upstream   {}  {}", cell(one, field::kServer), health_text(one)), kLabel);
}

void print_nodes(const Json& nodes) {
    for (const Json& node : nodes)
        fmt::print("node       {}  {}\n", cell(node, field::kId),
                   !node[field::kError].is_null()    ? cell(node, field::kError)
                   : node.value(field::kSame, false) ? "has the same rules"
                                                     : "has other rules, digest " + cell(node, field::kRulesDigest));
}

void print_problems(const Json& problems) {
    for (const auto& one : problems) {
        const std::string since = cell(one, field::kSince);
        print_line(fmt::format("{}  {}; {}{}", coloured(cell(one, field::kSeverity)), cell(one, field::kWhat),
                               cell(one, field::kDo), since == "-" ? "" : fmt::format(" (since {})", since)));
    }
}

void print_catalogue(const Json& status) {
    const auto found = status.value(field::kCatalogue, Json());
    if (!found.is_object()) return;
    fmt::print("catalogue  {} services, {} with old evidence{}\n", cell(found, field::kServices),
               cell(found, field::kStale), found.value(field::kStale, 0) > 0 ? ": cenote services --stale" : "");
}

void print_listening(const Json& status) {
    if (!status.contains(field::kListen)) return;
    std::string line = "listening  " + cell(status, field::kListen);
    for (const auto& [key, word] :
         {std::pair{"listen_tls", "TLS"}, {"listen_https", "HTTPS"}, {"listen_quic", "QUIC"}, {"listen_h2c", "h2c"}})
        if (!status.value(key, Json::array()).empty()) line += fmt::format("; {} {}", word, cell(status, key));
    print_line(line, kLabel);
}

/// "xdp copy", "xdp generic", "sockets: WHY"; one line for queues that stand behind each other and are served alike.
void print_xdp(const Json& status) {
    const Json queues = status.value("xdp", Json::array());
    for (std::size_t i = 0, next = 0; i < queues.size(); i = next) {
        const auto alike = [&](std::size_t other) {
            return std::ranges::all_of(
                       std::array{"interface", "served_by"},
                       [&](const char* key) { return cell(queues[other], key) == cell(queues[i], key); }) &&
                   cell(queues[other], field::kWhy) == cell(queues[i], field::kWhy);
        };
        for (next = i + 1; next < queues.size() && alike(next);) ++next;
        const std::string numbers =
            next == i + 1 ? "queue " + cell(queues[i], "queue")
                          : fmt::format("queues {} to {}", cell(queues[i], "queue"), cell(queues[next - 1], "queue"));
        const std::string way = cell(queues[i], "served_by");
        print_line(fmt::format("xdp        {} {}: {}", cell(queues[i], "interface"), numbers,
                               way == "sockets" ? "sockets: " + cell(queues[i], field::kWhy) : "xdp " + way),
                   kLabel);
    }
}

/// Nothing where [upstream].raw is off.
void print_sending(const Json& status) {
    const Json sending = status.value("sending", Json::object());
    const bool all = sending.value(field::kWhy, Json()).is_null();
    if (cell(sending, "by") == "raw")
        print_line(all ? "sending    raw" : "sending    raw, in part: " + cell(sending, field::kWhy), kLabel);
    else if (!all)
        print_line("sending    sockets: " + cell(sending, field::kWhy), kLabel);
}

void print_status(const Json& status) {
    const auto set = status.value(field::kSet, Json::object());
    const seconds uptime(status.value(field::kUptime, std::int64_t{0}));
    print_line(fmt::format("cenoted    {} on {}, up {}, {} workers", cell(status, field::kVersion),
                           cell(status, field::kNode), format_duration(uptime), cell(status, field::kWorkers)),
               kLabel);
    print_listening(status);
    print_xdp(status);
    print_sending(status);
    print_line(fmt::format("policy     version {}, digest {}, rules {}", cell(status, field::kPolicyVersion),
                           cell(status, field::kPolicyDigest).substr(0, kShownDigits),
                           cell(status, field::kRulesDigest).substr(0, kShownDigits)),
               kLabel);
    print_line("audit      head " + cell(status, field::kAuditHead), kLabel);
    print_line(fmt::format("set        {} names, built {}, {}", cell(set, field::kDomains), cell(set, field::kBuiltAt),
                           cell(set, field::kPath)),
               kLabel);
    print_catalogue(status);
    print_upstreams(status.value(field::kUpstreams, Json::array()));
    print_nodes(status.value(field::kNodes, Json::array()));
    std::string queries = fmt::format("queries    {} asked", cell(status, field::kQueries));
    for (const char* kind : {field::kBlocked, field::kRestricted, field::kAdvised, field::kObserved, field::kRefused,
                             field::kCached, field::kForwarded})
        queries += fmt::format(", {} {}", cell(status, kind), kind);
    print_line(queries, kLabel);
    print_problems(status.value(field::kProblems, Json::array()));
}

/// Adds `nodes` to the status: which rules the others have, and a problem for each that differs or does not answer.
void compare_nodes(const std::vector<std::string>& nodes, Json& status) {
    const std::string here = cell(status, field::kRulesDigest).substr(0, kShownDigits);
    Json rows = Json::array();
    for (const std::string& text : nodes) {
        const auto there = rules_of_node(*SocketAddress::parse(text, kDnsPort));
        const bool same = there && *there == here;
        std::string what;
        if (!there)
            what = fmt::format("node {} {}", text, there.error().text);
        else if (!same)
            what = fmt::format("node {} has other rules in force: digest {} there, {} here", text, *there, here);
        if (!what.empty())
            status[field::kProblems].push_back(
                {{field::kId, "node " + text},
                 {field::kSeverity, "warning"},
                 {field::kWhat, what},
                 {field::kSince, nullptr},
                 {field::kDo, there ? "compare the files and the catalogues of both, then 'cenote state export' and "
                                      "'cenote state import'"
                                    : "see whether it runs"}});
        rows.push_back({{field::kId, text},
                        {field::kRulesDigest, there ? Json(*there) : Json(nullptr)},
                        {field::kSame, there ? Json(same) : Json(nullptr)},
                        {field::kError, there ? Json(nullptr) : Json(there.error().text)}});
    }
    status[field::kNodes] = std::move(rows);
}

/// One line for monitoring; with --quiet none when all is well.
Exit print_check(const CheckResult& result, bool quiet) {
    if (!quiet || result.exit != Exit::Done) fmt::print("{}\n", result.line);
    return result.exit;
}

std::string well_text(const Json& status) {
    return fmt::format(
        "{}: policy version {}, {} queries, {} blocked or restricted", cell(status, field::kNode),
        cell(status, field::kPolicyVersion), cell(status, field::kQueries),
        status.value(field::kBlocked, std::uint64_t{0}) + status.value(field::kRestricted, std::uint64_t{0}));
}

/// The dates of the catalogue are in its files only, so the tool counts them; a check of problems does not need them.
Json catalogue_state(Session& session) {
    const auto catalogue = catalogue_of_files(session);
    return catalogue ? report::catalogue_json(*catalogue, wall_now()) : Json();
}

Exit status(Session& session, const StatusFlags& flags) {
    auto answer = session.ask("status", Json::object());
    if (!answer) return flags.check ? print_check(check_without_answer(answer.error()), false) : fail(answer.error());
    if (flags.json || !flags.check) (*answer)[field::kCatalogue] = catalogue_state(session);
    if (!flags.nodes.empty()) compare_nodes(flags.nodes, *answer);
    const auto check = [](const Json& status) {
        return check_problems(status.value(field::kProblems, Json::array()), well_text(status));
    };
    if (flags.json) {
        print_json(*answer);
        return flags.check ? check(*answer).exit : Exit::Done;
    }
    const Json at_site = session.json_at_site(*answer);
    if (flags.check) return print_check(check(at_site), flags.quiet);
    print_status(at_site);
    return Exit::Done;
}

void print_numbers(const Json& numbers, std::string_view unit) {
    for (const auto& [name, value] : numbers.items())
        if (value != 0)
            fmt::print("  {:<34} {}{}\n", name,
                       value.is_number_float() ? fmt::format("{:.1f}", value.get<double>()) : cell(value), unit);
}

void print_bypass(Session& session, const Json& stats) {
    fmt::print("clients that queried ways around this resolver\n  {:<34} {}\n", "number",
               clients_cell(stats, field::kBypassClients));
    Table table({"CLIENT", "SERVICE", "QUERIES", "LAST SEEN"});
    for (const Json& row : stats.value(field::kBypass, Json::array()))
        table.add({cell(row, field::kClient), cell(row, field::kService), cell(row, field::kQueries),
                   session.at_site(cell(row, field::kLastSeen))});
    table.print();
    const std::string note = cell(stats, field::kBypassNote);
    if (note != "-") print_line("  " + note);
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
    print_bypass(session, *answer);
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
    const auto answer = session.ask("top", {{field::kWhat, flags.what}, {field::kRows, flags.rows}});
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
            table.add({names ? name_cell(row, field::kName) : cell(row, field::kClient), cell(row, field::kQueries),
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
    auto* check = verb->add_flag("--check", flags->check,
                                 "One line for monitoring; exit code 0: well, 1: warning, 2: error, 3: no answer");
    verb->add_flag("--quiet", flags->quiet, "With --check: no line when all is well")->needs(check);
    verb->add_option("--node", flags->nodes, "Compare its rules with those of this node; may be given again")
        ->type_name("IP[:PORT]")
        ->allow_extra_args(false)
        ->check(check_node);
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
