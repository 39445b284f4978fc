// SPDX-License-Identifier: Apache-2.0
//
// A set with a delta against the set that is compiled from the same lists.
#include "blocklists/increment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "blocklists/compile.h"
#include "tests/blocklists/lists.h"
#include "tests/domainset/version1.h"
#include "tests/support/temporary_folder.h"

namespace cenote::blocklists {
namespace {

using domainset::DomainSet;
using Lines = std::set<std::string>;

std::string text_of(const Lines& lines) {
    std::string records;
    for (const std::string& line : lines) records += line + "\n";
    return policy_zone(records);
}

std::vector<Rule> rules_of(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    std::vector<Rule> rules;
    Reading reading({}, [&](const Rule& rule, std::uint32_t) { rules.push_back(rule); });
    EXPECT_TRUE(read_list(text, Format::Rpz, reading).ok());
    return rules;
}

/// The whole content of a set, as text.
std::map<std::string, std::string> contents(const DomainSet& set) {
    std::map<std::string, std::string> all;
    const auto tags = [&](domainset::SourceSetId id) {
        std::string text;
        for (const std::uint32_t tag : set.source_set(id)) text += set.sources()[set.tags()[tag].source].id + " ";
        return text;
    };
    set.for_each([&](const domainset::Entry& entry) {
        const bool fresh = all.emplace(entry.name.to_string(),
                                       tags(entry.own) + "/ " + (entry.below ? tags(*entry.below) : "inherits"))
                               .second;
        EXPECT_TRUE(fresh) << entry.name.to_string() << " comes twice";
    });
    return all;
}

class Increments : public ::testing::Test {
protected:
    Increments() {
        manifest_.seed = 7;
        for (const char* id : {"zone", "other"}) {
            const Path path = folder_ / id;
            manifest_.lists.push_back({.id = id, .path = path, .format = Format::Rpz});
        }
        other_ = {"b.a CNAME .", "*.b.a CNAME .", "c.b.a CNAME rpz-passthru.", "*.d CNAME .", "x.y.d CNAME ."};
    }

    DomainSet compile(const Lines& zone) {
        write_file(folder_ / "zone", text_of(zone));
        write_file(folder_ / "other", text_of(other_));
        Diagnostics diagnostics;
        auto compiled = compile_in_memory(manifest_, diagnostics);
        EXPECT_TRUE(compiled.ok());
        return std::move(*DomainSet::from_bytes(std::move(compiled->bytes)));
    }

    static Sha256Digest digest_of(const Lines& zone) {
        const std::string text = text_of(zone);
        return sha256(ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    }

    /// nullopt: all must be compiled.
    std::optional<DomainSet> change(const DomainSet& set, const Lines& before, const Lines& now) {
        Increment of{.list = "zone", .before = digest_of(before), .now = digest_of(now)};
        Lines removed, added;
        std::set_difference(before.begin(), before.end(), now.begin(), now.end(),
                            std::inserter(removed, removed.end()));
        std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::inserter(added, added.end()));
        of.removed = rules_of(removed);
        of.added = rules_of(added);
        of.around = [rules = rules_of(now)](const std::vector<wire::Name>& names) {
            std::vector<Rule> near;
            for (const Rule& rule : rules)
                if (rule.trigger == Rule::Trigger::Name &&
                    std::any_of(names.begin(), names.end(), [&rule](const wire::Name& each) {
                        return rule.name.is_below_or_equal(each) || each.is_below_or_equal(rule.name);
                    }))
                    near.push_back(rule);
            return near;
        };
        const auto acceptance = Acceptance::of(manifest_, {});
        EXPECT_TRUE(acceptance.ok());
        auto bytes = increment(set, of, *acceptance, WallTime{});
        EXPECT_TRUE(bytes.ok());
        if (!bytes || !*bytes) return std::nullopt;
        auto changed = set.with_delta(std::move(**bytes));
        EXPECT_TRUE(changed.ok()) << changed.error().text;
        return std::move(*changed);
    }

    testing_support::TemporaryFolder folder_;
    Manifest manifest_;
    Lines other_;
};

TEST_F(Increments, EqualACompilation) {
    std::mt19937 random(20261127);
    const auto pick = [&](std::size_t of) { return random() % of; };
    const auto any_name = [&] {
        std::string text;
        for (std::size_t labels = 1 + pick(4); labels > 0; --labels)
            text += std::string(1, "abcdxy"[pick(6)]) + (labels > 1 ? "." : "");
        return text;
    };
    const auto any_line = [&] {
        return (pick(2) == 0 ? "*." : "") + any_name() + (pick(4) == 0 ? " CNAME rpz-passthru." : " CNAME .");
    };
    for (int round = 0; round < 40; ++round) {
        Lines zone{"kept.example CNAME ."};
        for (int i = 0; i < 12; ++i) zone.insert(any_line());
        if (round % 2 == 1) other_.insert(any_line());
        DomainSet set = compile(zone);
        for (int step = 0; step < 8; ++step) {
            Lines next = zone;
            for (std::size_t i = 1 + pick(3); i > 0; --i) {
                if (pick(2) == 0 && next.size() > 1)
                    next.erase(std::next(next.begin(), static_cast<std::ptrdiff_t>(pick(next.size() - 1))));
                else
                    next.insert(any_line());
            }
            next.insert("kept.example CNAME .");
            auto changed = change(set, zone, next);
            ASSERT_TRUE(changed) << round << " " << step;
            const DomainSet whole = compile(next);
            ASSERT_EQ(contents(*changed), contents(whole)) << text_of(zone) << text_of(next);
            ASSERT_EQ(changed->info().domains, whole.info().domains);
            ASSERT_EQ(changed->has_exceptions(), whole.has_exceptions());
            for (std::size_t i = 0; i < whole.sources().size(); ++i) {
                ASSERT_EQ(changed->sources()[i].entries, whole.sources()[i].entries);
                ASSERT_EQ(changed->sources()[i].digest, whole.sources()[i].digest);
            }
            for (int i = 0; i < 200; ++i) {
                const wire::Name asked = name(any_name());
                const auto hit = changed->match(asked);
                const auto same = whole.match(asked);
                ASSERT_EQ(hit.has_value(), same.has_value()) << asked.to_string();
                if (!hit) continue;
                ASSERT_EQ(hit->labels, same->labels) << asked.to_string();
                ASSERT_EQ(hit->exact, same->exact) << asked.to_string();
                ASSERT_EQ(changed->source_set(hit->tags), whole.source_set(same->tags)) << asked.to_string();
            }
            if (next == zone) continue;
            ASSERT_NE(changed->info().checksum, set.info().checksum);
            set = std::move(*changed);
            zone = next;
        }
    }
}

TEST_F(Increments, AreCompiledWhereAcceptanceDecides) {
    manifest_.protect.push_back(name("go.kr"));
    manifest_.popular_names = {name("www.famous.example")};
    const Lines zone{"bad.example CNAME .", "*.bad.example CNAME ."};
    const DomainSet set = compile(zone);
    const auto with = [&](const std::string& line) {
        Lines next = zone;
        next.insert(line);
        return change(set, zone, next).has_value();
    };
    EXPECT_TRUE(with("new.example CNAME ."));
    EXPECT_FALSE(with("x.go.kr CNAME ."));
    EXPECT_FALSE(with("co.kr CNAME ."));
    EXPECT_FALSE(with("*.famous.example CNAME ."));
    EXPECT_TRUE(with("other.famous.example CNAME ."));
    EXPECT_FALSE(with("32.1.2.0.192.rpz-ip CNAME ."));
    EXPECT_FALSE(with("24.0.2.0.192.rpz-client-ip CNAME ."));
    Lines many = zone;
    for (int i = 0; i < 20; ++i) many.insert("n" + std::to_string(i) + ".example CNAME .");
    EXPECT_FALSE(change(set, zone, many)) << "as many as AcceptanceLimits::change_min";
    many.erase("n0.example CNAME .");
    EXPECT_TRUE(change(set, zone, many));
}

/// Address rules are compiled; a change of names leaves them as they are.
TEST_F(Increments, KeepTheAddressRulesOfTheSet) {
    const Lines zone{"bad.example CNAME .", "24.0.2.0.192.rpz-ip CNAME .", "24.0.2.0.192.rpz-client-ip CNAME ."};
    Lines next = zone;
    next.insert("*.response.cenote.invalid CNAME .");
    const auto changed = change(compile(zone), zone, next);
    ASSERT_TRUE(changed);
    const DomainSet whole = compile(next);
    EXPECT_EQ(contents(*changed), contents(whole));
    for (const auto use : {domainset::AddressUse::Response, domainset::AddressUse::Client}) {
        EXPECT_EQ(changed->addresses(use).size(), 1U);
        EXPECT_EQ(changed->addresses(use).front(), whole.addresses(use).front());
    }
    EXPECT_EQ(changed->sources()[0].entries, whole.sources()[0].entries);
}

/// The compilation that follows gives a set of the present version.
TEST_F(Increments, DoNotFitASetOfFormatVersion1) {
    const Lines zone{"bad.example CNAME ."};
    const Lines later{"bad.example CNAME .", "worse.example CNAME ."};
    const DomainSet set = compile(zone);
    Diagnostics diagnostics;
    const auto bytes = compile_in_memory(manifest_, diagnostics).value().bytes;
    EXPECT_TRUE(change(set, zone, later));
    EXPECT_FALSE(change(DomainSet::from_bytes(domainset::as_version1(bytes)).value(), zone, later));
}

TEST_F(Increments, FitOnlyTheTextThatTheSetWasCompiledFrom) {
    const Lines zone{"bad.example CNAME ."};
    const Lines later{"bad.example CNAME .", "worse.example CNAME ."};
    const DomainSet set = compile(zone);
    EXPECT_TRUE(change(set, zone, later));
    EXPECT_FALSE(change(compile(later), zone, later));
    EXPECT_FALSE(change(compile({"192.0.2.1.other CNAME ."}), {}, later));
}

}  // namespace
}  // namespace cenote::blocklists
