// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/history_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/time_text.h"

namespace cenote::report {
namespace {

using ::testing::HasSubstr;

const WallTime kHour = parse_time("2026-11-30T09:00:00Z").value();
const WallTime kDay = parse_time("2026-11-30T00:00:00Z").value();

history::Row row_at(WallTime at) {
    return {at,
            "dns2",
            {.verdict = telemetry::QueryVerdict::Restrict,
             .role = 3,
             .transport = telemetry::QueryTransport::Tcp,
             .service = "deepseek",
             .directive = "d1",
             .group = "lab"},
            42};
}

history::SketchRow sketch() {
    history::SketchRow row{kDay, "dns2", {"deepseek", "d1", "lab"}, 0xabcdef, {}};
    row.sketches.clients.add(telemetry::sketch_cell(12345));
    return row;
}

TEST(HistoryRows, AreReadAsTheyWereWritten) {
    history::Imported read;
    for (const Json& row : {history_row_json(history::Span::Hour, row_at(kHour)),
                            history_row_json(history::Span::Day, row_at(kDay)), history_row_json(sketch()),
                            history_row_json(history::SignalRow{kDay, "dns2", {telemetry::Signal::Turning, "lab"}, 3}),
                            history_row_json(history::Gap{"dns2", kDay, kHour, "killed"})}) {
        const auto status = read_history_row(row, read);
        EXPECT_TRUE(status.ok()) << status.error().text;
    }
    ASSERT_EQ(read.size(), 5U);
    EXPECT_EQ(read.signals.front().key, (history::SignalKey{telemetry::Signal::Turning, "lab"}));
    EXPECT_EQ(read.signals.front().count, 3U);
    EXPECT_EQ(read.hours.front().at, kHour);
    EXPECT_EQ(read.hours.front().series, row_at(kHour).series);
    EXPECT_EQ(read.days.front().count, 42U);
    EXPECT_EQ(read.sketches.front().seed_id, 0xabcdefU);
    EXPECT_EQ(read.sketches.front().sketches.clients, sketch().sketches.clients);
    EXPECT_EQ(read.gaps.front(), (history::Gap{"dns2", kDay, kHour, "killed"}));
}

TEST(HistoryRows, EachFieldIsChecked) {
    const Json good = history_row_json(history::Span::Hour, row_at(kHour));
    for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"kind", "other"},
                                                                              {"kind", 3},
                                                                              {"span", "minute"},
                                                                              {"span", "year"},
                                                                              {"at", "2026-11-30T09:00:01Z"},
                                                                              {"at", "yesterday"},
                                                                              {"node", ""},
                                                                              {"node", std::string(300, 'x')},
                                                                              {"verdict", "maybe"},
                                                                              {"role", "boss"},
                                                                              {"transport", "pigeon"},
                                                                              {"count", -1},
                                                                              {"count", "9"},
                                                                              {"group", nullptr}}) {
        Json row = good;
        row[key] = value;
        history::Imported read;
        EXPECT_FALSE(read_history_row(row, read).ok()) << key << " " << value;
    }
    history::Imported read;
    EXPECT_FALSE(read_history_row(Json("text"), read).ok());
    Json cut = history_row_json(sketch());
    cut["clients"] = "AAAA";
    EXPECT_THAT(read_history_row(cut, read).error().text, HasSubstr("'clients'"));
    Json turned = history_row_json(history::Gap{"dns2", kHour, kDay, "killed"});
    EXPECT_FALSE(read_history_row(turned, read).ok());
}

}  // namespace
}  // namespace cenote::report
