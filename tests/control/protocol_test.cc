// SPDX-License-Identifier: Apache-2.0
#include "resolver/control/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::control {
namespace {

using testing::HasSubstr;

TEST(Protocol, RequestsComeBackAsTheyWere) {
    const Request request{.verb = "explain", .args = {{"name", "deepseek.com"}, {"type", "A"}}};
    const std::string line = encode(request);
    EXPECT_EQ(line.back(), '\n');
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    const auto back = decode_request(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(back.ok()) << back.error().text;
    EXPECT_EQ(back->verb, "explain");
    EXPECT_EQ(back->args, request.args);
}

TEST(Protocol, RepliesComeBackAsTheyWere) {
    const Response data{.ok = true, .more = true, .error = {}, .data = {{"entries", 3}}};
    auto back = decode_response(encode(data));
    ASSERT_TRUE(back.ok()) << back.error().text;
    EXPECT_TRUE(back->ok);
    EXPECT_TRUE(back->more);
    EXPECT_EQ(back->data, data.data);

    back = decode_response(encode(Response{.ok = false, .more = false, .error = "no\nsuch verb", .data = {}}));
    ASSERT_TRUE(back.ok());
    EXPECT_FALSE(back->ok);
    EXPECT_FALSE(back->more);
    EXPECT_EQ(back->error, "no\nsuch verb");
}

TEST(Protocol, ArgumentsMayBeLeftOut) {
    const auto request = decode_request(R"({"v":1,"verb":"ping"})");
    ASSERT_TRUE(request.ok());
    EXPECT_TRUE(request->args.is_object());
    EXPECT_TRUE(request->args.empty());
}

Json joined(const std::vector<Json>& parts, Json last) {
    JoinedData data;
    for (const Json& part : parts) data.take(part);
    return std::move(data).with(std::move(last));
}

TEST(JoinedData, OneReplyIsTheWhole) {
    for (const Json& only :
         {Json("text"), Json(""), Json::array({1, 2}), Json::array(), Json::object(), Json{{"a", 1}}, Json(), Json(7)})
        EXPECT_EQ(joined({}, only), only);
}

TEST(JoinedData, TextsAreOneText) {
    EXPECT_EQ(joined({"one ", "two "}, "three"), "one two three");
    EXPECT_EQ(joined({"one"}, ""), "one");
    EXPECT_EQ(joined({""}, "two"), "two");
}

TEST(JoinedData, RowsAreOneArrayInOrder) {
    EXPECT_EQ(joined({Json::array({1}), Json::array({2, Json::array({3})})}, Json::array({4})),
              Json::parse("[1,2,[3],4]"));
    EXPECT_EQ(joined({Json::array({1})}, Json::array()), Json::parse("[1]"));
    EXPECT_EQ(joined({Json::array()}, Json::array({1})), Json::parse("[1]"));
}

TEST(JoinedData, AnythingElseIsTheLast) {
    EXPECT_EQ(joined({Json{{"a", 1}}, Json()}, Json{{"b", 2}}), (Json{{"b", 2}}));
}

TEST(Protocol, BytesThatAreNotUtf8AreReplaced) {
    const std::string line = encode(Response{.ok = true, .more = false, .error = {}, .data = "\xff\x01"});
    EXPECT_TRUE(decode_response(line).ok());
}

TEST(Protocol, AnotherVersionIsNamed) {
    const auto request = decode_request(R"({"v":2,"verb":"ping"})");
    ASSERT_FALSE(request.ok());
    EXPECT_THAT(request.error().text, HasSubstr("version 2"));
    EXPECT_THAT(request.error().text, HasSubstr("same release"));
}

TEST(Protocol, RefusesWhatIsNoRequest) {
    for (const char* line : {"", "x", "[]", "null", "{}", R"({"v":1})", R"({"v":"1","verb":"ping"})",
                             R"({"v":1,"verb":""})", R"({"v":1,"verb":7})", R"({"v":1,"verb":"ping","args":[]})",
                             R"({"v":1,"verb":"ping"}})", R"({"v":1.5,"verb":"ping"})", "{\"v\":1,\"verb\":\"\xff\"}"})
        EXPECT_FALSE(decode_request(line).ok()) << line;
    EXPECT_FALSE(decode_request(R"({"v":1,"verb":")" + std::string(65, 'x') + R"("})").ok());
}

TEST(Protocol, RefusesWhatIsNoReply) {
    for (const char* line : {"", "[]", R"({"v":1})", R"({"v":1,"ok":1})"})
        EXPECT_FALSE(decode_response(line).ok()) << line;
}

TEST(Protocol, DeepNestingIsRefusedBeforeAnythingRecurses) {
    const auto request = decode_request(R"({"v":1,"verb":"ping","args":{"a":)" + std::string(200000, '['));
    ASSERT_FALSE(request.ok());
    EXPECT_THAT(request.error().text, HasSubstr("deeper"));
}

TEST(Protocol, LongLinesAreRefused) {
    const auto request = decode_request(std::string(kLineMax + 1, ' '));
    ASSERT_FALSE(request.ok());
    EXPECT_THAT(request.error().text, HasSubstr("longer"));
}

}  // namespace
}  // namespace cenote::control
