// SPDX-License-Identifier: Apache-2.0
//
// Which exceptions may be asked for: from which directive, for whom, for how long, how many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rules/exception_fixture.h"

namespace cenote::rules {
namespace {

using ::testing::HasSubstr;

struct RequestRow {
    const char* name;
    void (*change)(ExceptionRequest&);
    const char* refusal;  // empty: it may be asked for
};

const RequestRow kRequests[] = {
    {"AsItIs", [](ExceptionRequest&) {}, ""},
    {"Ipv6", [](ExceptionRequest& r) { r.client = "2001:db8:20::/56"; }, ""},
    {"OneAddress", [](ExceptionRequest& r) { r.client = "10.20.3.7"; }, ""},
    {"UntilATime", [](ExceptionRequest& r) { r.end = {.until = "2026-03-03T12:00:00Z", .lasts = {}}; }, ""},
    {"AsLongAsItMay", [](ExceptionRequest& r) { r.end.lasts = "7d"; }, ""},
    {"LaterRestricted", [](ExceptionRequest& r) { r.directive = "will-restrict"; }, ""},
    {"InTheGroupOfTheDirective", [](ExceptionRequest& r) { r.directive = "of-the-lab"; }, ""},
    {"ShortEnough", [](ExceptionRequest& r) { r.directive = "short", r.end.lasts = "1h"; }, ""},
    {"AsLongAsItsDirective", [](ExceptionRequest& r) { r.directive = "ends-soon", r.end.lasts = "3h"; }, ""},

    {"UnknownDirective", [](ExceptionRequest& r) { r.directive = "restrict"; }, "did you mean 'restricts'?"},
    {"NoSuchDirective", [](ExceptionRequest& r) { r.directive = "zzz"; }, "'cenote directives' shows them"},
    {"NoPurpose", [](ExceptionRequest& r) { r.purpose.clear(); }, "give --purpose"},
    {"Blocked", [](ExceptionRequest& r) { r.directive = "blocks"; }, "block has no exceptions"},
    {"BlockedNamesTheIssuer", [](ExceptionRequest& r) { r.directive = "blocks"; }, "(The Ministry)"},
    {"BlockedByItsPlan", [](ExceptionRequest& r) { r.directive = "will-block"; }, "block has no exceptions"},
    {"NothingSinkholed", [](ExceptionRequest& r) { r.directive = "advises"; }, "its step is advise"},
    {"Lapsed", [](ExceptionRequest& r) { r.directive = "lapsed"; }, "has lapsed"},

    {"NoSubject", [](ExceptionRequest& r) { r.client.reset(); }, "name one"},
    {"TwoSubjects", [](ExceptionRequest& r) { r.group = "lab"; }, "name one"},
    {"NoPrefix", [](ExceptionRequest& r) { r.client = "kim"; }, "is not a client prefix"},
    {"BitsBehindTheLength", [](ExceptionRequest& r) { r.client = "10.20.3.1/28"; }, "is not a client prefix"},
    {"TooWide", [](ExceptionRequest& r) { r.client = "10.20.0.0/27"; }, "wider than exceptions may be (/28)"},
    {"TooWideIpv6", [](ExceptionRequest& r) { r.client = "2001:db8::/55"; }, "wider than exceptions may be (/56)"},
    {"Refused", [](ExceptionRequest& r) { r.client = "192.0.2.1/32"; }, "allow_from refuses"},
    {"OfAnotherGroup", [](ExceptionRequest& r) { r.directive = "of-the-lab", r.client = "10.30.0.1/32"; },
     "it is for lab"},
    {"Everyone", [](ExceptionRequest& r) { r.client.reset(), r.group = "everyone"; }, "everyone is wider"},
    {"UnknownGroup", [](ExceptionRequest& r) { r.client.reset(), r.group = "lap"; }, "did you mean 'lab'?"},

    {"NoEnd", [](ExceptionRequest& r) { r.end.lasts.clear(); }, "ends by itself"},
    {"NoTime", [](ExceptionRequest& r) { r.end.until = "tomorrow"; }, "tomorrow"},
    {"PastTime", [](ExceptionRequest& r) { r.end.until = "2026-03-02T11:00:00Z"; }, "has passed"},
    {"RightNow", [](ExceptionRequest& r) { r.end.until = "2026-03-02T12:00:00Z"; }, "has passed"},
    {"TooLong", [](ExceptionRequest& r) { r.end.lasts = "169h"; }, "last 7d at most"},
    {"TooLongForItsDirective", [](ExceptionRequest& r) { r.directive = "short"; }, "last 1h at most"},
    {"LongerThanItsDirective", [](ExceptionRequest& r) { r.directive = "ends-soon", r.end.lasts = "4h"; },
     "outlive directive ends-soon"},
};

class ExceptionRequestTest : public testing::TestWithParam<RequestRow> {};

TEST_P(ExceptionRequestTest, IsJudgedByItsTerms) {
    ExceptionRequest request = request_of_kim();
    GetParam().change(request);
    ExceptionFixture fixture;
    const auto asked = fixture.approval().request(kKim, request);
    if (*GetParam().refusal == '\0') {
        ASSERT_TRUE(asked.ok()) << asked.error().text;
        EXPECT_EQ(asked->stage, Stage::Asked);
        EXPECT_EQ(asked->asked_by, "kim");
        EXPECT_EQ(asked->asked_at, kNow);
        EXPECT_FALSE(asked->granted_at);
        EXPECT_TRUE(asked->agreed_by.empty());
    } else {
        EXPECT_THAT(refusal(asked), HasSubstr(GetParam().refusal));
    }
}

INSTANTIATE_TEST_SUITE_P(Table, ExceptionRequestTest, testing::ValuesIn(kRequests),
                         [](const auto& row) { return row.param.name; });

struct GroupRow {
    const char* name;
    std::vector<const char*> clients;
    bool fits;  // into one /28 and one /56
};
const GroupRow kGroups[] = {
    {"OnePrefix", {"10.20.3.0/28"}, true},
    {"OneOfEachFamily", {"10.20.3.0/28", "2001:db8:20::/56"}, true},
    {"Wider", {"10.20.3.0/27"}, false},
    {"WiderIpv6", {"10.20.3.0/28", "2001:db8:20::/48"}, false},
    {"Hosts", {"10.20.3.1/32", "10.20.4.1/32", "10.20.5.1/32"}, true},
    {"AsManyInFive", {"10.20.3.0/29", "10.20.4.0/30", "10.20.5.0/31", "10.20.6.0/32", "10.20.7.0/32"}, true},
    {"ExactlyAsMany", {"10.20.3.0/29", "10.20.4.0/30", "10.20.5.0/30"}, true},
    {"OneMore", {"10.20.3.0/28", "10.20.4.1/32"}, false},
    {"TwoOfTheWidest", {"2001:db8:20::/56", "2001:db8:20:100::/56"}, false},
    {"OneIpv6HostMore", {"2001:db8:20::/56", "2001:db8:21::1/128"}, false},
    {"InsideEachOther", {"10.20.3.0/28", "10.20.3.0/29", "10.20.3.1/32", "10.20.3.0/28"}, true},
};
class GroupWidthTest : public testing::TestWithParam<GroupRow> {};

TEST_P(GroupWidthTest, CountsClientsLikeAPrefix) {
    ExceptionFixture fixture;
    fixture.options.groups[0].clients.clear();
    for (const char* prefix : GetParam().clients) fixture.options.groups[0].clients.push_back(*Prefix::parse(prefix));
    ExceptionRequest request = request_of_kim();
    request.client.reset();
    request.group = "lab";
    const auto asked = fixture.approval().request(kKim, request);
    if (GetParam().fits) {
        ASSERT_TRUE(asked.ok()) << asked.error().text;
        EXPECT_EQ(asked->group, "lab");
        EXPECT_FALSE(asked->client);
    } else {
        EXPECT_THAT(refusal(asked), testing::AllOf(HasSubstr("group 'lab' has more clients"), HasSubstr("--client")));
    }
}

INSTANTIATE_TEST_SUITE_P(Table, GroupWidthTest, testing::ValuesIn(kGroups),
                         [](const auto& row) { return row.param.name; });

TEST(ExceptionRequests, HoldersOfAGroupCountLikeAddresses) {
    ExceptionFixture fixture;
    policy::Group& lab = fixture.options.groups[0];
    lab.clients = {*Prefix::parse("10.20.3.0/28")};
    ExceptionRequest request = request_of_kim();
    request.client.reset();
    request.group = "lab";
    const auto refused = [&] { return refusal(fixture.approval().request(kKim, request)); };
    for (int i = 0; i < 10; ++i) lab.certificates.push_back("pc" + std::to_string(i) + ".lab.example");
    lab.tokens = "lab.tokens";
    for (int i = 0; i < 6; ++i)
        lab.token_digests.push_back(policy::digest_of_token("5f2b9c0e7a1d4386b2f09d5e6c7a814" + std::to_string(i)));
    EXPECT_EQ(refused(), "") << "sixteen, as many as a /28";
    lab.certificates.emplace_back("pc16.lab.example");
    EXPECT_THAT(refused(),
                testing::AllOf(HasSubstr("group 'lab' has more clients (17 names of certificates and tokens)"),
                               HasSubstr("may be for (16)")));
    fixture.limits.widest4 = 27;
    EXPECT_EQ(refused(), "");
    lab.certificates = {"*.lab.example"};
    EXPECT_THAT(refused(), HasSubstr("(*.lab.example is any number of certificates)"));
}

TEST(ExceptionRequests, RequesterAndReferenceAreKept) {
    ExceptionFixture fixture;
    ExceptionRequest request = request_of_kim();
    request.requester = "Ms Choi";
    request.ref = "2026-117";
    const auto asked = fixture.approval().request(kKim, request);
    ASSERT_TRUE(asked.ok()) << asked.error().text;
    ExceptionDocument document = *asked;
    document.id = "dns1-1";
    const auto read = read_exception(to_rule(document));
    ASSERT_TRUE(read.ok()) << read.error().text;
    EXPECT_EQ(read->requester, "Ms Choi");
    EXPECT_EQ(read->ref, "2026-117");
}

TEST(ExceptionRequests, WidthsAndDurationsAreThoseOfTheLimits) {
    ExceptionFixture fixture;
    ExceptionRequest request = request_of_kim();
    request.client = "10.20.0.0/16";
    request.end.lasts = "8d";
    fixture.limits.widest4 = 16;
    EXPECT_THAT(refusal(fixture.approval().request(kKim, request)), HasSubstr("last 7d at most"));
    fixture.limits.max = 8 * kDay;
    EXPECT_EQ(refusal(fixture.approval().request(kKim, request)), "");
    fixture.limits.widest4 = 17;
    EXPECT_THAT(refusal(fixture.approval().request(kKim, request)), HasSubstr("(/17)"));
}

TEST(ExceptionRequests, NothingIsAskedForWhileTheClockCannotBeTrusted) {
    ExceptionFixture fixture;
    fixture.clock_problem = "the clock is behind";
    EXPECT_EQ(refusal(fixture.approval().request(kKim, request_of_kim())), "the clock is behind");
}

TEST(ExceptionRequests, AnEmergencyIsInForceAtOnceAndUnratified) {
    ExceptionRequest request = request_of_kim();
    request.emergency = true;
    ExceptionFixture fixture;
    EXPECT_THAT(refusal(fixture.approval().request(kKim, request)), HasSubstr("may not declare an emergency"));
    const auto asked = fixture.approval().request(kLee, request);
    ASSERT_TRUE(asked.ok()) << asked.error().text;
    const auto granted = fixture.approval().grant_emergency(*asked);
    ASSERT_TRUE(granted.ok()) << granted.error().text;
    EXPECT_EQ(granted->stage, Stage::Granted);
    EXPECT_EQ(granted->ends, kNow + 2 * kHour);
    EXPECT_TRUE(is_unratified(*granted));
    fixture.limits.approvals = 1;
    EXPECT_FALSE(is_unratified(fixture.approval().grant_emergency(*asked).value()));
}

TEST(ExceptionRequests, AnEmergencyLastsFourHoursAtMost) {
    ExceptionRequest request = request_of_kim();
    request.emergency = true;
    ExceptionFixture fixture;
    request.end.lasts = "4h";
    EXPECT_EQ(refusal(fixture.approval().request(kLee, request)), "");
    request.end.lasts = "241m";
    EXPECT_THAT(refusal(fixture.approval().request(kLee, request)), HasSubstr("an emergency lasts 4h at most"));
}

TEST(ExceptionRequests, OnePersonHasTwentyWithoutAnAnswer) {
    std::vector<ExceptionDocument> open(19, document_at(Stage::Asked));
    open.resize(40, document_at(Stage::Granted));
    EXPECT_EQ(refusal(check_open_requests("kim", open)), "");
    open.push_back(document_at(Stage::Asked));
    EXPECT_THAT(refusal(check_open_requests("kim", open)), HasSubstr("20 requests of kim wait for an answer"));
    EXPECT_EQ(refusal(check_open_requests("lee", open)), "") << "those of kim are not hers";
}

TEST(ExceptionRequests, AThousandAreOpenAtMost) {
    std::vector<ExceptionDocument> open(999, document_at(Stage::Granted));
    EXPECT_EQ(refusal(check_open_requests("lee", open)), "");
    open.push_back(document_at(Stage::Granted));
    EXPECT_THAT(refusal(check_open_requests("lee", open)), HasSubstr("1000 exceptions are open"));
}

TEST(ExceptionRequests, AHundredADay) {
    EXPECT_EQ(refusal(check_daily_requests("kim", 100)), "");
    EXPECT_THAT(refusal(check_daily_requests("kim", 101)), HasSubstr("ask again tomorrow"));
}

}  // namespace
}  // namespace cenote::rules
