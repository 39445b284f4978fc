// SPDX-License-Identifier: Apache-2.0
//
// The cost of a report on a year: `report_bench make FILE` writes a history of 250 services, 50 groups and 20
// directives through history::Store, `report_bench time FILE` makes the document of it and prints time and memory.
//
// Each group knows 20 services, by the popularity of a Zipf distribution over all. In an hour of work it asks for seven
// of them, at night and on days off for one in two hours; names of a service are asked for in one role or two. Sketches
// are of each day.
#include <fmt/format.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <random>

#include "resolver/assessment/assessment.h"
#include "resolver/base/time_text.h"
#include "resolver/domainset/writer.h"
#include "resolver/rules/policy_document.h"

namespace cenote {
namespace {

using std::chrono::days;
using telemetry::QueryVerdict;

constexpr int kServices = 250;
constexpr int kGroups = 50;
constexpr int kDirectives = 20;
constexpr int kAskedAtWork = 7;
constexpr std::size_t kKnown = 20;
const WallTime kFrom = parse_time("2026-01-01T00:00:00Z").value();
const WallTime kTo = parse_time("2027-01-01T00:00:00Z").value();

std::string service_id(int number) { return fmt::format("service-{:03}", number); }
std::string group_id(int number) { return fmt::format("group-{:02}", number); }
/// Each directive has its share of the services: every other one limits them from the middle of the year on.
std::string directive_id(int number) { return fmt::format("directive-{:02}", number); }

class Year {
public:
    Year() {
        std::vector<double> weights;
        for (int i = 0; i < kServices; ++i) weights.push_back(1.0 / (i + 1));
        std::discrete_distribution<int> popularity(weights.begin(), weights.end());
        for (auto& services : known_)
            for (int& service : services) service = popularity(random_);
    }

    Status write(const Path& path) {
        auto opened = history::Store::open(path, "bench", kFrom);
        if (!opened) return std::move(opened).error();
        for (WallTime day = kFrom - days(30); day < kTo; day += days(1)) {
            const history::Imported rows = day_of(day);
            if (auto taken = opened->store->import(rows); !taken) return taken;
            hours_ += rows.hours.size();
            sketches_ += rows.sketches.size();
        }
        fmt::print("{} rows of hours, {} of sketches\n", hours_, sketches_);
        return Done{};
    }

private:
    history::Imported day_of(WallTime day) {
        history::Imported rows;
        std::map<history::Series, std::uint64_t> of_day;
        std::map<history::SketchKey, history::SketchPair> sketches;
        const auto weekday = (day.time_since_epoch() / days(1) + 3) % 7;  // 0: Monday
        for (int hour = 0; hour < 24; ++hour) {
            const bool at_work = weekday < 5 && hour >= 8 && hour < 19;
            std::map<history::Series, std::uint64_t> counts;
            for (int group = 0; group < kGroups; ++group) {
                counts[{.verdict = QueryVerdict::Forward, .group = group_id(group)}] += 400;
                const int asked = at_work ? kAskedAtWork : static_cast<int>(random_() % 2);
                for (int i = 0; i < asked; ++i) ask(day, hour, group, counts, sketches);
            }
            for (const auto& [series, count] : counts) {
                rows.hours.push_back({day + std::chrono::hours(hour), "dns1", series, count});
                of_day[series] += count;
            }
        }
        for (const auto& [series, count] : of_day) rows.days.push_back({day, "dns1", series, count});
        const std::chrono::year_month_day date(std::chrono::floor<days>(day));
        for (const auto& [key, pair] : sketches)
            rows.sketches.push_back({day, "dns1", key, static_cast<unsigned>(date.month()), pair});
        return rows;
    }

    void ask(WallTime day, int hour, int group, std::map<history::Series, std::uint64_t>& counts,
             std::map<history::SketchKey, history::SketchPair>& sketches) {
        const int service = known_[static_cast<std::size_t>(group)][random_() % kKnown];
        const int directive = service % kDirectives;
        const bool limited = directive % 2 == 1 && day >= kFrom + days(180);
        const auto verdict = limited ? QueryVerdict::Restrict : QueryVerdict::Observe;
        for (unsigned role = 1; role <= 1 + random_() % 2; ++role)
            counts[{.verdict = verdict,
                    .role = static_cast<telemetry::RoleNumber>(role),
                    .service = service_id(service),
                    .directive = directive_id(directive),
                    .group = group_id(group)}] += 1 + random_() % 40;
        auto& pair = sketches[{service_id(service), directive_id(directive), group_id(group)}];
        for (unsigned client = 0; client < 1 + random_() % 12; ++client) {
            const std::uint64_t who = static_cast<std::uint64_t>(group) * 1000 + random_() % 200;
            const std::uint64_t hash = (who + 1) * 0x9e3779b97f4a7c15U;
            pair.clients.add(telemetry::sketch_cell(hash ^ (hash >> 29U)));
            const std::uint64_t episode = (hash + static_cast<std::uint64_t>(hour)) * 0xbf58476d1ce4e5b9U;
            pair.episodes.add(telemetry::sketch_cell(episode ^ (episode >> 31U)));
        }
    }

    std::mt19937_64 random_{7};
    std::array<std::array<int, kKnown>, kGroups> known_{};
    std::size_t hours_ = 0;
    std::size_t sketches_ = 0;
};

std::shared_ptr<const domainset::DomainSet> catalogue() {
    domainset::DomainSetWriter writer(kFrom, 7);
    for (int i = 0; i < kServices; ++i) {
        domainset::Source source;
        source.kind = domainset::SourceKind::Service;
        source.id = service_id(i);
        source.name = source.id;
        source.vendor = fmt::format("Vendor {}", i / 3);
        source.jurisdiction = i % 3 == 0 ? "US" : i % 3 == 1 ? "CN" : "DE";
        source.categories = {i % 2 == 0 ? "chat" : "coding"};
        const auto number = writer.add_source(source);
        writer.add(wire::Name::parse(fmt::format("{}.example", source.id)).value(),
                   {.source = number, .role = domainset::Role::Web, .strict = false}, domainset::MatchKind::Suffix);
    }
    return std::make_shared<const domainset::DomainSet>(
        domainset::DomainSet::from_bytes(writer.finish().value()).value());
}

assessment::Inputs inputs() {
    assessment::Inputs made;
    made.from = kFrom;
    made.to = kTo;
    made.zone = "Asia/Seoul";
    made.smallest = 5;
    made.set = catalogue();
    made.risk = assessment::built_in_risk_table();
    made.made.node = "dns1";
    std::string text = "[policy]\nnode = \"dns1\"\ncatalogue = \"00\"\n";
    for (int i = 0; i < kGroups; ++i) {
        text += fmt::format("[[group]]\nid = \"{}\"\nclients = [\"10.{}.0.0/16\"]\n", group_id(i), i);
        policy::Group group;
        group.id = group_id(i);
        group.clients.push_back(Prefix::parse(fmt::format("10.{}.0.0/16", i)).value());
        made.groups.push_back(std::move(group));
    }
    for (int i = 0; i < kDirectives; ++i) {
        std::string targets;
        for (int service = i; service < kServices; service += kDirectives)
            targets += fmt::format("{}\"service:{}\"", targets.empty() ? "" : ", ", service_id(service));
        text +=
            fmt::format("[[directive]]\nid = \"{}\"\ntargets = [{}]\nstep = \"{}\"\nstarts = 2026-06-30T00:00:00Z\n",
                        directive_id(i), targets, i % 2 == 1 ? "restrict" : "observe");
    }
    const auto read = rules::read_policy_document(text).value();
    made.policies.push_back({kFrom - days(400), std::string(64, '0'), "00", "dns1", read.options});
    return made;
}

Status time_report(const Path& path) {
    const auto begin = std::chrono::steady_clock::now();
    auto scan = history::Scan::open(path);
    if (!scan) return std::move(scan).error();
    const std::atomic<bool> stopping{false};
    const auto document = assessment::assess(inputs(), **scan, stopping);
    if (!document) return document.error();
    const std::string text = assessment::canonical(*document);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    fmt::print("{:.2f} s, {:.2f} s of CPU, {} MiB at most, {} KiB of JSON, digest {}\n", took.count(), cpu,
               used.ru_maxrss / 1024, text.size() / 1024, (*document)["data_digest"].get<std::string>().substr(0, 8));
    return Done{};
}

}  // namespace
}  // namespace cenote

int main(int argc, char** argv) {
    const bool make = argc == 3 && std::strcmp(argv[1], "make") == 0;
    const bool time = argc == 3 && std::strcmp(argv[1], "time") == 0;
    if (!make && !time) {
        fmt::print(stderr, "usage: report_bench make|time FILE\n");
        return 2;
    }
    const auto done = make ? cenote::Year().write(argv[2]) : cenote::time_report(argv[2]);
    if (!done) fmt::print(stderr, "report_bench: {}\n", done.error().text);
    return done ? 0 : 1;
}
