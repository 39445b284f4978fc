// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/drafts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace cenote {
namespace {

using ::testing::UnorderedElementsAre;
using testing_support::TemporaryFolder;

class Drafts : public ::testing::Test {
protected:
    void make(const std::string& name) const { std::ofstream(folder_ / name) << "text"; }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& each : std::filesystem::directory_iterator(folder_.path()))
            names.push_back(each.path().filename().string());
        return names;
    }

    TemporaryFolder folder_;
};

TEST_F(Drafts, HaveANameOfTheirOwnBesideTheFile) {
    const Path first = draft_path("/a/b.set");
    EXPECT_EQ(first.parent_path(), "/a");
    EXPECT_THAT(first.filename().string(), ::testing::MatchesRegex(R"(\.b\.set\.[0-9a-f]+)"));
    EXPECT_EQ(first.filename().string().size(), std::string(".b.set.").size() + 16);
    EXPECT_NE(first, draft_path("/a/b.set"));
}

TEST_F(Drafts, AreRemovedForTheNamesThatAreNotBeingWritten) {
    make(draft_path("kept").filename());
    const std::string kept = names().front();
    for (int i = 0; i < 3; ++i) make(draft_path("left").filename());
    remove_drafts(folder_.path(), [](std::string_view name) { return name == "left"; });
    EXPECT_THAT(names(), UnorderedElementsAre(kept));
}

TEST_F(Drafts, OtherFilesStay) {
    const std::vector<std::string> others = {
        "left",
        ".left",
        "left.0123456789abcdef",
        "..0123456789abcdef",         // no name
        ".left.0123456789abcde",      // a digit is missing
        ".left.0123456789abcdeg",     // no digit
        ".left.0123456789ABCDEF",     // in upper case
        ".left.0123456789abcdef.gz",  // something behind it
        ".left-0123456789abcdef",
    };
    for (const std::string& each : others) make(each);
    std::filesystem::create_directory(folder_ / ".left.0000000000000001");
    std::filesystem::create_symlink("left", folder_ / ".left.0000000000000002");
    ASSERT_EQ(::mkfifo((folder_ / ".left.0000000000000003").c_str(), 0600), 0);
    remove_drafts(folder_.path(), [](std::string_view) { return true; });
    EXPECT_EQ(names().size(), others.size() + 3);
    remove_drafts(folder_ / "no-such-folder", [](std::string_view) { return true; });
}

TEST_F(Drafts, OfAnotherUserStay) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    make(".left.0123456789abcdef");
    ASSERT_EQ(::chown((folder_ / ".left.0123456789abcdef").c_str(), 65534, 65534), 0);
    remove_drafts(folder_.path(), [](std::string_view) { return true; });
    EXPECT_THAT(names(), UnorderedElementsAre(".left.0123456789abcdef"));
}

}  // namespace
}  // namespace cenote
