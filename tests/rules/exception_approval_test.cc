// SPDX-License-Identifier: Apache-2.0
//
// Who may approve an exception, deny, extend and end it, at which stage; and what is checked again with the grant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rules/exception_fixture.h"

namespace cenote::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Stage kStages[] = {Stage::Asked,   Stage::Granted, Stage::Denied,
                             Stage::Revoked, Stage::Ended,   Stage::Unconfirmed};

struct FurtherPersonRow {
    const char* name;
    std::int64_t approvals;
    Person person;
    void (*change)(ExceptionDocument&);
    const char* refusal;  // empty: the approval counts
    Stage stage;          // behind it
};

const FurtherPersonRow kFurtherPersons[] = {
    {"SecondPerson", 2, kLee, [](ExceptionDocument&) {}, "", Stage::Granted},
    {"OwnRequest", 2, {"kim", true}, [](ExceptionDocument&) {}, "kim asked for dns1-17", Stage::Asked},
    {"OwnRequestWhereOneIsEnough", 1, {"kim", true}, [](ExceptionDocument&) {}, "", Stage::Granted},
    {"NoApprover",
     2,
     {"choi", false},
     [](ExceptionDocument&) {},
     "choi may not approve exceptions: be in a group of [control].approvers or admins",
     Stage::Asked},
    {"NoApproverWhereOneIsEnough", 1, kKim, [](ExceptionDocument&) {}, "kim may not approve exceptions", Stage::Asked},
    {"Root", 2, kRoot, [](ExceptionDocument&) {}, "a member of [control].approvers or admins has to approve dns1-17",
     Stage::Asked},
    {"RootWhereOneIsEnough", 1, kRoot, [](ExceptionDocument&) {}, "", Stage::Granted},
    {"Importer", 2, kLee, [](ExceptionDocument& d) { d.brought_by = "lee"; }, "lee imported", Stage::Asked},
    {"SecondOfThree", 3, kLee, [](ExceptionDocument&) {}, "", Stage::Asked},
    {"ThirdOfThree", 3, kPark, [](ExceptionDocument& d) { d.agreed_by = {"lee"}; }, "", Stage::Granted},
    {"TwiceTheSame", 3, kLee, [](ExceptionDocument& d) { d.agreed_by = {"lee"}; }, "lee approved dns1-17 before",
     Stage::Asked},
};

class FurtherPersonTest : public testing::TestWithParam<FurtherPersonRow> {};

TEST_P(FurtherPersonTest, CountsOrDoesNot) {
    const FurtherPersonRow& row = GetParam();
    ExceptionFixture fixture;
    fixture.limits.approvals = row.approvals;
    ExceptionDocument document = document_at(Stage::Asked);
    row.change(document);
    const auto approved = fixture.approval().approve(row.person, document);
    if (*row.refusal == '\0') {
        ASSERT_TRUE(approved.ok()) << approved.error().text;
        EXPECT_EQ(approved->stage, row.stage);
    } else {
        EXPECT_THAT(refusal(approved), HasSubstr(row.refusal));
    }
}

INSTANTIATE_TEST_SUITE_P(Table, FurtherPersonTest, testing::ValuesIn(kFurtherPersons),
                         [](const auto& row) { return row.param.name; });

TEST(ExceptionApprovals, ADurationCountsFromTheGrant) {
    ExceptionFixture fixture;
    ExceptionDocument document = document_at(Stage::Asked);
    document.asked_at = kNow - 5 * kDay;
    const auto granted = fixture.approval().approve(kLee, document);
    ASSERT_TRUE(granted.ok()) << granted.error().text;
    EXPECT_EQ(granted->granted_at, kNow);
    EXPECT_EQ(granted->ends, kNow + 2 * kHour);
    EXPECT_THAT(granted->agreed_by, ElementsAre("lee"));
}

struct GrantRow {
    const char* name;
    void (*change)(ExceptionFixture&, ExceptionDocument&);
    const char* refusal;
};

const GrantRow kGrants[] = {
    {"DirectiveIsGone", [](ExceptionFixture&, ExceptionDocument& d) { d.directive = "gone"; },
     "directive gone is gone"},
    {"DirectiveBlocksNow",
     [](ExceptionFixture& fixture, ExceptionDocument&) { fixture.options.directives[0].step = policy::Step::Block; },
     "block has no exceptions"},
    {"DirectiveIsShorterNow",
     [](ExceptionFixture& fixture, ExceptionDocument&) { fixture.options.directives[0].exceptions_max = kHour; },
     "last 1h at most"},
    {"GroupIsGone",
     [](ExceptionFixture& fixture, ExceptionDocument& d) {
         d.client.reset(), d.group = "office";
         fixture.limits.widest4 = 16;
         fixture.options.groups.pop_back();
     },
     "unknown group 'office'"},
    {"GroupHasGrown", [](ExceptionFixture&, ExceptionDocument& d) { d.client.reset(), d.group = "office"; },
     "group 'office' has more clients"},
    {"ClientIsRefusedNow", [](ExceptionFixture& fixture, ExceptionDocument&) { fixture.allow_from.clear(); },
     "allow_from"},
    {"TimeHasPassed", [](ExceptionFixture&, ExceptionDocument& d) { d.lasts.reset(), d.ends = kNow; }, "has passed"},
    {"ClockCannotBeTrusted", [](ExceptionFixture& fixture, ExceptionDocument&) { fixture.clock_problem = "behind"; },
     "behind"},
};

class GrantTest : public testing::TestWithParam<GrantRow> {};

TEST_P(GrantTest, IsCheckedAgain) {
    ExceptionFixture fixture;
    ExceptionDocument document = document_at(Stage::Asked);
    GetParam().change(fixture, document);
    EXPECT_THAT(refusal(fixture.approval().approve(kLee, document)), HasSubstr(GetParam().refusal));
}

INSTANTIATE_TEST_SUITE_P(Table, GrantTest, testing::ValuesIn(kGrants), [](const auto& row) { return row.param.name; });

TEST(ExceptionApprovals, EachVerbHasItsStages) {
    ExceptionFixture fixture;
    const auto approval = fixture.approval();
    for (const Stage stage : kStages) {
        SCOPED_TRACE(stage_to_text(stage));
        const ExceptionDocument document = document_at(stage);
        EXPECT_EQ(approval.approve(kPark, document).ok(), stage == Stage::Asked || stage == Stage::Unconfirmed);
        EXPECT_EQ(approval.deny(kPark, document).ok(), stage == Stage::Asked);
        EXPECT_EQ(approval.revoke(kPark, document).ok(), is_open(stage));
        EXPECT_EQ(approval.extend(kPark, {.until = {}, .lasts = "1h"}, document).ok(), stage == Stage::Granted);
    }
    ExceptionDocument revoked = document_at(Stage::Revoked);
    revoked.closed_by = "lee";
    EXPECT_THAT(refusal(approval.revoke(kPark, revoked)), HasSubstr("dns1-17 is revoked by lee; there is nothing"));
}

TEST(ExceptionApprovals, DenialNeedsAnApproverAndIsRecorded) {
    ExceptionFixture fixture;
    const ExceptionDocument asked = document_at(Stage::Asked);
    EXPECT_THAT(refusal(fixture.approval().deny(kKim, asked)), HasSubstr("kim may not approve exceptions"));
    const auto denied = fixture.approval().deny(kLee, asked);
    ASSERT_TRUE(denied.ok());
    EXPECT_EQ(denied->stage, Stage::Denied);
    EXPECT_EQ(denied->closed_by, "lee");
    EXPECT_EQ(denied->closed_at, kNow);
}

TEST(ExceptionApprovals, TheRequesterOrAnApproverEndsIt) {
    ExceptionFixture fixture;
    const ExceptionDocument granted = document_at(Stage::Granted);
    EXPECT_THAT(refusal(fixture.approval().revoke({"choi", false}, granted)), HasSubstr("choi may not end dns1-17"));
    for (const Person& person : {kKim, kLee, kRoot}) {
        const auto revoked = fixture.approval().revoke(person, granted);
        ASSERT_TRUE(revoked.ok()) << person.name;
        EXPECT_EQ(revoked->stage, Stage::Revoked);
        EXPECT_EQ(revoked->closed_by, person.name);
        EXPECT_EQ(revoked->closed_at, kNow);
    }
    fixture.clock_problem = "behind";
    EXPECT_TRUE(fixture.approval().revoke(kLee, granted).ok()) << "an end needs no trusted clock";
}

TEST(ExceptionApprovals, AnEmergencyIsRatifiedBySecondPersonsAndKeepsItsEnd) {
    ExceptionFixture fixture;
    ExceptionDocument emergency = document_at(Stage::Granted);
    emergency.emergency = true;
    emergency.asked_by = "lee";
    emergency.agreed_by.clear();
    EXPECT_THAT(refusal(fixture.approval().approve(kLee, emergency)), HasSubstr("lee asked for dns1-17"));
    EXPECT_THAT(refusal(fixture.approval().extend(kPark, {.until = {}, .lasts = "1h"}, emergency)),
                HasSubstr("still needs a second person"));
    const auto ratified = fixture.approval().approve(kPark, emergency);
    ASSERT_TRUE(ratified.ok()) << ratified.error().text;
    EXPECT_FALSE(is_unratified(*ratified));
    EXPECT_EQ(ratified->ends, emergency.ends);
    EXPECT_EQ(ratified->granted_at, emergency.granted_at);
    EXPECT_THAT(refusal(fixture.approval().approve(kPark, *ratified)), HasSubstr("nothing to approve"));
}

struct ExtendRow {
    const char* name;
    Person person;
    TypedEnd end;
    const char* refusal;  // empty: it waits for approval until `ends`
    WallTime ends;
};

const ExtendRow kExtensions[] = {
    {"FromItsEndOn", kPark, {{}, "2h"}, "", kNow + 3 * kHour},
    {"ByOneWhoAgreedBefore", kLee, {{}, "2h"}, "", kNow + 3 * kHour},
    {"UntilATime", kPark, {"2026-03-03T12:00:00Z", {}}, "", kNow + kDay},
    {"AsLongAsItMayFromTheGrantOn", kPark, {"2026-03-09T11:00:00Z", {}}, "", kNow + 7 * kDay - kHour},
    {"LongerThanThat", kPark, {"2026-03-09T11:00:01Z", {}}, "last 7d at most", {}},
    {"ByTheRequester", kKim, {{}, "2h"}, "", kNow + 3 * kHour},
    {"ByRoot", kRoot, {{}, "2h"}, "", kNow + 3 * kHour},
    {"ByAnotherReader", {"choi", false}, {{}, "2h"}, "choi may not request more time for dns1-17", {}},
    {"NotLonger", kPark, {"2026-03-02T13:00:00Z", {}}, "'cenote exception revoke' ends it sooner", {}},
    {"Sooner", kPark, {"2026-03-02T12:30:00Z", {}}, "'cenote exception revoke' ends it sooner", {}},
    {"WithoutAnEnd", kPark, {{}, ""}, "say how much longer", {}},
    {"NoTime", kPark, {"tomorrow", {}}, "tomorrow", {}},
};

class ExtensionTest : public testing::TestWithParam<ExtendRow> {};

TEST_P(ExtensionTest, IsJudged) {
    ExceptionFixture fixture;
    const auto extended = fixture.approval().extend(GetParam().person, GetParam().end, document_at(Stage::Granted));
    if (*GetParam().refusal == '\0') {
        ASSERT_TRUE(extended.ok()) << extended.error().text;
        EXPECT_EQ(extended->stage, Stage::Granted);
        EXPECT_EQ(extended->ends, kNow + kHour) << "the end that was approved stays";
        ASSERT_TRUE(extended->extension);
        EXPECT_EQ(extended->extension->ends, GetParam().ends);
        EXPECT_EQ(extended->extension->asked_by, GetParam().person.name);
        EXPECT_EQ(extended->extension->asked_at, kNow);
        EXPECT_TRUE(waits_for_approval(*extended));
    } else {
        EXPECT_THAT(refusal(extended), HasSubstr(GetParam().refusal));
    }
}

INSTANTIATE_TEST_SUITE_P(Table, ExtensionTest, testing::ValuesIn(kExtensions),
                         [](const auto& row) { return row.param.name; });

/// More time until two hours behind the end, asked for by `person`.
ExceptionDocument extension_of(ExceptionFixture& fixture, const Person& person) {
    auto extended = fixture.approval().extend(person, {.until = {}, .lasts = "2h"}, document_at(Stage::Granted));
    EXPECT_TRUE(extended.ok()) << refusal(extended);
    return extended ? *extended : ExceptionDocument{};
}

TEST(ExceptionApprovals, AnExtensionTakesAnotherPerson) {
    ExceptionFixture fixture;
    const ExceptionDocument asked = extension_of(fixture, kLee);
    EXPECT_THAT(refusal(fixture.approval().approve(kLee, asked)), HasSubstr("lee asked for the extension of dns1-17"));
    EXPECT_THAT(refusal(fixture.approval().approve(kRoot, asked)), HasSubstr("root never counts as a second person"));
    EXPECT_THAT(refusal(fixture.approval().approve(kKim, asked)), HasSubstr("kim may not approve exceptions"));
    EXPECT_THAT(refusal(fixture.approval().extend(kPark, {.until = {}, .lasts = "9h"}, asked)),
                HasSubstr("lee requested an extension of dns1-17 until 2026-03-02T15:00:00Z"))
        << "what is being approved cannot be exchanged";
    const auto extended = fixture.approval().approve(kPark, asked);
    ASSERT_TRUE(extended.ok()) << extended.error().text;
    EXPECT_EQ(extended->ends, kNow + 3 * kHour);
    EXPECT_FALSE(extended->extension);
    EXPECT_THAT(extended->agreed_by, testing::ElementsAre("lee", "park"));
    const ExceptionDocument of_kim = extension_of(fixture, kKim);
    EXPECT_TRUE(fixture.approval().approve(kLee, of_kim).ok())
        << "who approved the exception may approve more time that its requester asks for";
}

TEST(ExceptionApprovals, AnExtensionTakesAsManyPersonsAsTheLimitsSay) {
    ExceptionFixture fixture;
    fixture.limits.approvals = 3;
    const ExceptionDocument asked = extension_of(fixture, kKim);
    const auto first = fixture.approval().approve(kLee, asked);
    ASSERT_TRUE(first.ok()) << first.error().text;
    EXPECT_EQ(first->ends, kNow + kHour);
    EXPECT_THAT(refusal(fixture.approval().approve(kLee, *first)), HasSubstr("lee approved the extension"));
    EXPECT_EQ(fixture.approval().approve(kPark, *first).value().ends, kNow + 3 * kHour);
    fixture.limits.approvals = 1;
    EXPECT_EQ(extension_of(fixture, kLee).ends, kNow + 3 * kHour) << "an approver alone is enough";
    EXPECT_EQ(extension_of(fixture, kKim).ends, kNow + kHour) << "a requester who may not approve is not";
}

TEST(ExceptionApprovals, AnExtensionIsDeniedOrWithdrawnAndTheExceptionStays) {
    ExceptionFixture fixture;
    const ExceptionDocument asked = extension_of(fixture, kKim);
    for (const Person& person : {kPark, kKim}) {
        const auto denied = fixture.approval().deny(person, asked);
        ASSERT_TRUE(denied.ok()) << denied.error().text;
        EXPECT_EQ(denied->stage, Stage::Granted);
        EXPECT_EQ(denied->ends, kNow + kHour);
        EXPECT_FALSE(denied->extension);
    }
    EXPECT_THAT(refusal(fixture.approval().deny({"choi", false}, asked)),
                HasSubstr("choi may not approve exceptions: be in a group of [control].approvers or admins"));
    EXPECT_FALSE(fixture.approval().revoke(kPark, asked).value().extension);
}

TEST(ExceptionApprovals, AnExtensionIsCheckedAgainWhenItIsApproved) {
    ExceptionFixture fixture;
    const ExceptionDocument asked = extension_of(fixture, kKim);
    fixture.options.directives[0].exceptions_max = 3 * kHour;
    EXPECT_THAT(refusal(fixture.approval().approve(kPark, asked)), HasSubstr("last 3h at most"));
}

TEST(ExceptionApprovals, AnExtensionIsKeptAndStaysAtHome) {
    ExceptionFixture fixture;
    const ExceptionDocument asked = extension_of(fixture, kKim);
    const auto read = read_exception(to_rule(asked));
    ASSERT_TRUE(read.ok()) << read.error().text;
    ASSERT_TRUE(read->extension);
    EXPECT_EQ(read->extension->ends, asked.extension->ends);
    EXPECT_EQ(read->extension->asked_by, "kim");
    EXPECT_EQ(read->extension->asked_at, kNow);
    const KnownPersons all{.may_look = [](const std::string&) { return true; },
                           .may_approve = [](const std::string&) { return true; }};
    EXPECT_FALSE(fixture.approval().import(kPark, all, asked).value().extension);
    std::vector<state::Rule> rules{to_rule(asked)};
    unconfirm_exceptions(rules);
    EXPECT_FALSE(read_exception(rules.front()).value().extension);
}

TEST(ExceptionApprovals, AnExtensionNeedsItsDirectiveAndATrustedClock) {
    ExceptionFixture fixture;
    ExceptionDocument granted = document_at(Stage::Granted);
    granted.directive = "gone";
    EXPECT_THAT(refusal(fixture.approval().extend(kPark, {.until = {}, .lasts = "1h"}, granted)),
                HasSubstr("directive gone is gone"));
    fixture.clock_problem = "behind";
    EXPECT_EQ(refusal(fixture.approval().extend(kPark, {.until = {}, .lasts = "1h"}, granted)), "behind");
}

struct ImportRow {
    const char* name;
    void (*change)(ExceptionDocument&);
    const char* refusal;  // empty: it is taken over
    Stage stage;          // as it counts here
};

const ImportRow kImports[] = {
    {"ByKnownPersons", [](ExceptionDocument&) {}, "", Stage::Granted},
    {"OfAStrangerAsRequester", [](ExceptionDocument& d) { d.asked_by = "eve"; }, "", Stage::Unconfirmed},
    {"OfAStrangerAsApprover", [](ExceptionDocument& d) { d.agreed_by = {"eve"}; }, "", Stage::Unconfirmed},
    {"OfAReaderAsApprover", [](ExceptionDocument& d) { d.agreed_by = {"kim2"}; }, "", Stage::Unconfirmed},
    {"ByRootAlone", [](ExceptionDocument& d) { d.agreed_by = {"root"}; }, "", Stage::Unconfirmed},
    {"ByTheRequesterAlone", [](ExceptionDocument& d) { d.agreed_by = {"kim"}; }, "", Stage::Unconfirmed},
    {"ByNoSecondPerson", [](ExceptionDocument& d) { d.agreed_by.clear(); }, "", Stage::Unconfirmed},
    {"OnlyAskedFor", [](ExceptionDocument& d) { d.stage = Stage::Asked; }, "", Stage::Asked},
    {"Revoked", [](ExceptionDocument& d) { d.stage = Stage::Revoked; }, "", Stage::Revoked},
    {"FromAnUnknownDirective", [](ExceptionDocument& d) { d.directive = "comes-too"; }, "", Stage::Granted},
    {"TooWide", [](ExceptionDocument& d) { d.client = Prefix::parse("10.0.0.0/8"); }, "wider", Stage::Granted},
    {"TooWideFromAnUnknownDirective",
     [](ExceptionDocument& d) { d.directive = "comes-too", d.client = Prefix::parse("10.0.0.0/8"); }, "wider",
     Stage::Granted},
    {"TooLong", [](ExceptionDocument& d) { d.ends = kNow + 30 * kDay; }, "last 7d at most", Stage::Granted},
    {"FromABlock", [](ExceptionDocument& d) { d.directive = "blocks"; }, "block has no exceptions", Stage::Granted},
    {"ForAnUnknownGroup", [](ExceptionDocument& d) { d.client.reset(), d.group = "elsewhere"; },
     "unknown group 'elsewhere'", Stage::Granted},
};

class ImportTest : public testing::TestWithParam<ImportRow> {};

TEST_P(ImportTest, CountsAsAtHome) {
    const KnownPersons known{.may_look = [](const std::string& name) { return name == "kim" || name == "kim2"; },
                             .may_approve = [](const std::string& name) { return name == "lee" || name == "root"; }};
    ExceptionFixture fixture;
    ExceptionDocument document = document_at(Stage::Granted);
    GetParam().change(document);
    const auto taken = fixture.approval().import(kPark, known, document);
    if (*GetParam().refusal != '\0') {
        EXPECT_THAT(refusal(taken), HasSubstr(GetParam().refusal));
        EXPECT_THAT(refusal(taken), HasSubstr("exception dns1-17: "));
        return;
    }
    ASSERT_TRUE(taken.ok()) << taken.error().text;
    EXPECT_EQ(taken->stage, GetParam().stage);
    const bool waits = taken->stage == Stage::Unconfirmed || taken->stage == Stage::Asked;
    EXPECT_EQ(taken->brought_by, waits ? "park" : "");
    EXPECT_EQ(taken->agreed_by.empty(), waits);
}

INSTANTIATE_TEST_SUITE_P(Table, ImportTest, testing::ValuesIn(kImports),
                         [](const auto& row) { return row.param.name; });

TEST(ExceptionApprovals, AnImportedOneWaitsForAPersonWhoDidNotBringIt) {
    ExceptionFixture fixture;
    ExceptionDocument unconfirmed = document_at(Stage::Unconfirmed);
    unconfirmed.agreed_by.clear();
    unconfirmed.brought_by = "park";
    EXPECT_THAT(refusal(fixture.approval().approve(kPark, unconfirmed)), HasSubstr("park imported dns1-17"));
    fixture.limits.approvals = 3;
    const auto granted = fixture.approval().approve(kLee, unconfirmed);
    ASSERT_TRUE(granted.ok()) << granted.error().text;
    EXPECT_EQ(granted->stage, Stage::Granted) << "one person confirms it, however many a new one takes";
    EXPECT_EQ(granted->granted_at, unconfirmed.granted_at);
    EXPECT_EQ(granted->ends, unconfirmed.ends);
}

TEST(ExceptionApprovals, ARestoredOneIsConfirmedByAPersonWhoDidNotApproveBefore) {
    ExceptionFixture fixture;
    std::vector<state::Rule> rules{to_rule(document_at(Stage::Granted))};
    unconfirm_exceptions(rules);
    const auto restored = read_exception(rules.front());
    ASSERT_TRUE(restored.ok());
    EXPECT_THAT(refusal(fixture.approval().approve(kLee, *restored)),
                HasSubstr("lee approved dns1-17 before; another person has to approve it"));
    EXPECT_EQ(fixture.approval().approve(kPark, *restored).value().stage, Stage::Granted);
    fixture.now = kNow + 2 * kHour;
    EXPECT_THAT(refusal(fixture.approval().approve(kPark, *restored)), HasSubstr("would have ended"))
        << "what has ended stays ended";
}

}  // namespace
}  // namespace cenote::rules
