// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/source_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cenote::config {
namespace {

using testing::ElementsAre;

TEST(SourceFiles, TheDiskIsReadAndKept) {
    const testing_support::TemporaryFolder folder;
    for (const char* name : {"b.toml", "a.toml", ".c.toml", "d.txt"}) std::ofstream(folder / name) << name;
    SourceFiles files;
    EXPECT_THAT(*files.toml_files_in(folder.path()), ElementsAre(folder / "a.toml", folder / "b.toml"));
    EXPECT_THAT(*files.toml_files_in(folder / "none"), testing::IsEmpty());
    EXPECT_FALSE(files.toml_files_in(folder / "a.toml").ok());
    EXPECT_EQ(*files.read(folder / "a.toml", 100), "a.toml");
    EXPECT_FALSE(files.read(folder / "none.toml", 100).ok());
    ASSERT_EQ(files.all().size(), 1U);
    EXPECT_EQ(files.shown_name("/etc/a.toml"), "/etc/a.toml");
}

TEST(SourceFiles, StoredOnesAreAsTheyWere) {
    SourceFiles files({{"/etc/c/d/b.toml", "B"}, {"/etc/c/cenote.toml", "main"}, {"/etc/c/d/a.toml", "A"}});
    EXPECT_THAT(*files.toml_files_in("/etc/c/d"), ElementsAre("/etc/c/d/a.toml", "/etc/c/d/b.toml"));
    EXPECT_EQ(*files.read("/etc/c/cenote.toml", 100), "main");
    EXPECT_FALSE(files.read("/etc/passwd", 100).ok()) << "the disk is not read";
    EXPECT_EQ(files.shown_name("/etc/a.toml"), "/etc/a.toml (as it was last in force)");
}

TEST(OnlyTable, KeepsItsLinesInTheirPlaces) {
    const std::string text =
        "# first\n[upstream\nx = \n [server]\na = 1\nb = [\n]\n[server.tls]\nc = 2\n[[list]]\nd = 3";
    EXPECT_EQ(only_table(text, "server"), "\n\n\n [server]\na = 1\nb = [\n]\n[server.tls]\nc = 2\n\n");
    EXPECT_EQ(only_table(text, "control"), std::nullopt);
    EXPECT_EQ(only_table("", "server"), std::nullopt);
    EXPECT_EQ(only_table("[server]", "server"), "[server]");
}

}  // namespace
}  // namespace cenote::config
