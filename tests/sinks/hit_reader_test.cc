// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/hit_reader.h"

#include <gtest/gtest.h>

#include <future>

#include "resolver/wire/name.h"

namespace cenote::sinks {
namespace {

using telemetry::KeyKind;

struct Kept : HitSink {
    void take(const HitRecord& record) override { records.push_back(record); }
    void end_round(WallTime) override { ++rounds; }

    [[nodiscard]] Scope scope() const noexcept override { return what; }

    std::vector<HitRecord> records;
    int rounds = 0;
    Scope what = Scope::Directives;
};

class HitReaderTest : public testing::Test {
protected:
    HitReaderTest() {
        event_.directive_key = keys_.intern(KeyKind::Directive, "2026-014");
        event_.service_key = keys_.intern(KeyKind::Service, "deepseek");
        event_.group_key = keys_.intern(KeyKind::Group, "staff");
        event_.verdict = telemetry::QueryVerdict::Restrict;
        event_.source = telemetry::Source::Sinkhole;
        event_.client = IpAddress::v4({192, 0, 2, 7});
        event_.name = name_.wire();
        event_.role = 3;
        event_.at = ticks_now();
    }

    const wire::Name name_ = wire::Name::parse("chat.deepseek.com").value();
    telemetry::QueryEvent event_;
    telemetry::Keys keys_;
    telemetry::Hub hub_;
    telemetry::Recorder& worker_ = hub_.add_recorder();
    HitReader reader_{hub_, keys_};
    std::shared_ptr<Kept> sink_ = std::make_shared<Kept>();
};

TEST_F(HitReaderTest, ARecordHasIdsTheNameAndTheTime) {
    reader_.set_sinks({sink_}, 1);
    reader_.set_policy_version(17);
    const auto before = std::chrono::system_clock::now();
    worker_.record(event_);
    reader_.flush();
    ASSERT_EQ(sink_->records.size(), 1U);
    const HitRecord& record = sink_->records[0];
    EXPECT_EQ(record.name, "chat.deepseek.com");
    EXPECT_EQ(record.directive, "2026-014");
    EXPECT_EQ(record.service, "deepseek");
    EXPECT_EQ(record.group, "staff");
    EXPECT_EQ(record.exception, "");
    EXPECT_EQ(role_to_text(record.hit.role), "api");
    EXPECT_EQ(record.policy_version, 17U);
    EXPECT_LT(std::chrono::abs(record.at - before), seconds(60));
    EXPECT_EQ(record.client, "") << "by default nothing of the client is kept";
}

TEST_F(HitReaderTest, AClientIsNamedOnlyIfItsHitShowsIt) {
    reader_.set_sinks({sink_}, 1);
    reader_.set_client_name(
        [](const IpAddress& client, telemetry::IdentityLevel, WallTime) { return "p-" + client.to_string(); });
    worker_.record(event_);
    event_.identity = telemetry::IdentityLevel::Pseudonym;
    worker_.record(event_);
    reader_.flush();
    ASSERT_EQ(sink_->records.size(), 2U);
    EXPECT_EQ(sink_->records[0].client, "");
    EXPECT_EQ(sink_->records[1].client, "p-192.0.2.7");
    EXPECT_EQ(sink_->records[1].hit.client, IpAddress()) << "a sink gets the name only";
}

TEST_F(HitReaderTest, AnIdentityIsNamedBesideAnAddressAlone) {
    using telemetry::IdentityLevel;
    reader_.set_sinks({sink_}, 1);
    reader_.set_client_name([](const IpAddress&, IdentityLevel, WallTime) { return std::string("a client"); });
    const telemetry::Key lab = keys_.intern(KeyKind::Identity, "certificate lab");
    for (const IdentityLevel level : {IdentityLevel::None, IdentityLevel::Pseudonym, IdentityLevel::Address}) {
        event_.identity = level;
        worker_.record(event_, lab);
    }
    worker_.record(event_);
    reader_.set_client_name(nullptr);
    worker_.record(event_, lab);
    reader_.flush();
    std::vector<std::string> identities;
    for (const HitRecord& record : sink_->records) identities.push_back(record.identity);
    EXPECT_EQ(identities, (std::vector<std::string>{"", "", "certificate lab", "", ""}));
    EXPECT_EQ(hub_.collect().get(telemetry::Counter::Restricted), 5U) << "and each is counted like any other";
}

TEST_F(HitReaderTest, EachSinkGetsWhatItsScopeHas) {
    const auto all = std::make_shared<Kept>();
    all->what = Scope::All;
    const auto name_client = [](const IpAddress& client, telemetry::IdentityLevel, WallTime) {
        return client.to_string();
    };
    reader_.set_client_name(name_client);
    reader_.set_sinks({sink_, all}, 1);
    worker_.record(event_);
    event_.directive_key = telemetry::kKeyNone;
    event_.identity = telemetry::IdentityLevel::Address;
    worker_.record(event_);
    reader_.flush();
    EXPECT_EQ(sink_->records.size(), 1U);
    ASSERT_EQ(all->records.size(), 2U);
    EXPECT_EQ(all->records[1].client, "") << "what no directive covers never has a client";
    reader_.set_sinks({sink_}, 1);
    worker_.record(event_);
    reader_.flush();
    EXPECT_EQ(hub_.collect().get(telemetry::Counter::HitsLost), 0U);
    EXPECT_EQ(all->records.size(), 2U);
    EXPECT_EQ(sink_->records.size(), 1U);
}

TEST_F(HitReaderTest, WithoutSinksNoHitIsMade) {
    worker_.record(event_);
    reader_.set_sinks({sink_}, 1);
    reader_.flush();
    EXPECT_TRUE(sink_->records.empty());
    worker_.record(event_);
    reader_.set_sinks({}, 0);
    EXPECT_EQ(sink_->records.size(), 1U) << "what was recorded before the change belongs to the sink";
    worker_.record(event_);
    reader_.flush();
    EXPECT_EQ(sink_->records.size(), 1U);
}

TEST_F(HitReaderTest, TheThreadHandsHitsOverByItself) {
    struct Notified : HitSink {
        void take(const HitRecord&) override { taken.set_value(); }
        void end_round(WallTime) override {}
        std::promise<void> taken;
    };
    auto sink = std::make_shared<Notified>();
    reader_.set_sinks({sink}, 1);
    worker_.record(event_);
    sink->taken.get_future().wait();
    reader_.set_sinks({}, 0);
}

TEST(RoleText, HasAWordForEachRole) {
    EXPECT_EQ(role_to_text(0), "");
    EXPECT_EQ(role_to_text(1), "web");
    EXPECT_EQ(role_to_text(7), "telemetry");
    EXPECT_EQ(role_to_text(8), "");
}

}  // namespace
}  // namespace cenote::sinks
