// SPDX-License-Identifier: Apache-2.0
//
// tail: hits of directives as they come.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <sstream>

#include "resolver/base/printable.h"
#include "resolver/report/fields.h"
#include "resolver/sinks/logged_hit.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/hit_flags.h"
#include "tools/cenote/hit_line.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

struct TailFlags {
    HitFlags hits;
    std::string lasts;
    bool json = false;
};

/// One line of the stream as people read it.
std::string for_people(const std::string& line, const policy::LocalTimes& times) {
    if (const auto hit = sinks::read_log_line(line)) {
        const std::string time = hit_time(times, std::chrono::floor<seconds>(hit->at), !to_terminal());
        return hit_line({time, hit->verdict, hit->name, hit->service, hit->group, hit->directive}, hit_columns());
    }
    const Json other = Json::parse(line, nullptr, false);
    if (other.is_object() && other.contains(field::kDropped))
        return fmt::format("({} hits were dropped: they came faster than they were read)",
                           cell(other, field::kDropped));
    return printable(line);
}

/// Returns false where the output cannot be written.
bool print_lines(const Json& data, bool json, const policy::LocalTimes& times) {
    if (!data.is_string()) return true;
    std::istringstream lines(data.get<std::string>());
    for (std::string line; std::getline(lines, line);)
        fmt::print("{}\n", json ? printable_json(line) : for_people(line, times));
    return std::fflush(stdout) == 0;
}

Exit tail(Session& session, const TailFlags& flags) {
    policy::LocalTimes times;
    if (!flags.json) {
        const auto site = session.site_times();
        if (site) times = **site;
    }
    Json args = Json::object();
    flags.hits.put_into(args);
    if (!flags.lasts.empty()) args[field::kFor] = flags.lasts;
    bool written = true;
    const auto last = session.follow(
        "tail", std::move(args),
        [&](const control::Response& part) { written = print_lines(part.data, flags.json, times) && written; },
        STDOUT_FILENO);
    if (control::is_read_by_nobody(STDOUT_FILENO)) std::raise(SIGPIPE);  // as a write would
    if (!last) return fail(last.error());
    written = print_lines(last->data, flags.json, times) && written;
    return written ? Exit::Done : fail(Error{"cannot write the output"});
}

}  // namespace

void add_tail(Verbs& verbs) {
    CLI::App* verb = verbs.add("tail", "Print hits of directives as they come, until it is interrupted");
    const auto flags = std::make_shared<TailFlags>();
    flags->hits.add_to(*verb, {"observe", "advise", "restrict", "block", "exception"});
    verb->add_option("--for", flags->lasts, "How long; by default until it is interrupted")
        ->type_name("DURATION")
        ->check(End::check_duration);
    verb->add_flag("--json", flags->json, "Print JSON, an object a line");
    verbs.on(verb, [flags](Session& session) { return tail(session, *flags); });
}

}  // namespace cenote::cli
