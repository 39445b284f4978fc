// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/doh.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "resolver/http/stream_pool.h"

namespace cenote::server {
namespace {

using http::Fault;
using http::Method;

// The query of RFC 8484 §4.1.1: www.example.com A.
constexpr const char* kText = "AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";

class DohTest : public ::testing::Test {
protected:
    DohQuery get(const std::string& target, Method method = Method::Get) {
        target_ = target;  // the query may refer to it
        return read_doh({.stream = 1,
                         .method = method,
                         .fault = {},
                         .target = target_,
                         .content_type = {},
                         .acceptable = true,
                         .body = {}},
                        space_);
    }
    DohQuery post(std::string_view type, ByteView body, Fault fault = Fault::None) {
        return read_doh({.stream = 1,
                         .method = Method::Post,
                         .fault = fault,
                         .target = "/dns-query",
                         .content_type = type,
                         .acceptable = true,
                         .body = body},
                        space_);
    }
    [[nodiscard]] unsigned status_of_dns(const std::string& value) { return get("/dns-query?dns=" + value).status; }

private:
    std::array<std::uint8_t, http::Stream::kSpace> space_{};
    std::string target_;
};

TEST_F(DohTest, TheExampleOfTheRfc) {
    const DohQuery query = get(std::string("/dns-query?dns=") + kText);
    EXPECT_EQ(query.status, 200U);
    const std::string expected("\0\0\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1", 33);
    EXPECT_EQ(std::string(query.message.begin(), query.message.end()), expected);
    EXPECT_EQ(get(std::string("/dns-query?dns=") + kText, Method::Head).status, 200U);
}

TEST_F(DohTest, EveryDigitOfBase64url) {
    const DohQuery query = get("/dns-query?dns=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    ASSERT_EQ(query.message.size(), 48U);
    EXPECT_EQ(query.message[47], 0xbf);
    EXPECT_EQ(query.message[46], 0xdf);
    for (const char* wrong : {"+", "/", "=", "%3D", " ", "\x80"})
        EXPECT_EQ(status_of_dns(kText + std::string(wrong)), 400U);
    EXPECT_EQ(status_of_dns(std::string(kText) + "A"), 400U) << "six bits are no byte";
}

TEST_F(DohTest, OneParameterAmongOthers) {
    const std::string dns = std::string("dns=") + kText;
    for (const std::string& query : {dns, "a=b&" + dns, dns + "&a=b", "&&" + dns + "&", "xdns=1&" + dns})
        EXPECT_EQ(get("/dns-query?" + query).status, 200U) << query;
    for (const std::string& query : {std::string(), std::string("dns="), std::string("dns"), dns + "&" + dns,
                                     "dns=&" + dns, "DNS=" + dns.substr(4)})
        EXPECT_EQ(get("/dns-query?" + query).status, 400U) << query;
    EXPECT_EQ(get("/dns-query").status, 400U);
}

TEST_F(DohTest, OnePath) {
    for (const char* path : {"", "/", "/dns-query/", "/dns-quer", "//dns-query", "/x/../dns-query", "/dns%2Dquery", "*",
                             "https://a/dns-query"})
        EXPECT_EQ(get(std::string(path) + "?dns=" + kText).status, 404U) << path;
}

TEST_F(DohTest, ATokenIsReadFromThePathAsItIs) {
    const std::string token = "5f2b9c0e7a1d4386b2f09d5e6c7a8140";
    const auto found = get("/dns-query/" + token + "?dns=" + kText);
    EXPECT_EQ(found.status, 200U);
    EXPECT_EQ(found.token, token);
    EXPECT_EQ(get(std::string("/dns-query?dns=") + kText).token, "");
    EXPECT_EQ(get("/dns-query/" + token, Method::Other).token, token) << "it is looked at whatever the status is";
    for (const std::string& path :
         {token + "/", "/" + token, token + "/x", token + "%20", token.substr(0, 8) + "%30" + token, std::string("lab"),
          std::string(129, 'a'), token + "#", token + ";a", token + "=", token + "\xc3\xa9"})
        EXPECT_EQ(get("/dns-query/" + path + "?dns=" + kText).status, 404U) << path;
}

TEST_F(DohTest, LengthIsLookedAtBeforeAnythingElse) {
    EXPECT_EQ(status_of_dns(std::string(1536, 'A')), 200U);
    EXPECT_EQ(status_of_dns(std::string(1537, 'A')), 414U);
    EXPECT_EQ(status_of_dns(std::string(1900, '%')), 414U);
}

TEST_F(DohTest, BodiesHaveAType) {
    const std::vector<std::uint8_t> query(40);
    for (const char* type : {"application/dns-message", "Application/DNS-Message", "application/dns-message;x=y",
                             "application/dns-message ; x"})
        EXPECT_EQ(post(type, query).status, 200U) << type;
    for (const char* type : {"", "application/dns", "application/dns-messages", "text/plain", ";"})
        EXPECT_EQ(post(type, query).status, 415U) << type;
    EXPECT_EQ(post("application/dns-message", ByteView(query).first(11)).status, 400U);
    EXPECT_EQ(post("application/dns-message", query, Fault::BodyTooLarge).status, 413U);
    EXPECT_EQ(post("text/plain", query, Fault::BodyTooLarge).status, 415U);
    EXPECT_EQ(post("application/dns-message", query, Fault::FieldsTooLarge).status, 431U);
    EXPECT_EQ(post("application/dns-message", query, Fault::TargetTooLong).status, 414U);
    EXPECT_EQ(get("/dns-query", Method::Other).status, 405U);
}

TEST_F(DohTest, AResponseThatIsExcludedIsNotMade) {
    const std::vector<std::uint8_t> query(40);
    http::Request request{.stream = 1,
                          .method = Method::Post,
                          .fault = {},
                          .target = "/dns-query",
                          .content_type = "application/dns-message",
                          .acceptable = false,
                          .body = query};
    const auto status = [&request] { return read_doh(request, {}).status; };
    EXPECT_EQ(status(), 406U);
    EXPECT_TRUE(read_doh(request, {}).message.empty());
    request.target = "/dns-query/5f2b9c0e7a1d4386b2f09d5e6c7a8140";
    EXPECT_EQ(read_doh(request, {}).token.size(), 32U) << "whether a group has it is looked at first";
    request.target = "/";
    EXPECT_EQ(status(), 404U);
    request.target = "/dns-query";
    request.content_type = "text/plain";
    EXPECT_EQ(status(), 415U);
    request.method = Method::Other;
    EXPECT_EQ(status(), 405U);
}

TEST_F(DohTest, Responses) {
    EXPECT_EQ(doh_refusal(405).allow, "GET, HEAD, POST");
    EXPECT_EQ(doh_refusal(404).allow, "");
    EXPECT_FALSE(doh_refusal(400).fresh);
    const std::vector<std::uint8_t> reply(12);
    EXPECT_EQ(doh_response(reply).content_type, "application/dns-message");
    EXPECT_TRUE(doh_response(reply).fresh);
    EXPECT_EQ(doh_response(reply).max_age_s, 0U);
}

}  // namespace
}  // namespace cenote::server
