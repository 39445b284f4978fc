// SPDX-License-Identifier: Apache-2.0
//
// The table of verbs in docs/CONTROL.md against those that the daemon dispatches, in both directions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <sstream>

#include "resolver/base/fd.h"
#include "resolver/daemon/commands.h"
#include "tests/support/places.h"

namespace cenote::daemon {
namespace {

/// By verb, the text of the column `right`.
std::map<std::string, std::string> documented_verbs() {
    const auto document = read_file(testing_support::source_folder() / "docs/CONTROL.md", 1U << 20);
    EXPECT_TRUE(document.ok());
    std::map<std::string, std::string> verbs;
    std::istringstream lines(document.ok() ? document->substr(document->find("\n## Verbs\n")) : "");
    const std::regex row(R"(\| ((?:`[a-z-]+` ?)+)\|[^|]*\| ([^|]*) \|.*)");
    const std::regex verb("`([a-z-]+)`");
    for (std::string line; std::getline(lines, line);) {
        std::smatch cells;
        if (!std::regex_match(line, cells, row)) continue;
        const std::string names = cells[1];
        for (std::sregex_iterator name(names.begin(), names.end(), verb), end; name != end; ++name)
            verbs[(*name)[1]] = cells[2];
    }
    return verbs;
}

TEST(Verbs, EveryDocumentedOneExists) {
    std::vector<std::string> known;
    for (const VerbRight& verb : control_verbs()) known.push_back(verb.name);
    const auto documented = documented_verbs();
    EXPECT_GE(documented.size(), 20U);  // the expressions still find the table
    for (const auto& [name, right] : documented) EXPECT_THAT(known, testing::Contains(name));
}

TEST(Verbs, EveryOneIsDocumentedWithItsRight) {
    const auto documented = documented_verbs();
    for (const VerbRight& verb : control_verbs()) {
        const auto found = documented.find(verb.name);
        ASSERT_NE(found, documented.end()) << verb.name << " is not in docs/CONTROL.md";
        const std::string& right = found->second;
        EXPECT_EQ(right.find("publish") != std::string::npos, verb.publish_is_enough) << verb.name;
        // The verbs of exceptions check the right to approve themselves, and `restore` whose user it is.
        const bool of_admins = right.starts_with("admin") || right.starts_with("root");
        EXPECT_EQ(of_admins, verb.needs == control::Right::Admin) << verb.name << ": " << right;
    }
}

}  // namespace
}  // namespace cenote::daemon
