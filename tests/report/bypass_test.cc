// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/bypass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "tests/policy/fixture.h"
#include "tests/support/places.h"

namespace cenote::report {
namespace {

using policy::testing::time;
using telemetry::Signal;
using ::testing::HasSubstr;

const WallTime kDay = time("2026-11-30T00:00:00Z");

history::SignalRow row(WallTime day, std::string node, Signal signal, std::string group, std::uint64_t count) {
    return {.day = day, .node = std::move(node), .key = {signal, std::move(group)}, .count = count};
}

TEST(BypassJson, RowsAreByDayGroupAndSignalOfAllNodes) {
    BypassHistory history{.since = kDay - std::chrono::days(1),
                          .until = kDay + seconds(60),
                          .signals = {},
                          .silences = {{kDay, "lab", 3, 400}},
                          .gaps = {{"dns1", kDay, kDay + seconds(60), "stopped"}}};
    history.signals = {row(kDay, "dns1", Signal::Turning, "lab", 1), row(kDay, "dns2", Signal::Turning, "lab", 2),
                       row(kDay, "dns1", Signal::Canary, "lab", 5),
                       row(kDay - std::chrono::days(1), "dns1", Signal::Vpn, "", 7)};
    const Json shown = bypass_json(history);
    EXPECT_EQ(shown["rows"], Json::parse(R"([
        {"day":"2026-11-29","group":"","signal":"vpn","queries":7,"usual":null},
        {"day":"2026-11-30","group":"lab","signal":"canary","queries":5,"usual":null},
        {"day":"2026-11-30","group":"lab","signal":"turning","queries":3,"usual":null},
        {"day":"2026-11-30","group":"lab","signal":"silence","queries":3,"usual":400}])"));
    EXPECT_EQ(shown["gaps"], Json::parse(R"([{"node":"dns1","from":"2026-11-30T00:00:00Z",
                                             "to":"2026-11-30T00:01:00Z","why":"stopped"}])"));
    EXPECT_EQ(shown["source"], "history");
    EXPECT_EQ(shown["since"], "2026-11-29T00:00:00Z");
    EXPECT_EQ(shown["until"], "2026-11-30T00:01:00Z");
    EXPECT_EQ(shown["signals"].size(), 6U);
}

TEST(BypassJson, WithoutAHistoryTheRowsAreOfNoDay) {
    telemetry::Keys keys;
    telemetry::Metrics metrics;
    metrics.signals = {{Signal::Resolver, keys.intern(telemetry::KeyKind::Group, "lab"), 4},
                       {Signal::Canary, telemetry::kKeyNone, 2}};
    const Json shown = bypass_json(metrics, keys, kDay, kDay + seconds(5));
    EXPECT_EQ(shown["source"], "process");
    EXPECT_EQ(shown["rows"], Json::parse(R"([
        {"day":null,"group":"","signal":"canary","queries":2,"usual":null},
        {"day":null,"group":"lab","signal":"resolver","queries":4,"usual":null}])"));
}

TEST(SignalTexts, EverySignalHasItsTextAndItsLineInTheDocumentation) {
    std::set<std::string> named;
    std::ifstream page(testing_support::source_folder() / "docs/OPERATIONS.md");
    const std::string text{std::istreambuf_iterator<char>(page), {}};
    for (const SignalText& each : signal_texts()) {
        named.emplace(each.signal);
        EXPECT_GT(each.may_mean.size(), 20U) << each.signal;
        EXPECT_GT(each.or_else.size(), 20U) << each.signal;
        EXPECT_THAT(text, HasSubstr("\n| `" + std::string(each.signal) + "` | "));
    }
    EXPECT_TRUE(named.erase("silence") == 1);
    std::set<std::string> counted;
    for (std::size_t i = 1; i < telemetry::kSignalCount; ++i) counted.emplace(signal_to_text(static_cast<Signal>(i)));
    EXPECT_EQ(named, counted);
}

}  // namespace
}  // namespace cenote::report
