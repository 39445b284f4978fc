// SPDX-License-Identifier: Apache-2.0
//
// What is answered before any page: refusals, what is compiled in, and a daemon that is not there. With one:
// tests/system/test_web.py.
#include "resolver/web/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/temporary_folder.h"

namespace cenote::web {
namespace {

using testing::HasSubstr;

Settings settings() {
    Settings settings;
    settings.listen = {{"127.0.0.1:8053", true, false}};
    settings.node = "dns1";
    return settings;
}

class FrontTest : public testing::Test {
protected:
    static Arrival arrival(std::string target, std::string method = "GET") {
        Arrival arrival;
        arrival.method = std::move(method);
        arrival.target = std::move(target);
        arrival.headers["host"] = "127.0.0.1:8053";
        arrival.origin.local = IpAddress::parse("127.0.0.1");
        arrival.origin.from_loopback = true;
        return arrival;
    }
    int status_at_once(const Arrival& arrival) {
        const auto reply = front_.answer_at_once(arrival);
        return reply ? reply->status : 0;
    }

    testing_support::TemporaryFolder folder_;
    Front front_{settings(), std::nullopt, folder_ / "control.sock"};
};

TEST_F(FrontTest, OnlyGetHeadAndOnePost) {
    EXPECT_EQ(status_at_once(arrival("/services")), 0);
    EXPECT_EQ(status_at_once(arrival("/services", "HEAD")), 0);
    EXPECT_EQ(status_at_once(arrival("/sign-out", "POST")), 0);
    EXPECT_EQ(status_at_once(arrival("/sign-out")), 405);
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "X"})
        EXPECT_EQ(status_at_once(arrival("/services", method)), 405) << method;
    auto with_body = arrival("/services");
    with_body.has_body = true;
    EXPECT_EQ(status_at_once(with_body), 400);
}

TEST_F(FrontTest, HostsMustBeKnown) {
    auto other = arrival("/");
    other.headers["host"] = "evil.example";
    EXPECT_EQ(status_at_once(other), 421);
    other.headers.erase("host");
    EXPECT_EQ(status_at_once(other), 400);
    other.headers["host"] = "dns1:1";
    EXPECT_EQ(status_at_once(other), 0);
    other.repeats_a_header = true;
    EXPECT_EQ(status_at_once(other), 400);
}

TEST_F(FrontTest, LimitsAndForms) {
    EXPECT_EQ(status_at_once(arrival("/../etc/passwd")), 400);
    EXPECT_EQ(status_at_once(arrival("/" + std::string(kTargetBytesMax, 'a'))), 414);
    auto large = arrival("/");
    large.headers_too_large = true;
    EXPECT_EQ(status_at_once(large), 431);
}

TEST_F(FrontTest, AFormOfAnotherSiteSignsNobodyOut) {
    auto form = arrival("/sign-out", "POST");
    form.headers["sec-fetch-site"] = "cross-site";
    EXPECT_EQ(status_at_once(form), 403);
}

TEST_F(FrontTest, APageOfAnotherSiteMayLeadHereAndFetchNothing) {
    const auto fetched = [this](std::string target, const char* site, const char* made_for) {
        auto one = arrival(std::move(target));
        one.headers["sec-fetch-site"] = site;
        one.headers["sec-fetch-dest"] = made_for;
        return status_at_once(one);
    };
    for (const char* site : {"cross-site", "same-site"}) {
        EXPECT_EQ(fetched("/reports?digests=yes", site, "image"), 403) << site;
        EXPECT_EQ(fetched("/", site, "iframe"), 403) << site;
        EXPECT_EQ(fetched("/", site, "document"), 0) << site;
        EXPECT_EQ(fetched("/login/" + std::string(64, 'a'), site, "document"), 0) << site;
        for (const char* look : {"/log?search=yes", "/%6cog/export?purpose=x", "/api/v1/log"})
            EXPECT_EQ(fetched(look, site, "document"), 403) << look;
    }
    for (const char* site : {"same-origin", "none"}) EXPECT_EQ(fetched("/log?search=yes", site, "document"), 0) << site;
    EXPECT_EQ(fetched("/api/v1/tail", "same-origin", "empty"), 0);
}

TEST_F(FrontTest, AssetsAndLifeNeedNoSignIn) {
    EXPECT_EQ(status_at_once(arrival("/healthz")), 200);
    EXPECT_EQ(status_at_once(arrival("/assets/none.css")), 404);
    auto style = arrival("/assets/style.css");
    const auto reply = front_.answer_at_once(style);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_FALSE(reply->body.empty());
    const auto etag = std::ranges::find(reply->headers, "ETag", &std::pair<std::string, std::string>::first);
    ASSERT_NE(etag, reply->headers.end());
    style.headers["if-none-match"] = etag->second;
    EXPECT_EQ(status_at_once(style), 304);
}

TEST_F(FrontTest, RefusalsAreInTheLanguageOfTheBrowserAndAsJsonForPrograms) {
    auto korean = arrival("/../x");
    korean.headers["accept-language"] = "ko";
    EXPECT_THAT(front_.answer_at_once(korean)->body, HasSubstr("주소 형식"));
    auto program = arrival("/api/v1/status", "PUT");
    const auto reply = front_.answer_at_once(program);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->type, "application/json");
    EXPECT_THAT(reply->body, HasSubstr("\"error\""));
}

TEST_F(FrontTest, EveryReplyHasTheHeaders) {
    const auto reply = Front::finished(*front_.answer_at_once(arrival("/../x")));
    std::map<std::string, std::string> headers(reply.headers.begin(), reply.headers.end());
    EXPECT_THAT(headers["Content-Security-Policy"], HasSubstr("default-src 'none'"));
    EXPECT_THAT(headers["Content-Security-Policy"], testing::Not(HasSubstr("unsafe")));
    EXPECT_EQ(headers["X-Content-Type-Options"], "nosniff");
    EXPECT_EQ(headers["X-Frame-Options"], "DENY");
    EXPECT_EQ(headers["Cache-Control"], "no-store");
    const auto asset = Front::finished(*front_.answer_at_once(arrival("/assets/style.css")));
    EXPECT_EQ(std::ranges::count(asset.headers, "Cache-Control", &std::pair<std::string, std::string>::first), 1);
}

TEST_F(FrontTest, WithoutADaemonThePageSaysSo) {
    EXPECT_EQ(front_.answer(arrival("/readyz")).reply.status, 503);
    EXPECT_EQ(front_.answer(arrival("/metrics")).reply.status, 503);
    EXPECT_EQ(front_.answer(arrival("/")).reply.status, 401);  // no cookie: nothing is asked
    auto signed_in = arrival("/");
    signed_in.headers["cookie"] = "__Host-session=" + std::string(64, 'a');
    const auto reply = front_.answer(signed_in).reply;
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.body, HasSubstr("no cenoted listens"));
}

TEST_F(FrontTest, ALinkIsNotUsedByWhatIsFetchedAhead) {
    const std::string link = "/login/" + std::string(64, 'a');
    EXPECT_EQ(front_.answer(arrival(link, "HEAD")).reply.status, 503);
    auto ahead = arrival(link);
    ahead.headers["sec-purpose"] = "prefetch";
    EXPECT_THAT(front_.answer(ahead).reply.body, HasSubstr("fetched ahead"));
    EXPECT_EQ(front_.answer(arrival("/login/short")).reply.status, 404);
}

TEST_F(FrontTest, MetricsBeyondLoopbackNeedASignIn) {
    auto away = arrival("/metrics");
    away.origin.from_loopback = false;
    EXPECT_EQ(front_.answer(away).reply.status, 401);
    auto forwarded = arrival("/metrics");
    forwarded.headers["x-forwarded-for"] = "192.0.2.7";
    EXPECT_EQ(front_.answer(forwarded).reply.status, 401);
}

TEST(FrontOfAProxy, AHeaderCountsFromItsSocketAlone) {
    const testing_support::TemporaryFolder folder;
    Settings with_header = settings();
    with_header.user_header = "x-remote-user";
    Front front(with_header, 33, folder / "control.sock");
    Arrival arrival;
    arrival.method = "GET";
    arrival.target = "/";
    arrival.headers = {{"host", "dns1"}, {"x-remote-user", "kim"}};
    EXPECT_EQ(front.answer(arrival).reply.status, 401);  // by TCP
    arrival.origin.peer_uid = 34;
    EXPECT_EQ(front.answer(arrival).reply.status, 401);  // another user of this host
    arrival.origin.peer_uid = 33;
    EXPECT_EQ(front.answer(arrival).reply.status, 503);  // the daemon is asked
}

}  // namespace
}  // namespace cenote::web
