// SPDX-License-Identifier: Apache-2.0
//
// The cookies of [limits] and the file with their secrets.
#include <gmock/gmock.h>

#include "tests/config/fixture.h"

namespace cenote::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CookieSectionTest : public LoadTest {
protected:
    CookieSectionTest() { write("cenote.toml", "[limits]\ncookie_secret_file = \"c.key\"\n"); }
};

TEST_F(CookieSectionTest, ByDefaultCookiesAreAnsweredWithASecretOfTheDaemon) {
    const auto settings = load_string("");
    EXPECT_TRUE(settings->cookies);
    EXPECT_TRUE(settings->cookie_secrets.empty());
    EXPECT_FALSE(settings->require_cookies);
    EXPECT_FALSE(load_string("[limits]\ncookies = false\n")->cookies);
    EXPECT_TRUE(load_string("[limits]\nrequire_cookies = true\n")->require_cookies);
    EXPECT_TRUE(load_string("[limits]\ncookie_secret_file = \"\"\n")->cookie_secrets.empty());
}

TEST_F(CookieSectionTest, TheFileHasASecretALine) {
    write("c.key", "000102030405060708090A0b0c0d0e0f\r\n\nffffffffffffffffffffffffffffffff\n");
    const auto settings = load_folder();
    ASSERT_TRUE(settings);
    wire::CookieSecret second;
    second.fill(0xff);
    EXPECT_THAT(settings->cookie_secrets,
                ElementsAre(wire::CookieSecret{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, second));
}

TEST_F(CookieSectionTest, AnyOtherFileIsRefused) {
    const std::string one(32, 'a');
    for (const std::string& bad :
         {one + "b", one.substr(1), "g" + one.substr(1), "-" + one.substr(1), one + " " + one}) {
        write("c.key", one + "\n" + bad);
        EXPECT_FALSE(load_folder()) << bad;
        EXPECT_THAT(diagnostics_.all().back().text, HasSubstr("c.key is no secret of 32 hexadecimal digits")) << bad;
    }
    std::string many;
    for (int i = 0; i < 5; ++i) many += one + "\n";
    for (const std::string& bad : {std::string(), std::string("\n"), many}) {
        write("c.key", bad);
        EXPECT_FALSE(load_folder());
        EXPECT_THAT(diagnostics_.all().back().text, HasSubstr("it must have one to 4"));
    }
}

}  // namespace
}  // namespace cenote::config
