// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/acceptance.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cenote::http {
namespace {

constexpr std::string_view kType{"application/dns-message"};

bool includes(const std::vector<std::string>& fields) {
    Acceptance acceptance;
    for (const std::string& field : fields) acceptance.take(field, kType);
    return acceptance.includes();
}

TEST(Acceptance, WithoutARangeNothingIsExcluded) {
    EXPECT_TRUE(includes({}));
    for (const char* nothing : {"", " ", ",", " , ,", "dns-message", "*", ";q=0", "\"", "\"a/b", "\\"})
        EXPECT_TRUE(includes({nothing})) << nothing;
}

TEST(Acceptance, TheTypeItsKindAndAnyInclude) {
    for (const char* accept :
         {"application/dns-message", "Application/DNS-Message", "application/*", "APPLICATION/*", "*/*",
          "text/html, */*", "text/html,application/dns-message", " application/dns-message ;x=y",
          "application/dns-message;q=0.001", "application/dns-message;q=1", "text/html;x=\"a,b;q=0\", */*;q=0.8",
          "text/html,,*/*", "*/*;q=", "*/*;q=x", "text/html;x=\"\\\",\\\"\", */*"})
        EXPECT_TRUE(includes({accept})) << accept;
}

TEST(Acceptance, OtherTypesAndAWeightOfZeroExclude) {
    for (const char* accept :
         {"text/html", "text/*", "application/dns-json", "application/dns-messages", "application/dns", "application/",
          "/", "application/dns-message;q=0", "application/dns-message; Q=0.000", "application/dns-message;x=y;q=0.",
          "*/*;q=0", "application/*;q=0", "text/html, */*;q=0.0", "text/html;x=\", */*\"", "text/html;x=\"\\\", */*"})
        EXPECT_FALSE(includes({accept})) << accept;
}

TEST(Acceptance, TheClosestRangeDecides) {
    for (const char* accept : {"*/*;q=0, application/*", "application/dns-message, */*;q=0",
                               "application/*;q=0,application/dns-message;q=0.1"})
        EXPECT_TRUE(includes({accept})) << accept;
    for (const char* accept :
         {"*/*, application/*;q=0", "application/dns-message;q=0, */*", "application/*, application/dns-message;q=0"})
        EXPECT_FALSE(includes({accept})) << accept;
    EXPECT_TRUE(includes({"*/*;q=0, */*"})) << "of two that are as close, one is enough";
    EXPECT_TRUE(includes({"*/*, */*;q=0"}));
}

TEST(Acceptance, SeveralFieldsAreOneList) {
    EXPECT_TRUE(includes({"text/html", "application/dns-message"}));
    EXPECT_TRUE(includes({"application/dns-message", "text/html"}));
    EXPECT_FALSE(includes({"*/*", "application/dns-message;q=0"}));
    EXPECT_FALSE(includes({"text/html", "", "text/plain"}));
}

}  // namespace
}  // namespace cenote::http
