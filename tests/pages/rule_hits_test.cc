// SPDX-License-Identifier: Apache-2.0
//
// Single queries: the stream of /live, and the pages of /log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "resolver/pages/event_stream.h"
#include "resolver/pages/metric_values.h"
#include "tests/pages/recorded_daemon.h"
#include "tests/support/log_files.h"

namespace cenote::pages::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class KeptReader final : public Reader {
public:
    explicit KeptReader(std::size_t writes = 1000) : left_(writes) {}
    bool write(std::string_view bytes) override {
        if (left_ == 0) return false;
        --left_;
        text += bytes;
        return true;
    }
    std::string text;

private:
    std::size_t left_;
};

TEST(EventStream, EachLineOfTheDataIsALine) {
    EXPECT_EQ(event_text("", "a"), "data: a\n\n");
    EXPECT_EQ(event_text("dropped", "a\nb\r\nc\rd"), "event: dropped\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
    EXPECT_EQ(event_text("", ""), "data: \n\n");
    EXPECT_EQ(event_text("", "a\n"), "data: a\ndata: \n\n");
}

TEST(EventStream, LinesOfTailAreEvents) {
    EXPECT_EQ(events_of("{\"name\":\"a\"}\n{\"dropped\":3}\n"),
              "data: {\"name\":\"a\"}\n\nevent: dropped\ndata: {\"dropped\":3}\n\n");
    EXPECT_EQ(events_of(""), "");
}

TEST(LiveStream, HasHitsAndSignsOfLifeAndItsEnd) {
    RuleWorld world;
    world.daemon.stream = {"", std::nullopt, "{\"name\":\"a.example\"}\n"};
    world.daemon.down = "cenoted is stopping";
    const Reply reply = world.get("/api/v1/tail", {{"group", "lab"}, {"verdict", "block"}, {"other", "x"}});
    EXPECT_EQ(reply.type, "text/event-stream");
    ASSERT_TRUE(reply.stream);
    KeptReader reader;
    reply.stream(reader);
    EXPECT_EQ(reader.text,
              ":\n\n:\n\ndata: {\"name\":\"a.example\"}\n\nevent: end\ndata: {\"error\":\"cenoted is stopping\"}\n\n");
    EXPECT_EQ(world.daemon.asked.back(),
              (std::pair<std::string, Json>{"tail", {{"group", "lab"}, {"verdict", "block"}}}));
}

TEST(LiveStream, EndsWithItsReader) {
    RuleWorld world;
    world.daemon.stream.assign(1000, "{}\n");
    KeptReader reader(3);
    world.get("/api/v1/tail").stream(reader);
    EXPECT_EQ(reader.text, ":\n\ndata: {}\n\ndata: {}\n\n");
}

class LogPages : public ::testing::Test, protected testing_support::LogFiles {
protected:
    LogPages() {
        for (int file = 0; file < 3; ++file) {
            std::string text;
            for (int i = 0; i < 90; ++i)
                text += line("n" + std::to_string(file * 90 + i) + ".example", seconds(file * 90 + i));
            add(text, file == 2, file == 0);
        }
    }
    /// As the daemon hands them over: two files in a reply, then the last one.
    void hand_over() {
        auto& files = opened();
        std::vector<control::Response> parts;
        for (std::size_t i = 0; i < files.size(); i += 2) {
            control::Response part{.ok = true, .more = true, .error = {}, .data = Json::array()};
            for (std::size_t j = i; j < std::min(i + 2, files.size()); ++j) {
                part.data.push_back({{"path", files[j].path}, {"open", files[j].open}});
                part.files.push_back(files[j].fd);
            }
            parts.push_back(std::move(part));
        }
        parts.push_back(
            {.ok = true, .more = false, .error = {}, .data = {{"format", "jsonl"}, {"service", ""}, {"unknown", ""}}});
        world_.daemon.replies["log"] = std::move(parts);
    }
    Json rows(std::map<std::string, std::string> query) {
        hand_over();
        query.emplace("from", "2026-11-30T11:00:00Z");
        query.emplace("to", "2026-11-30T13:00:00Z");
        const Reply reply = world_.get("/api/v1/log", std::move(query));
        return Json::parse(reply.body);
    }

    RuleWorld world_;
};

TEST_F(LogPages, FollowOneAnotherWithoutGapsAndRepetitions) {
    std::vector<std::string> names;
    std::string before;
    for (int page = 0; page < 10; ++page) {
        const Json found = before.empty() ? rows({}) : rows({{"before", before}});
        std::vector<std::string> these;
        for (const Json& row : found["rows"]) names.push_back(row["name"]);
        if (found["next"].is_null()) break;
        before = found["next"];
    }
    ASSERT_EQ(names.size(), 270U);
    for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(names[i], "n" + std::to_string(269 - i) + ".example");
}

TEST_F(LogPages, TheDaemonGetsWhatTheSearchIsOf) {
    const Json found = rows({{"name", "n7.example"}, {"client", "0123456789abcdef"}, {"purpose", "letter"}});
    ASSERT_EQ(found["rows"].size(), 1U);
    for (const auto& [verb, args] : world_.daemon.asked) {
        if (verb != "log") continue;
        EXPECT_EQ(args["name"], "n7.example");
        EXPECT_EQ(args["client"], "0123456789abcdef");
        EXPECT_EQ(args["purpose"], "letter");
    }
    EXPECT_THAT(rows({{"name", "..."}}).dump(), HasSubstr("error"));
    EXPECT_THAT(rows({{"before", "yesterday"}}).dump(), HasSubstr("before"));
}

TEST_F(LogPages, NothingIsReadBeforeSomebodyAsks) {
    hand_over();
    world_.get("/log");
    for (const auto& [verb, args] : world_.daemon.asked) EXPECT_NE(verb, "log");
    const std::string body =
        world_.get("/log", {{"search", "yes"}, {"from", "2026-11-30T11:00:00Z"}, {"to", "2026-11-30T13:00:00Z"}}).body;
    EXPECT_THAT(body, HasSubstr("n269.example"));
    EXPECT_THAT(body, HasSubstr("before=2026-11-30T"));
}

TEST_F(LogPages, AnExportNeedsAPurposeAndHasTheLines) {
    EXPECT_EQ(world_.get("/log/export").status, 400);
    hand_over();
    const Reply reply = world_.get(
        "/log/export", {{"purpose", "letter"}, {"from", "2026-11-30T12:00:00Z"}, {"to", "2026-11-30T12:00:02Z"}});
    EXPECT_EQ(world_.daemon.asked.back().second["export"], true);
    ASSERT_TRUE(reply.stream);
    KeptReader reader;
    reply.stream(reader);
    EXPECT_EQ(reader.text.substr(0, 8), "{\"time\":");
    EXPECT_GE(std::count(reader.text.begin(), reader.text.end(), '\n'), 2);
}

TEST_F(LogPages, ATimeThatIsNotUnderstoodIsNoOtherTime) {
    hand_over();
    for (const char* path : {"/api/v1/log", "/log/export"}) {
        const Reply reply = world_.get(path, {{"purpose", "letter"}, {"from", "yesterday-ish"}});
        EXPECT_EQ(reply.status, 400) << path;
        EXPECT_FALSE(reply.stream) << path;
    }
    for (const auto& [verb, args] : world_.daemon.asked) EXPECT_NE(verb, "log");
}

TEST_F(LogPages, AnExportThatFindsNothingEndsWithItsReader) {
    std::string text;
    const std::string one = line("n.example", seconds(0));
    for (int i = 0; i < 66000; ++i) text += one;
    add(text, false, false);
    hand_over();
    const Reply reply =
        world_.get("/log/export", {{"purpose", "letter"}, {"from", "2026-11-01"}, {"to", "2026-11-02"}});
    ASSERT_TRUE(reply.stream);
    struct Leaving final : Reader {
        int asked = 0;
        bool write(std::string_view bytes) override {
            EXPECT_EQ(bytes, "");
            ++asked;
            return false;
        }
    } reader;
    reply.stream(reader);
    EXPECT_EQ(reader.asked, 1);
}

TEST(MetricValues, AreReadByNameAndLabels) {
    const MetricValues values(
        "# HELP a b\na 1\nb{x=\"1\",y=\"q\\\"\\\\\\n\"} 2.5\nb{x=\"2\",y=\"\"} +Inf\nc{x=\"1 3\nd\n");
    EXPECT_EQ(values.one("a"), 1);
    EXPECT_EQ(values.one("b"), std::nullopt);
    EXPECT_EQ(values.labelled("b", "x", "1"), 2.5);
    EXPECT_EQ(values.labelled("b", "y", "q\"\\\n"), 2.5);
    EXPECT_TRUE(values.of("c").empty());
}

}  // namespace
}  // namespace cenote::pages::testing
