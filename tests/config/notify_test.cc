// SPDX-License-Identifier: Apache-2.0
//
// [notify].command, and the expected clients of a group.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "resolver/config/sections.h"
#include "tests/support/temporary_folder.h"

namespace cenote::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NotifyTest : public ::testing::Test {
protected:
    std::optional<Settings> load_string(std::string_view text) {
        diagnostics_ = {};
        const HostInfo host_info{.host_name = "dns1", .resolv_conf = folder_ / "resolv.conf"};
        return load_text(text, folder_ / "cenote.toml", host_info, diagnostics_);
    }
    /// What is said of a command "hook" beside cenote.toml that has this mode.
    std::vector<std::string> found_with(mode_t mode) {
        ::chmod((folder_ / "hook").c_str(), mode);
        const auto settings = load_string("[notify]\ncommand = \"hook\"\n");
        EXPECT_TRUE(settings);
        EXPECT_EQ(settings ? settings->notify_command : Path(), folder_ / "hook");
        std::vector<std::string> texts;
        for (const Diagnostic& one : diagnostics_.all()) texts.push_back(one.to_string());
        return texts;
    }

    testing_support::TemporaryFolder folder_;
    Diagnostics diagnostics_;
};

TEST_F(NotifyTest, ThereIsNoneByDefault) {
    EXPECT_TRUE(load_string("").value().notify_command.empty());
    EXPECT_TRUE(load_string("[notify]\ncommand = \"\"\n").value().notify_command.empty());
}

TEST_F(NotifyTest, ACommandThatWouldNotBeRunIsAWarning) {
    EXPECT_THAT(found_with(0755), ElementsAre(HasSubstr("cenote.toml:2:11: warning: 'hook' cannot be found")));
    std::ofstream(folder_ / "hook") << "#!/bin/sh\n";
    EXPECT_THAT(found_with(0644), ElementsAre(HasSubstr("is no executable file")));
    EXPECT_THAT(found_with(0757), ElementsAre(HasSubstr("can be written by others than its owner")));
    EXPECT_THAT(found_with(0775), ElementsAre(HasSubstr("chmod go-w")));
    EXPECT_THAT(found_with(0755), IsEmpty());
    EXPECT_THAT(found_with(0500), IsEmpty());
    const auto folder = check_command(folder_.path());
    ASSERT_FALSE(folder.ok());
    EXPECT_THAT(folder.error().text, HasSubstr("is no executable file"));
}

TEST_F(NotifyTest, AGroupMaySayHowManyClientsItHas) {
    const auto settings = load_string("[[group]]\nid = \"a\"\nclients = [\"10.0.0.0/24\"]\nexpected = 200\n");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->policy->groups.front().expected, 200U);
    EXPECT_FALSE(load_string("[[group]]\nid = \"a\"\nclients = [\"10.0.0.0/24\"]\nexpected = 0\n"));
}

}  // namespace
}  // namespace cenote::config
