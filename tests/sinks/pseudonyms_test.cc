// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/pseudonyms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "resolver/base/time_text.h"
#include "tests/support/temporary_folder.h"

namespace cenote::sinks {
namespace {

using ::testing::MatchesRegex;

const WallTime kNow = parse_time("2026-11-30T09:00:00Z").value();
constexpr seconds kWeek{7 * 86400};

class PseudonymsTest : public testing::Test {
protected:
    std::unique_ptr<Pseudonyms> open() const { return Pseudonyms::open(file_, kWeek).value(); }

    testing_support::TemporaryFolder folder_;
    const Path file_ = folder_ / "pseudonym.keys";
    const IpAddress one_ = IpAddress::parse("192.0.2.1").value();
    const IpAddress two_ = IpAddress::parse("2001:db8::2").value();
};

TEST_F(PseudonymsTest, TheAddressBehindANameIsAmongTheCandidatesOrNotFound) {
    const std::atomic<bool> goes_on{false};
    const auto names = open();
    const std::string of_one = names->name(one_, kNow);
    const std::string of_two = names->name(two_, kNow + kWeek);
    EXPECT_EQ(names->names(one_).size(), 2U) << "a name under each key";
    EXPECT_EQ(names->names(one_).front(), of_one);
    const Candidates subnet{
        .addresses = {}, .prefixes = {Prefix::parse("2001:db8::/32").value(), Prefix::parse("192.0.2.0/24").value()}};
    const auto found = names->find(of_one, subnet, goes_on);
    EXPECT_EQ(found.client, one_);
    EXPECT_EQ(found.tried, 2U) << "from the first address on";
    const auto none = names->find(of_two, subnet, goes_on);
    EXPECT_EQ(none.client, std::nullopt) << "the addresses of an IPv6 prefix are too many to try";
    EXPECT_EQ(none.tried, 256U);
    EXPECT_EQ(none.keys, 2U);
    EXPECT_EQ(names->find(of_two, {.addresses = {two_}, .prefixes = {}}, goes_on).client, two_);
    ASSERT_TRUE(names->destroy_before(kNow + 3 * kWeek).ok());
    EXPECT_EQ(names->find(of_one, subnet, goes_on).client, std::nullopt) << "its key is destroyed";
}

TEST_F(PseudonymsTest, AClientHasOneNameInAnEpochAndAnotherInTheNext) {
    const auto names = open();
    const std::string name = names->name(one_, kNow);
    EXPECT_THAT(name, MatchesRegex("p-[a-z2-7]{16}"));
    EXPECT_EQ(names->name(one_, kNow + seconds(60)), name);
    EXPECT_NE(names->name(two_, kNow), name);
    EXPECT_NE(names->name(one_, kNow + kWeek), name);
    EXPECT_EQ(names->name(one_, kNow), name) << "an earlier epoch keeps its key";
}

TEST_F(PseudonymsTest, ANameSurvivesTheProcessAndItsKeyIsForItsOwnerOnly) {
    const std::string name = open()->name(one_, kNow);
    EXPECT_EQ(open()->name(one_, kNow), name);
    struct stat there {};
    ASSERT_EQ(::stat(file_.c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 0777, 0600U);
}

TEST_F(PseudonymsTest, TwoNodesGiveOneClientTwoNames) {
    const auto other = Pseudonyms::open(folder_ / "other.keys", kWeek).value();
    EXPECT_NE(open()->name(one_, kNow), other->name(one_, kNow));
}

TEST_F(PseudonymsTest, ADestroyedKeyIsGone) {
    const auto names = open();
    const std::string name = names->name(one_, kNow);
    ASSERT_TRUE(names->destroy_before(kNow).ok());
    EXPECT_EQ(names->name(one_, kNow), name) << "its epoch has not ended";
    ASSERT_TRUE(names->destroy_before(kNow + 2 * kWeek).ok());
    std::ifstream in(file_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "");
    EXPECT_NE(names->name(one_, kNow), name);
}

TEST_F(PseudonymsTest, AShorterRotationBeginsWithinTheEpochsThatAreThere) {
    const auto names = open();
    const std::string name = names->name(one_, kNow);
    names->set_rotation(seconds(3600));
    EXPECT_EQ(names->name(one_, kNow + seconds(1)), name);
    const WallTime later = kNow + kWeek;
    EXPECT_NE(names->name(one_, later), names->name(one_, later + seconds(3600)));
}

TEST_F(PseudonymsTest, ADamagedFileIsRefused) {
    for (const char* text : {"0 1 xyz\n", "5 1 00\n", "hello\n"}) {
        std::ofstream(file_) << text;
        EXPECT_FALSE(Pseudonyms::open(file_, kWeek).ok()) << text;
    }
}

TEST_F(PseudonymsTest, WithoutAPlaceForTheKeyThereIsNoName) {
    const auto names = Pseudonyms::open("/nonexistent/keys", kWeek).value();
    EXPECT_EQ(names->problem(), "");
    EXPECT_EQ(names->name(one_, kNow), "");
    EXPECT_NE(names->problem().find("/nonexistent"), std::string::npos) << names->problem();
}

TEST_F(PseudonymsTest, AKeyThatCouldBeStoredEndsTheProblem) {
    const auto names = Pseudonyms::open(folder_ / "keys" / "file", kWeek);
    ASSERT_TRUE(names.ok());
    EXPECT_EQ((*names)->name(one_, kNow), "");
    EXPECT_NE((*names)->problem(), "");
    std::filesystem::create_directory(folder_ / "keys");
    EXPECT_NE((*names)->name(one_, kNow), "");
    EXPECT_EQ((*names)->problem(), "");
}

}  // namespace
}  // namespace cenote::sinks
