// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/telemetry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "resolver/telemetry/combinations.h"
#include "resolver/wire/name.h"

namespace cenote::telemetry {
namespace {

QueryEvent event_of(QueryVerdict verdict, Source source) {
    QueryEvent event;
    event.at = Ticks{} + seconds{100};
    event.verdict = verdict;
    event.source = source;
    event.client = IpAddress::v4({192, 0, 2, 1});
    return event;
}

TEST(TelemetryTest, QueriesAreThoseOfEveryTransport) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    for (const auto transport :
         {QueryTransport::Udp, QueryTransport::Tcp, QueryTransport::Tls, QueryTransport::Https, QueryTransport::Quic}) {
        auto event = event_of(QueryVerdict::Forward, Source::Upstream);
        event.transport = transport;
        recorder.record(event);
    }
    EXPECT_EQ(hub.collect().get(Counter::Queries), 5U);
}

TEST(TelemetryTest, CountsByVerdictSourceTransportAndRcode) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    recorder.record(event_of(QueryVerdict::Block, Source::Sinkhole));
    recorder.record(event_of(QueryVerdict::Restrict, Source::Sinkhole));
    recorder.record(event_of(QueryVerdict::Advise, Source::Cache));
    recorder.record(event_of(QueryVerdict::Observe, Source::Stale));
    recorder.record(event_of(QueryVerdict::Allow, Source::Upstream));
    recorder.record(event_of(QueryVerdict::Exception, Source::Upstream));
    recorder.record(event_of(QueryVerdict::Local, Source::Local));
    auto failed = event_of(QueryVerdict::Forward, Source::Failure);
    failed.rcode = wire::Rcode::ServFail;
    failed.transport = QueryTransport::Tcp;
    recorder.record(failed);
    auto nxdomain = event_of(QueryVerdict::Forward, Source::Upstream);
    nxdomain.rcode = wire::Rcode::NXDomain;
    nxdomain.transport = QueryTransport::Tcp;
    recorder.record(nxdomain);
    recorder.record(event_of(QueryVerdict::Block, Source::None));
    recorder.count(Counter::RefusedByAcl);

    const Metrics metrics = hub.collect();
    EXPECT_EQ(metrics.get(Counter::Queries), 10U);
    EXPECT_EQ(metrics.get(Counter::QueriesUdp), 8U);
    EXPECT_EQ(metrics.get(Counter::QueriesTcp), 2U);
    EXPECT_EQ(metrics.get(Counter::Blocked), 2U);
    EXPECT_EQ(metrics.get(Counter::Restricted), 1U);
    EXPECT_EQ(metrics.get(Counter::Advised), 1U);
    EXPECT_EQ(metrics.get(Counter::Observed), 1U);
    EXPECT_EQ(metrics.get(Counter::Allowed), 1U);
    EXPECT_EQ(metrics.get(Counter::Excepted), 1U);
    EXPECT_EQ(metrics.get(Counter::Unlisted), 2U);
    EXPECT_EQ(metrics.get(Counter::Local), 1U);
    EXPECT_EQ(metrics.get(Counter::Sinkholed), 2U);
    EXPECT_EQ(metrics.get(Counter::AnsweredLocally), 1U);
    EXPECT_EQ(metrics.get(Counter::Failed), 1U);
    EXPECT_EQ(metrics.get(Counter::Cached), 1U);
    EXPECT_EQ(metrics.get(Counter::Stale), 1U);
    EXPECT_EQ(metrics.get(Counter::Forwarded), 3U);
    EXPECT_EQ(metrics.get(Counter::Dropped), 1U);
    EXPECT_EQ(metrics.get(Counter::Noerror), 7U);
    EXPECT_EQ(metrics.get(Counter::Servfail), 1U);
    EXPECT_EQ(metrics.get(Counter::Nxdomain), 1U);
    EXPECT_EQ(metrics.get(Counter::RefusedByAcl), 1U);
    EXPECT_EQ(metrics.all_latency().count(), 9U) << "what got no reply has no latency";
}

TEST(TelemetryTest, SumsCombinationsOverWorkers) {
    Hub hub;
    auto event = event_of(QueryVerdict::Restrict, Source::Sinkhole);
    event.service_key = 0xfffe;
    event.directive_key = 2;
    event.group_key = 3;
    hub.add_recorder().record(event);
    Recorder& second = hub.add_recorder();
    second.record(event);
    event.group_key = 4;
    second.record(event);

    const Metrics metrics = hub.collect();
    ASSERT_EQ(metrics.combinations.size(), 2U);
    for (const Combination& row : metrics.combinations) {
        EXPECT_EQ(row.verdict, QueryVerdict::Restrict);
        EXPECT_EQ(row.service, 0xfffe);
        EXPECT_EQ(row.directive, 2);
        EXPECT_EQ(row.count, row.group == 3 ? 2U : 1U);
    }
}

TEST(TelemetryTest, AFullTableIsCountedAndKeepsCounting) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Block, Source::Sinkhole);
    constexpr std::size_t kRows = Combinations::kRowsMax - 16;  // the rest is for the verdicts alone
    constexpr Key kServices = 20'000;
    for (Key service = 1; service <= kServices; ++service) {
        event.service_key = service;
        recorder.record(event);
    }
    event.service_key = 1;
    recorder.record(event);
    const Metrics metrics = hub.collect();
    ASSERT_EQ(metrics.combinations.size(), kRows + 1);
    EXPECT_EQ(metrics.get(Counter::CombinationsOverflow), kServices - kRows);
    EXPECT_EQ(metrics.combinations.front().service, 1);
    EXPECT_EQ(metrics.combinations.front().count, 2U);
    EXPECT_EQ(metrics.combinations.back().service, kKeyOther);
    EXPECT_EQ(metrics.combinations.back().verdict, QueryVerdict::Block);
    EXPECT_EQ(metrics.combinations.back().count, kServices - kRows) << "no query is left out of the sum";
}

TEST(TelemetryTest, CombinationsHaveRoleAndTransport) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Restrict, Source::Sinkhole);
    event.service_key = 9;
    event.role = 7;
    recorder.record(event);
    event.transport = QueryTransport::Tcp;
    event.role = 3;
    recorder.record(event);
    const Metrics metrics = hub.collect();
    ASSERT_EQ(metrics.combinations.size(), 2U);
    EXPECT_EQ(metrics.combinations[0].role, 7);
    EXPECT_EQ(metrics.combinations[0].transport, QueryTransport::Udp);
    EXPECT_EQ(metrics.combinations[1].role, 3);
    EXPECT_EQ(metrics.combinations[1].transport, QueryTransport::Tcp);
    EXPECT_EQ(metrics.combinations[1].service, 9);
    EXPECT_EQ(metrics.combinations[1].verdict, QueryVerdict::Restrict);
}

std::vector<Hit> hits_of(Hub& hub) {
    std::vector<Hit> hits;
    hub.take_hits([&](const Hit& hit) { hits.push_back(hit); });
    return hits;
}

TEST(TelemetryTest, OnlyAQueryUnderADirectiveBecomesAHitAndOnlyWhileHitsAreWanted) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    const auto name = wire::Name::parse("chat.deepseek.com").value();
    auto covered = event_of(QueryVerdict::Restrict, Source::Sinkhole);
    covered.directive_key = 4;
    covered.name = name.wire();
    const auto open = wire::Name::parse("canary.example").value();
    auto uncovered = event_of(QueryVerdict::Forward, Source::Upstream);
    uncovered.name = open.wire();
    recorder.record(covered);
    EXPECT_TRUE(hits_of(hub).empty()) << "nothing wants them";
    hub.want_hits(true, 99);
    recorder.record(uncovered);
    recorder.record(covered);
    const auto hits = hits_of(hub);
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(hits[0].directive_key, 4);
    EXPECT_EQ(hits[0].verdict, QueryVerdict::Restrict);
    EXPECT_TRUE(std::ranges::equal(hits[0].name(), name.wire()));
    hub.want_hits(true, 99, true);
    uncovered.identity = IdentityLevel::None;
    recorder.record(uncovered);
    EXPECT_EQ(hits_of(hub).size(), 1U) << "[log].what is all";
    hub.want_hits(false, 0);
    recorder.record(covered);
    EXPECT_TRUE(hits_of(hub).empty());
}

TEST(TelemetryTest, AHitHasTheClientOnlyWhereItIsShown) {
    Hub hub;
    hub.want_hits(true, 99);
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Block, Source::Sinkhole);
    event.directive_key = 1;
    recorder.record(event);
    event.identity = IdentityLevel::Pseudonym;
    recorder.record(event);
    const auto hits = hits_of(hub);
    ASSERT_EQ(hits.size(), 2U);
    EXPECT_EQ(hits[0].client, IpAddress());
    EXPECT_EQ(hits[1].client, event.client);
}

TEST(TelemetryTest, SketchCellsFollowTheClientAndTheEpisode) {
    Hub hub;
    hub.want_hits(true, 99);
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Block, Source::Sinkhole);
    event.directive_key = 1;
    recorder.record(event);
    recorder.record(event);
    hub.set_episode(1);
    recorder.record(event);
    event.client = IpAddress::v4({192, 0, 2, 2});
    recorder.record(event);
    const auto hits = hits_of(hub);
    ASSERT_EQ(hits.size(), 4U);
    const auto cell = [](const SketchCell& each) { return std::pair(each.index, each.rank); };
    EXPECT_EQ(cell(hits[0].client_cell), cell(hits[1].client_cell));
    EXPECT_EQ(cell(hits[0].episode_cell), cell(hits[1].episode_cell));
    EXPECT_EQ(cell(hits[0].client_cell), cell(hits[2].client_cell));
    EXPECT_NE(cell(hits[0].episode_cell), cell(hits[2].episode_cell));
    EXPECT_NE(cell(hits[2].client_cell), cell(hits[3].client_cell));
}

TEST(TelemetryTest, AFullQueueOfHitsIsCounted) {
    Hub hub;
    hub.want_hits(true, 99);
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Block, Source::Sinkhole);
    event.directive_key = 1;
    constexpr std::uint64_t kEvents = 10'000;
    for (std::uint64_t i = 0; i < kEvents; ++i) recorder.record(event);
    const auto lost = hub.collect().get(Counter::HitsLost);
    EXPECT_GT(lost, 0U);
    EXPECT_EQ(hits_of(hub).size() + lost, kEvents);
}

TEST(TelemetryTest, CountsActivityByGroup) {
    Hub hub;
    auto event = event_of(QueryVerdict::Forward, Source::Cache);
    event.group_key = 5;
    Recorder& first = hub.add_recorder();
    Recorder& second = hub.add_recorder();
    for (std::uint8_t host = 0; host < 50; ++host) {
        event.client = IpAddress::v4({192, 0, 2, host});
        event.at = Ticks{} + seconds{1000 + host};
        first.record(event);
        event.at = Ticks{} + seconds{500};
        second.record(event);
    }
    event.group_key = 60'000;  // beyond the table
    first.record(event);

    const Metrics metrics = hub.collect();
    ASSERT_EQ(metrics.groups.size(), 2U);
    EXPECT_EQ(metrics.groups[0].group, 5);
    EXPECT_EQ(metrics.groups[0].queries, 100U);
    EXPECT_EQ(metrics.groups[0].last_seen, Ticks{} + seconds{1049});
    EXPECT_GE(metrics.groups[0].clients, 25U);
    EXPECT_LE(metrics.groups[0].clients, 75U);
    EXPECT_EQ(metrics.groups[1].group, kKeyOther);
    EXPECT_EQ(metrics.groups[1].queries, 1U);
}

TEST(TelemetryTest, KeepsClientsThatQueryBypasses) {
    Hub hub;
    hub.set_identity(IdentityLevel::Address);
    Recorder& one = hub.add_recorder();
    Recorder& two = hub.add_recorder();
    auto event = event_of(QueryVerdict::Observe, Source::Upstream);
    event.bypass = true;
    event.identity = IdentityLevel::Address;
    event.service_key = 3;
    for (std::uint8_t i = 1; i <= 200; ++i) {
        event.client = IpAddress::v4({10, 0, 0, i});
        event.at = Ticks(seconds(i));
        one.record(event);
    }
    event.at = Ticks(seconds(500));
    event.service_key = 4;
    two.record(event);
    event.bypass = false;
    event.client = IpAddress::v4({10, 9, 9, 9});
    two.record(event);
    const auto rows = hub.collect().bypass;
    ASSERT_EQ(rows.size(), 200U);
    EXPECT_EQ(rows.front().client, IpAddress::v4({10, 0, 0, 200}));
    EXPECT_EQ(rows.front().count, 2U);
    EXPECT_EQ(rows.front().service, 4);
    EXPECT_EQ(rows.front().last_seen, Ticks(seconds(500)));
}

TEST(TelemetryTest, WhatIsKeptOfClientsIsTheLeastOfSiteAndDirective) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Observe, Source::Upstream);
    event.bypass = true;
    event.client = IpAddress::v4({10, 0, 0, 1});
    event.identity = IdentityLevel::Address;
    const auto only_row = [&] {
        recorder.record(event);
        hub.count_samples();
        const auto rows = hub.collect().bypass;
        EXPECT_EQ(rows.size(), 1U);
        return rows.empty() ? BypassClient() : rows.front();
    };
    EXPECT_EQ(only_row().client, IpAddress()) << "a level that nobody has set is none";
    EXPECT_EQ(only_row().count, 2U) << "the client counts as one all the same";
    EXPECT_TRUE(hub.top_clients(10).empty());
    hub.set_identity(IdentityLevel::Pseudonym);
    event.identity = IdentityLevel::None;
    EXPECT_EQ(only_row().client, IpAddress());
    event.identity = IdentityLevel::Pseudonym;
    EXPECT_EQ(only_row().client, event.client);
    EXPECT_EQ(hub.top_clients(10).size(), 1U);
    hub.set_identity(IdentityLevel::Address);
    recorder.refresh();
    EXPECT_EQ(only_row().count, 5U) << "a higher level removes nothing";
}

TEST(TelemetryTest, ALowerLevelRemovesTheClients) {
    Hub hub;
    hub.set_identity(IdentityLevel::Address);
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Observe, Source::Upstream);
    event.bypass = true;
    event.client = IpAddress::v4({10, 0, 0, 1});
    event.identity = IdentityLevel::Address;
    recorder.record(event);
    hub.count_samples();
    recorder.record(event);
    hub.set_identity(IdentityLevel::None);
    ASSERT_EQ(hub.collect().bypass.size(), 1U);
    EXPECT_EQ(hub.collect().bypass.front().client, IpAddress()) << "also before the worker has seen it";
    recorder.refresh();
    EXPECT_TRUE(hub.collect().bypass.empty());
    hub.count_samples();
    hub.set_identity(IdentityLevel::Address);
    EXPECT_TRUE(hub.top_clients(10).empty()) << "a sample from before the change is of the new level";
    recorder.record(event);
    recorder.refresh();
    EXPECT_EQ(hub.collect().bypass.size(), 1U);
    hub.forget_clients();
    recorder.refresh();
    EXPECT_TRUE(hub.collect().bypass.empty());
}

TEST(TelemetryTest, BypassClientsWithoutARowAreCounted) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    auto event = event_of(QueryVerdict::Observe, Source::Upstream);
    event.bypass = true;
    constexpr std::uint64_t kClients = 5000;
    for (std::uint64_t i = 0; i < kClients; ++i) {
        event.client = IpAddress::v4({10, 1, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)});
        recorder.record(event);
    }
    const Metrics metrics = hub.collect();
    EXPECT_EQ(metrics.bypass.size() + metrics.get(Counter::BypassOverflow), kClients);
    EXPECT_GT(metrics.bypass.size(), 1500U);
}

TEST(TelemetryTest, CountsTheUseOfExceptions) {
    Hub hub;
    auto event = event_of(QueryVerdict::Exception, Source::Upstream);
    event.exception_key = 17;
    Recorder& recorder = hub.add_recorder();
    recorder.record(event);
    recorder.record(event);
    const Metrics metrics = hub.collect();
    ASSERT_EQ(metrics.exceptions.size(), 1U);
    EXPECT_EQ(metrics.exceptions[0].exception, 17);
    EXPECT_EQ(metrics.exceptions[0].count, 2U);
}

TEST(TelemetryTest, IsReadWhileItIsWritten) {
    Hub hub;
    constexpr int kEvents = 20'000;
    const auto name = wire::Name::parse("www.example.com").value();
    std::vector<std::thread> threads;
    for (int worker = 0; worker < 3; ++worker) {
        threads.emplace_back([&recorder = hub.add_recorder(), &name] {
            auto event = event_of(QueryVerdict::Block, Source::Sinkhole);
            event.name = name.wire();
            for (int i = 0; i < kEvents; ++i) {
                event.group_key = static_cast<Key>(i % 100);
                recorder.record(event);
            }
        });
    }
    std::uint64_t last = 0;
    while (last < 3 * kEvents) {
        const auto queries = hub.collect().get(Counter::Queries);
        ASSERT_GE(queries, last);
        last = queries;
    }
    for (auto& thread : threads) thread.join();

    const Metrics metrics = hub.collect();
    EXPECT_EQ(metrics.get(Counter::Blocked), 3U * kEvents);
    EXPECT_EQ(metrics.combinations.size(), 100U);
}

}  // namespace
}  // namespace cenote::telemetry
