// SPDX-License-Identifier: Apache-2.0
//
// The page of metrics: docs/METRICS.md lists its families with their labels, no more and no fewer, and every line of it
// has the form that Prometheus reads.
#include "resolver/report/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/policy/fixture.h"
#include "tests/support/places.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;
using ::testing::HasSubstr;

/// Family and its labels, in their order.
using Families = std::map<std::string, std::string>;

/// The rows of the page's tables.
Families documented() {
    std::ifstream page(testing_support::source_folder() / "docs/METRICS.md");
    const std::regex row(R"(\| `((cenote|process)_[a-z_]+)` \| (`([a-z ]+)` )?\| [^|]+ \|)");
    Families families;
    for (std::string line; std::getline(page, line);) {
        std::smatch parts;
        if (!std::regex_match(line, parts, row)) continue;
        EXPECT_TRUE(families.emplace(parts[1], parts[4]).second) << "twice: " << line;
    }
    return families;
}

class MetricsPage : public testing::Test {
protected:
    /// A page on which every family has a series.
    std::string page() {
        policy::Options options;
        options.directives = {policy::testing::directive("d1", policy::Step::Restrict, {"service:deepseek"})};
        options.directives[0].ends = policy::testing::time("2027-01-01T00:00:00Z");
        const auto policy = policy::testing::build(options, kNow);
        telemetry::Hub hub;
        telemetry::QueryEvent event;
        event.verdict = telemetry::QueryVerdict::Exception;
        event.source = telemetry::Source::Upstream;
        event.latency_us = 3;
        event.service_key = keys.intern(telemetry::KeyKind::Service, "deepseek");
        event.directive_key = keys.intern(telemetry::KeyKind::Directive, "d1");
        event.group_key = keys.intern(telemetry::KeyKind::Group, "moti");
        event.exception_key = keys.intern(telemetry::KeyKind::Exception, "dns1-17");
        event.signal = telemetry::Signal::Resolver;
        hub.add_recorder().record(event);
        telemetry::Metrics metrics = hub.collect();
        set_gauges({.uptime = seconds{5}, .workers = 2, .totals = {}, .cache = {}}, *policy, metrics);
        rules::ExceptionDocument asked;
        return metrics_text(
            metrics, keys, *policy,
            {.version = "1.2.3",
             .revision = "0123abcd",
             .policy_digest = "abcd",
             .process = read_process_use(),
             .lists = {{.id = "ads", .entries = 7, .last_good = kNow}},
             .exceptions = {asked},
             .upstreams = {{"192.0.2.53:53",
                            {.healthy = true, .judged_at = Ticks(seconds(1)), .rtt_ms = 12.5, .measured = 1}}},
             .problems = {{.severity = Severity::Warning, .what = "a", .since = {}, .remedy = "b"}},
             .log_lost = {.file = 3, .syslog = 4, .dnstap = 5, .standard_error = 6},
             .history_written = kNow,
             .xdp = {{.interface = "eth0", .queue = 1, .way = "copy", .why = {}, .packets = {{"redirected", 9}}}},
             .sending = {.raw = true, .why = {}, .handed_over = 8, .dropped = 9},
             .limits = {.control_connections = 4, .zone_queries = 5, .transfers_refused = 6, .transfers_ended = 7},
             .proofs = {{.directive = "d1", .cells = 96, .deviations = 2, .at = kNow}}});
    }

    telemetry::Keys keys;
};

TEST_F(MetricsPage, TheDocumentationListsEachFamilyWithItsLabels) {
    const std::regex head(R"(# TYPE ([a-z_]+) \w+)");
    const std::regex sample(R"re(([a-z_]+?)(_bucket|_sum|_count)?(\{(.*)\})? \S+)re");
    const std::regex label(R"re(([a-z]+)="[^"]*")re");
    std::istringstream lines(page());
    Families exposed;
    std::string family;
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (std::regex_match(line, parts, head)) {
            family = parts[1];
            EXPECT_TRUE(exposed.emplace(family, "?").second) << "twice: " << line;
        } else if (line.front() != '#' && exposed[family] == "?") {
            ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
            const std::string text = parts[4];
            std::string labels;
            for (std::sregex_iterator each(text.begin(), text.end(), label), end; each != end; ++each)
                labels += (labels.empty() ? "" : " ") + (*each)[1].str();
            exposed[family] = labels;
        }
    }
    EXPECT_EQ(exposed, documented());
}

/// The families that a file of dashboards or alerts mentions.
std::set<std::string> mentioned(const char* file) {
    std::ifstream in(testing_support::source_folder() / file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::regex name(R"((cenote|process)_[a-z_]+)");
    std::set<std::string> names;
    for (std::sregex_iterator each(text.begin(), text.end(), name), end; each != end; ++each) {
        std::string family = each->str();
        if (family.ends_with("_bucket")) family.resize(family.size() - std::string_view("_bucket").size());
        names.insert(family);
    }
    return names;
}

TEST(Dashboard, ShowsEachFamilyAndNoOther) {
    std::set<std::string> families;
    for (const auto& [family, labels] : documented()) families.insert(family);
    EXPECT_EQ(mentioned("docs/grafana/cenote.json"), families);
}

TEST(Alerts, NameFamiliesThatExist) {
    const Families families = documented();
    const auto named = mentioned("docs/prometheus/alerts.yml");
    EXPECT_GE(named.size(), 5U);
    for (const std::string& family : named) EXPECT_TRUE(families.contains(family)) << family;
}

TEST_F(MetricsPage, EveryLineIsWellFormedAndEverySeriesIsOnce) {
    const std::regex comment(R"(# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram)))");
    const std::regex sample(R"re(([a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})?) [0-9.e+-]+)re");
    std::istringstream lines(page());
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (line.front() == '#')
            EXPECT_TRUE(std::regex_match(line, comment)) << line;
        else if (std::regex_match(line, parts, sample))
            EXPECT_TRUE(seen.insert(parts[1]).second) << "twice: " << line;
        else
            ADD_FAILURE() << line;
    }
    EXPECT_GT(seen.size(), telemetry::kCounterCount);
}

TEST_F(MetricsPage, ShowsPolicyListsUpstreamsAndTheProcess) {
    const std::string text = page();
    EXPECT_THAT(text, HasSubstr("cenote_build_info{version=\"1.2.3\",revision=\"0123abcd\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_policy_info{digest=\"abcd\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_directive_info{directive=\"d1\",step=\"restrict\",state=\"in-force\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_directive_end_timestamp_seconds{directive=\"d1\"} 1798761600\n"));
    EXPECT_THAT(text, HasSubstr("cenote_proof_checks{directive=\"d1\"} 96\n"));
    EXPECT_THAT(text, HasSubstr("cenote_proof_failures{directive=\"d1\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("cenote_proof_timestamp_seconds{directive=\"d1\"} "));
    EXPECT_THAT(text, HasSubstr("cenote_exceptions{stage=\"asked\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_bypass_signals_total{signal=\"resolver\",group=\"moti\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_list_entries{list=\"ads\"} 7\n"));
    EXPECT_THAT(text, HasSubstr("cenote_upstream_up{server=\"192.0.2.53:53\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_upstream_rtt_seconds{server=\"192.0.2.53:53\"} 0.0125"));
    EXPECT_THAT(text, HasSubstr("cenote_problems{severity=\"warning\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_problems{severity=\"error\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("cenote_xdp_queue_info{interface=\"eth0\",queue=\"1\",way=\"copy\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_upstream_sending_info{way=\"raw\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("cenote_upstream_strays_total{what=\"handed_over\"} 8\n"));
    EXPECT_THAT(text, HasSubstr("cenote_upstream_strays_total{what=\"dropped\"} 9\n"));
    EXPECT_THAT(text, HasSubstr("cenote_xdp_packets_total{interface=\"eth0\",queue=\"1\",what=\"redirected\"} 9\n"));
    EXPECT_THAT(text, HasSubstr("\ncenote_control_connections_refused_total 4\n"));
    EXPECT_THAT(text, HasSubstr("\ncenote_zone_queries_refused_total 5\n"));
    EXPECT_THAT(text, HasSubstr("\ncenote_transfers_refused_total 6\n"));
    EXPECT_THAT(text, HasSubstr("\ncenote_transfers_ended_total 7\n"));
}

TEST(ProcessUseTest, TheKernelSaysWhatThisProcessUses) {
    const ProcessUse use = read_process_use();
    EXPECT_GT(use.resident_bytes, 1e6);
    EXPECT_GT(use.open_descriptors, 2);
    EXPECT_GE(use.descriptors_max, use.open_descriptors);
    const auto now = static_cast<double>(wall_now().time_since_epoch().count());
    EXPECT_GT(use.start_seconds, now - 86400) << "a test runs for less than a day";
    EXPECT_LE(use.start_seconds, now + 2);
}

}  // namespace
}  // namespace cenote::report
