// SPDX-License-Identifier: Apache-2.0
//
// [privacy], [history] and [log].
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/config/sections.h"

namespace cenote::config {
namespace {

using telemetry::IdentityLevel;
using ::testing::HasSubstr;

class SeeingSections : public testing::Test {
protected:
    std::optional<Settings> read(std::string_view text) {
        const HostInfo host_info{.host_name = "dns1", .resolv_conf = "/nonexistent"};
        return load_text(text, "/etc/cenote/cenote.toml", host_info, diagnostics_);
    }
    std::string error_of(std::string_view text) {
        diagnostics_ = Diagnostics();
        EXPECT_FALSE(read(text).has_value()) << text;
        return diagnostics_.all().empty() ? "" : diagnostics_.all().front().to_string();
    }

    Diagnostics diagnostics_;
};

TEST_F(SeeingSections, ByDefaultNothingOfAClientIsKeptAndThereIsNoLog) {
    const auto settings = read("");
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->privacy.identity, IdentityLevel::None);
    EXPECT_TRUE(settings->log.file.empty());
    EXPECT_EQ(settings->history.file, "/var/lib/cenote/history.db");
    EXPECT_EQ(settings->history.keep_minutes, seconds(48 * 3600));
}

TEST_F(SeeingSections, TheHistoryIsBesideTheState) {
    EXPECT_EQ(read("[server]\nstate = \"/srv/state.db\"")->history.file, "/srv/history.db");
    EXPECT_EQ(read("[history]\nfile = \"\"")->history.file, "");
    EXPECT_EQ(read("[history]\nfile = \"h.db\"\nkeep_hours = \"30d\"")->history.file, "/etc/cenote/h.db");
}

TEST_F(SeeingSections, ALevelAboveNoneNeedsAnAgreement) {
    EXPECT_THAT(error_of("[privacy]\nidentity = \"pseudonym\""),
                HasSubstr("cenote.toml:2:12: this keeps what identifies people; name what allows it in 'agreement'"));
    const auto settings = read("[privacy]\nidentity = \"address\"\nagreement = \"DV 2026/3\"\nsmallest = 10");
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->privacy.identity, IdentityLevel::Address);
    EXPECT_EQ(settings->privacy.smallest, 10U);
}

TEST_F(SeeingSections, ALogHasAFormatAndAScope) {
    const auto settings = read(R"([log]
file = "/var/log/cenote/q.cef"
format = "cef"
what = "all"
keep = "90d"
max_size = "64MiB")");
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->log.format, sinks::LogFormat::Cef);
    EXPECT_EQ(settings->log.what, sinks::Scope::All);
    EXPECT_EQ(settings->log.max_size, std::uint64_t{64} << 20);
}

TEST_F(SeeingSections, MistakesSayWhatToWrite) {
    EXPECT_THAT(error_of("[log]\nformat = \"xml\""), HasSubstr("write one of jsonl, ecs, ocsf, cef"));
    EXPECT_THAT(error_of("[log]\nwhat = \"some\""), HasSubstr("write one of directives, all"));
    EXPECT_THAT(error_of("[log]\nmax_size = \"1KiB\""), HasSubstr("1MiB"));
    EXPECT_THAT(error_of("[privacy]\nidentity = \"full\""), HasSubstr("write one of none, pseudonym, address"));
}

}  // namespace
}  // namespace cenote::config
