// SPDX-License-Identifier: Apache-2.0
//
// Every line that a page offers, given to the tool itself in a folder without a daemon: it may find nothing there, and
// has to understand the line.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "resolver/pages/pages.h"
#include "tests/cenote/tool.h"
#include "tests/pages/recorded_daemon.h"
#include "tests/pages/world.h"

namespace cenote::pages::testing {
namespace {

std::string unescaped(std::string text) {
    for (const auto& [entity, character] :
         {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
        text = std::regex_replace(text, std::regex(entity), character);
    return text;
}

/// The offers of a page that are lines of the tool; others are lines of the configuration.
void collect(const Reply& reply, std::set<std::string>& lines) {
    static const std::regex kOffer("<pre[^>]*><code>(cenote [^<]*)</code></pre>");
    for (std::sregex_iterator at(reply.body.begin(), reply.body.end(), kOffer), end; at != end; ++at)
        lines.insert(unescaped((*at)[1]));
}

void collect_of_use(std::set<std::string>& lines) {
    World world;
    for (const char* path : {"/", "/services", "/services/deepseek", "/directives", "/directives/D-0",
                             "/directives/D-1", "/groups", "/groups/staff"})
        for (const Language language : {Language::English, Language::Korean})
            collect(whole(answer(world.in(language).go(path).site())), lines);
    // Just after the last queries that were counted.
    Site site = world.go("/").site();
    site.now = parse_time("2026-11-29T05:05:00Z").value();
    collect(whole(answer(site)), lines);
}

void collect_of_rules(std::set<std::string>& lines) {
    const std::map<std::string, std::string> filters{
        {"directive", "test-1"}, {"group", "staff"},   {"service", "alpha"}, {"verdict", "restrict"},
        {"from", "2026-11-01"},  {"to", "2026-11-08"}, {"search", "yes"}};
    for (const char* path :
         {"/exceptions", "/bypass", "/proof", "/live", "/log", "/reports", "/health", "/audit", "/privacy"})
        for (const Language language : {Language::English, Language::Korean}) {
            RuleWorld world;
            collect(world.get(path, {}, language), lines);
            collect(world.get(path, filters, language), lines);
        }
    RuleWorld quiet;
    quiet.daemon.replies["bypass"].back().data["rows"] = Json::array();
    collect(quiet.get("/bypass"), lines);
    // Each verdict has lines of its own.
    for (const char* verdict : {"restrict", "block", "allow", "forward", "observe"})
        for (const char* client : {"127.0.0.3", "staff"}) {
            RuleWorld world;
            Json& answer = world.daemon.replies["explain"].back().data;
            answer["verdict"] = verdict;
            answer["exception"] = "node1-2";
            answer["suspension"] = {{"id", "node1-9"}};
            collect(world.get("/explain", {{"name", "alpha-ai.example"}, {"client", client}}), lines);
        }
}

/// The words that the reader replaces, with what he may write for them.
std::string filled_in(std::string line) {
    for (const auto& [word, value] : {std::pair{"IP", "10.0.0.7"},
                                      {"CIDR", "10.0.0.0/24"},
                                      {"TIME", "2026-11-01"},
                                      {"NAME", "alpha-ai.example"},
                                      {"HASH", "8b9ea08b4decf635e00f0d815d894a81334be58b84bc73e7049bdc38b8756742"}})
        line = std::regex_replace(line, std::regex("\\b" + std::string(word) + "\\b"), value);
    return line;
}

class Offers : public cli::ToolTest {};

TEST_F(Offers, AreLinesThatTheToolUnderstands) {
    constexpr int kWrongCommandLine = 2;
    configure("");
    std::set<std::string> lines;
    collect_of_use(lines);
    collect_of_rules(lines);
    EXPECT_GE(lines.size(), 30U);
    EXPECT_TRUE(lines.contains("cenote exception request --directive ID --client IP --for 8h --purpose TEXT"));
    EXPECT_TRUE(lines.contains("cenote observe category:bypass --everyone --no-end"));
    for (const std::string& line : lines) {
        const cli::Ran ran = run(filled_in(line).substr(std::string_view("cenote ").size()));
        EXPECT_GE(ran.code, 0) << line;
        EXPECT_NE(ran.code, kWrongCommandLine) << line << "\n" << ran.err;
    }
}

}  // namespace
}  // namespace cenote::pages::testing
