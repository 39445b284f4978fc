// SPDX-License-Identifier: Apache-2.0
//
// The address rules of a set: what was added comes back, in a file of either format version, and a deceiving section is
// refused.
#include "resolver/domainset/address_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "resolver/domainset/delta.h"
#include "tests/domainset/naive_set.h"
#include "tests/domainset/sign_again.h"
#include "tests/domainset/small_set.h"
#include "tests/domainset/version1.h"

namespace cenote::domainset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kRuleBytes = 23;  // use, sinkholes, length, 16 octets, tag
constexpr std::size_t kUseAt = 0, kSinkholesAt = 1, kLengthAt = 2, kOctetsAt = 3, kTagAt = 19;

Prefix prefix(std::string_view text) {
    const auto parsed = Prefix::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Prefix());
}

std::vector<std::string> texts(const DomainSet& set, AddressUse use) {
    std::vector<std::string> all;
    for (const AddressRule& rule : set.addresses(use))
        all.push_back(fmt::format("{} {} {}", set.sources()[set.tags()[rule.tag].source].id, rule.prefix.to_string(),
                                  rule.sinkholes ? "sinkholed" : "open"));
    return all;
}

using AddRule = std::function<void(AddressUse, const Prefix&, const Tag&, bool)>;

/// Two lists with a name each, and address rules in no order.
void add_content(DomainSetWriter& writer, const AddRule& add) {
    const Tag zone{writer.add_source(source("zone")), Role::Web, false};
    const Tag other{writer.add_source(source("other")), Role::Web, false};
    writer.add(name("listed.example"), zone, MatchKind::Suffix);
    writer.add(name("also.example"), other, MatchKind::Exact);
    add(AddressUse::Client, prefix("2001:db8::/48"), other, true);
    add(AddressUse::Response, prefix("192.0.2.7/32"), zone, false);
    add(AddressUse::Response, prefix("192.0.2.0/24"), other, true);
    add(AddressUse::Response, prefix("192.0.2.0/24"), zone, true);
    add(AddressUse::Response, prefix("::/0"), zone, false);
    add(AddressUse::Client, prefix("0.0.0.0/0"), zone, false);
}

const auto kResponses = ElementsAre("zone ::/0 open", "zone 192.0.2.0/24 sinkholed", "other 192.0.2.0/24 sinkholed",
                                    "zone 192.0.2.7/32 open");
const auto kClients = ElementsAre("zone 0.0.0.0/0 open", "other 2001:db8::/48 sinkholed");

std::vector<std::uint8_t> file_with_rules() {
    DomainSetWriter writer(kBuiltAt, 7);
    add_content(writer, [&](auto... rule) { writer.add_address(rule...); });
    return *writer.finish();
}

std::vector<std::uint8_t> version1_file_with_rules() {
    DomainSetWriter writer(kBuiltAt, 7);
    add_content(writer, [&](auto... rule) { add_version1_rule(writer, rule...); });
    return as_version1(*writer.finish());
}

std::size_t count_names(const DomainSet& set) {
    std::size_t names = 0;
    set.for_each([&](const Entry& entry) {
        ++names;
        EXPECT_FALSE(entry.name.is_below_or_equal(name("invalid"))) << entry.name.to_string();
    });
    return names;
}

TEST(AddressRules, ComeBackInOrder) {
    const auto set = DomainSet::from_bytes(file_with_rules());
    ASSERT_TRUE(set.ok()) << set.error().text;
    EXPECT_THAT(texts(*set, AddressUse::Response), kResponses);
    EXPECT_THAT(texts(*set, AddressUse::Client), kClients);
    EXPECT_EQ(set->info().domains, 2U);
    EXPECT_EQ(count_names(*set), 2U);
    EXPECT_EQ(set->sources()[0].entries, 2U) << "a name and a rule that sinkholes";
    EXPECT_EQ(set->sources()[1].entries, 3U);
}

TEST(AddressRules, ASetWithoutAnyHasNone) {
    DomainSetWriter writer(kBuiltAt, 7);
    writer.add(name("listed.example"), {writer.add_source(source("zone")), Role::Web, false}, MatchKind::Suffix);
    const auto set = finish(writer);
    EXPECT_THAT(set.addresses(AddressUse::Response), IsEmpty());
    EXPECT_THAT(set.addresses(AddressUse::Client), IsEmpty());
}

TEST(AddressRules, OnePrefixHasOneRuleOfAListAndItSinkholes) {
    DomainSetWriter writer(kBuiltAt, 7);
    const Tag zone{writer.add_source(source("zone")), Role::Web, false};
    for (const bool sinkholes : {false, true, false, true})
        writer.add_address(AddressUse::Client, prefix("192.0.2.0/24"), zone, sinkholes);
    EXPECT_THAT(texts(finish(writer), AddressUse::Client), ElementsAre("zone 192.0.2.0/24 sinkholed"));
}

TEST(AddressRules, AnyOrderOfAdditionsGivesTheSameBytes) {
    const auto build = [](bool backwards) {
        DomainSetWriter writer(kBuiltAt, 7);
        const std::uint32_t zone = writer.add_source(source("zone"));
        std::vector<std::pair<Prefix, Tag>> rules;
        for (const char* text : {"10.1.0.0/16", "10.2.0.0/16", "192.0.2.0/24"})
            for (const Role role : {Role::Web, Role::Api}) rules.emplace_back(prefix(text), Tag{zone, role, false});
        if (backwards) std::reverse(rules.begin(), rules.end());
        for (const auto& [each, tag] : rules) writer.add_address(AddressUse::Response, each, tag, true);
        return *writer.finish();
    };
    EXPECT_EQ(build(false), build(true));
}

/// One rule of a section in place of another, or a field of it changed.
TEST(AddressRules, ADeceivingSectionIsRefused) {
    const auto good = file_with_rules();
    const std::size_t section = format::decode_header(good).section(format::Section::Addresses).offset;
    const std::size_t rules = section + 4;
    const auto refused = [&](const std::function<void(std::vector<std::uint8_t>&)>& change) {
        auto bad = good;
        change(bad);
        sign_again(bad);
        const auto set = DomainSet::from_bytes(std::move(bad));
        EXPECT_FALSE(set.ok());
        return set.ok() ? std::string() : set.error().text;
    };
    const auto set_octet = [&](std::size_t rule, std::size_t at, std::uint8_t value) {
        return [=](std::vector<std::uint8_t>& file) { file[rules + rule * kRuleBytes + at] = value; };
    };
    const auto copy_rule = [&](std::size_t from, std::size_t to) {
        return [=](std::vector<std::uint8_t>& file) {
            std::copy_n(&file[rules + from * kRuleBytes], kRuleBytes, &file[rules + to * kRuleBytes]);
        };
    };
    EXPECT_THAT(refused(set_octet(0, kUseAt, 2)), HasSubstr("contradict"));
    refused(set_octet(5, kUseAt, 0xff));
    refused(set_octet(0, kSinkholesAt, 2));
    refused(set_octet(5, kLengthAt, 129));
    refused(set_octet(1, kOctetsAt + 15, 1));  // below a /24
    refused(set_octet(0, kOctetsAt, 0x20));    // below a /0
    refused(set_octet(5, kTagAt + 3, 2));      // there are tags 0 and 1
    refused(set_octet(5, kTagAt, 0x80));
    refused(copy_rule(0, 1));  // the same twice
    refused(copy_rule(2, 1));
    refused(copy_rule(5, 0));  // a client rule before those of answers
    refused(copy_rule(1, 5));  // and one of answers behind
    refused([&](std::vector<std::uint8_t>& file) {
        std::swap_ranges(&file[rules], &file[rules] + kRuleBytes, &file[rules + kRuleBytes]);
    });
    for (const std::uint32_t count : {0U, 2U, 7U, 0x10000U, 0xffffffffU})
        refused([&](std::vector<std::uint8_t>& file) { store_u32(&file[section], count); });

    auto same = good;
    sign_again(same);
    EXPECT_EQ(same, good) << "only the change is refused";
}

TEST(AddressRules, ASectionThatIsCutShortIsRefused) {
    const auto good = file_with_rules();
    auto header = format::decode_header(good);
    auto& section = header.section(format::Section::Addresses);
    for (const std::size_t size : {std::size_t{0}, std::size_t{64}, section.size - 64}) {
        auto bad = good;
        bad.resize(section.offset + size);
        auto other = header;
        other.section(format::Section::Addresses).size = size;
        const auto bytes = format::encode(other);
        std::copy(bytes.begin(), bytes.end(), bad.begin());
        sign_again(bad);
        EXPECT_FALSE(DomainSet::from_bytes(std::move(bad)).ok()) << size;
    }
}

TEST(AddressRules, OfFormatVersion1AreKept) {
    const auto set = DomainSet::from_bytes(version1_file_with_rules());
    ASSERT_TRUE(set.ok()) << set.error().text;
    EXPECT_EQ(set->info().version, 1U);
    EXPECT_THAT(texts(*set, AddressUse::Response), kResponses);
    EXPECT_THAT(texts(*set, AddressUse::Client), kClients);
    EXPECT_EQ(set->info().domains, 2U);
    EXPECT_EQ(count_names(*set), 2U) << "the rules are no names";
    EXPECT_EQ(tags_at(*set, name("x.listed.example")), (std::set<Tag>{{0, Role::Web, false}}));
}

TEST(AddressRules, OfFormatVersion1AreReadFromADeceivingFileToo) {
    const auto good = version1_file_with_rules();
    ASSERT_TRUE(DomainSet::from_bytes(good).ok());
    std::size_t taken = 0;
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const int change : {0x01, 0x80, 0xff}) {
            auto bad = good;
            bad[at] = static_cast<std::uint8_t>(bad[at] ^ change);
            sign_again(bad);
            const auto set = DomainSet::from_bytes(std::move(bad));
            if (!set.ok()) continue;
            ++taken;
            for (const AddressUse use : {AddressUse::Response, AddressUse::Client})
                for (const AddressRule& rule : set->addresses(use)) EXPECT_LT(rule.tag, set->tags().size());
            std::size_t names = 0;
            set->for_each([&](const Entry&) { ++names; });
            EXPECT_EQ(names, set->info().domains);
        }
    EXPECT_GT(taken, 0U);
}

/// 1100 lists cover 1000 prefixes, from two entries each.
TEST(AddressRules, OfFormatVersion1DoNotMultiply) {
    DomainSetWriter writer(kBuiltAt, 7);
    for (int i = 0; i < 1100; ++i)
        writer.add(name("response.cenote.invalid"), {writer.add_source(source("list")), Role::Web, false},
                   MatchKind::Suffix);
    const Tag zone{writer.add_source(source("zone")), Role::Web, false};
    for (int i = 0; i < 1000; ++i)
        add_version1_rule(writer, AddressUse::Response, prefix(fmt::format("10.{}.{}.0/24", i / 200, i % 200)), zone,
                          true);
    const auto set = DomainSet::from_bytes(as_version1(*writer.finish()));
    ASSERT_FALSE(set.ok());
    EXPECT_THAT(set.error().text, HasSubstr("contradicts itself"));
}

TEST(AddressRules, OfFormatVersion1NeedTheNameThatMarksThem) {
    DomainSetWriter writer(kBuiltAt, 7);
    const Tag zone{writer.add_source(source("zone")), Role::Web, false};
    writer.add(name("www.cenote.invalid"), zone, MatchKind::Suffix);
    writer.add(name("00000000000000000000ffffc0000200.120.other.cenote.invalid"), zone, MatchKind::Exact);
    const auto set = DomainSet::from_bytes(as_version1(*writer.finish()));
    ASSERT_TRUE(set.ok()) << set.error().text;
    EXPECT_THAT(set->addresses(AddressUse::Response), IsEmpty());
    EXPECT_EQ(set->info().domains, 2U);
}

TEST(AddressRules, ANameOfThePresentVersionIsNoRule) {
    DomainSetWriter writer(kBuiltAt, 7);
    const Tag zone{writer.add_source(source("zone")), Role::Web, false};
    add_version1_rule(writer, AddressUse::Response, prefix("0.0.0.0/0"), zone, true);
    const auto set = finish(writer);
    EXPECT_THAT(set.addresses(AddressUse::Response), IsEmpty());
    EXPECT_EQ(set.info().domains, 2U);
}

std::vector<std::uint8_t> delta_of(const DomainSet& set) {
    DeltaWriter writer(set);
    writer.put(name("new.example"), {0}, {0}, {});
    return *writer.finish(set.sources(), kBuiltAt);
}

TEST(AddressRules, ADeltaLeavesThemAsTheyAre) {
    const auto set = DomainSet::from_bytes(file_with_rules()).value();
    ASSERT_TRUE(DeltaWriter::fits(set));
    const auto changed = set.with_delta(delta_of(set));
    ASSERT_TRUE(changed.ok()) << changed.error().text;
    EXPECT_TRUE(changed->match(name("new.example")));
    EXPECT_THAT(texts(*changed, AddressUse::Response), kResponses);
    EXPECT_THAT(texts(*changed, AddressUse::Client), kClients);
    EXPECT_EQ(changed->info().domains, 3U);
}

TEST(AddressRules, ADeltaThatHasSomeIsRefused) {
    const auto set = DomainSet::from_bytes(file_with_rules()).value();
    auto delta = delta_of(set);
    auto header = format::decode_header(delta);
    auto& section = header.section(format::Section::Addresses);
    const auto rules = format::encode(std::vector<AddressRule>{{AddressUse::Client, prefix("10.0.0.0/8"), 0, true}});
    std::copy(rules.begin(), rules.end(), delta.begin() + static_cast<std::ptrdiff_t>(section.offset));
    sign_again(delta);
    const auto refused = set.with_delta(std::move(delta));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("contradict"));
}

/// What an earlier program wrote is used together, until the set is compiled again.
TEST(AddressRules, OfFormatVersion1StandBesideADeltaOfTheSameVersion) {
    const auto written = DomainSet::from_bytes(file_with_rules()).value();
    const auto set = DomainSet::from_bytes(version1_file_with_rules()).value();
    EXPECT_FALSE(DeltaWriter::fits(set));
    auto delta = delta_of(written);
    auto header = format::decode_header(delta);
    header.delta_of = set.info().checksum;
    const auto bytes = format::encode(header);
    std::copy(bytes.begin(), bytes.end(), delta.begin());
    EXPECT_FALSE(set.with_delta(delta).ok()) << "it has the version of another program";
    const auto changed = set.with_delta(as_version1(delta));
    ASSERT_TRUE(changed.ok()) << changed.error().text;
    EXPECT_TRUE(changed->match(name("new.example")));
    EXPECT_THAT(texts(*changed, AddressUse::Client), kClients);
    EXPECT_EQ(changed->info().domains, 3U);
    EXPECT_EQ(count_names(*changed), 3U);
}

}  // namespace
}  // namespace cenote::domainset
