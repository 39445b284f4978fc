// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/sign_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::web {
namespace {

using pages::Language;

Arrival with(std::initializer_list<std::pair<const std::string, std::string>> headers) {
    Arrival arrival;
    for (const auto& each : headers) arrival.headers.insert(each);
    return arrival;
}

TEST(SignIn, ACookieIsFoundByItsWholeName) {
    const auto arrival = with({{"cookie", "lang=ko; x__Host-session=no;__Host-session=abc ; other"}});
    EXPECT_EQ(cookie(arrival, kSessionCookie), "abc");
    EXPECT_EQ(cookie(arrival, "lang"), "ko");
    EXPECT_EQ(cookie(arrival, "none"), "");
}

TEST(SignIn, ACookieThatIsThereTwiceIsNone) {
    EXPECT_EQ(cookie(with({{"cookie", "__Host-session=a; __Host-session=b"}}), kSessionCookie), "");
}

TEST(SignIn, TheCookieOfASessionIsForThisHostAlone) {
    const std::string set = session_cookie(std::string(64, 'a'));
    for (const char* word :
         {"__Host-session=aaaa", "Path=/;", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=28800"})
        EXPECT_THAT(set, testing::HasSubstr(word));
    EXPECT_THAT(set, testing::Not(testing::HasSubstr("Domain")));
    EXPECT_THAT(session_cookie({}), testing::HasSubstr("Max-Age=0"));
}

TEST(SignIn, ATokenIsHexadecimalOfOneLength) {
    EXPECT_TRUE(is_token(std::string(64, 'f')));
    EXPECT_FALSE(is_token(std::string(63, 'f')));
    EXPECT_FALSE(is_token(std::string(64, 'F')));
    EXPECT_FALSE(is_token(""));
}

TEST(SignIn, LanguageByQueryThenCookieThenBrowser) {
    EXPECT_EQ(language_of(with({}), {}), Language::English);
    EXPECT_EQ(language_of(with({{"accept-language", "ko-KR,ko;q=0.9,en;q=0.8"}}), {}), Language::Korean);
    EXPECT_EQ(language_of(with({{"accept-language", "de, en;q=0.5, ko;q=0.7"}}), {}), Language::Korean);
    EXPECT_EQ(language_of(with({{"accept-language", "ko;q=0, en;q=0.1"}}), {}), Language::English);
    EXPECT_EQ(language_of(with({{"accept-language", "kok, ;;,q=,ko;q=x"}}), {}), Language::English);
    EXPECT_EQ(language_of(with({{"cookie", "lang=ko"}, {"accept-language", "en"}}), {}), Language::Korean);
    EXPECT_EQ(language_of(with({{"cookie", "lang=ko"}}), "en"), Language::English);
    EXPECT_EQ(language_of(with({{"cookie", "lang=ko"}}), "tlh"), Language::Korean);
}

TEST(SignIn, PrefetchesAreTold) {
    EXPECT_TRUE(is_prefetch(with({{"sec-purpose", "prefetch;prerender"}})));
    EXPECT_TRUE(is_prefetch(with({{"purpose", "prefetch"}})));
    EXPECT_TRUE(is_prefetch(with({{"sec-fetch-dest", "image"}})));
    EXPECT_TRUE(is_prefetch(with({{"sec-fetch-dest", "iframe"}})));
    EXPECT_FALSE(is_prefetch(with({{"sec-fetch-dest", "document"}})));
    EXPECT_FALSE(is_prefetch(with({})));
}

TEST(SignIn, AFormOfAnotherSiteIsTold) {
    EXPECT_TRUE(is_from_here(with({{"host", "dns1:8053"}})));
    EXPECT_TRUE(is_from_here(with({{"host", "dns1:8053"}, {"origin", "http://dns1:8053"}})));
    EXPECT_TRUE(is_from_here(with({{"sec-fetch-site", "same-origin"}})));
    EXPECT_FALSE(is_from_here(with({{"sec-fetch-site", "same-site"}})));
    EXPECT_FALSE(is_from_here(with({{"host", "dns1:8053"}, {"origin", "http://evil.example"}})));
    EXPECT_FALSE(is_from_here(with({{"host", "dns1:8053"}, {"origin", "null"}})));
}

}  // namespace
}  // namespace cenote::web
