// SPDX-License-Identifier: Apache-2.0
//
// The replies to a batch equal those to its queries one by one, byte for byte.

#include "tests/engine/fixture.h"
#include "tests/support/allocations.h"

namespace cenote::engine::testing {
namespace {

class BatchTest : public EngineFixture {
protected:
    void SetUp() override {
        policy::Options options;
        options.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek", "list:extra"}));
        in_force(options);
        ask({.name = "www.debian.org"});
        answer(0, wire::Rcode::NoError, {{"www.debian.org", "A", 300, "192.0.2.7"}}, {});
        late.clear();
    }

    /// Queries for every path through the engine.
    [[nodiscard]] std::vector<std::vector<std::uint8_t>> packets() const {
        auto broken = query_bytes({.name = "www.debian.org"});
        broken.resize(20);
        return {query_bytes({.name = "chat.deepseek.com"}),
                query_bytes({.name = "Chat.DeepSeek.com", .type = "AAAA", .dnssec_ok = true}),
                query_bytes({.name = "www.debian.org"}),
                broken,
                query_bytes({.name = "id.server", .type = "TXT", .rr_class = 3}),
                query_bytes({.name = "localhost"}),
                query_bytes({.name = "www.debian.org", .type = "ANY"}),
                query_bytes({.name = "not.cached.example", .flags = 0}),
                query_bytes({.name = "www.debian.org", .edns = false}),
                {0x12, 0x34}};
    }

    std::vector<Datagram> batch_of(const std::vector<std::vector<std::uint8_t>>& packets) const {
        std::vector<Datagram> batch;
        for (const auto& packet : packets) batch.push_back({client, packet, {}});
        return batch;
    }

    std::vector<std::uint8_t> replies = std::vector<std::uint8_t>(1 << 20);
};

TEST_F(BatchTest, EveryReplyIsWhatTheQueryWouldGetAlone) {
    std::vector<std::vector<std::uint8_t>> many;
    for (int i = 0; i < 7; ++i)  // more than one pass takes
        for (const auto& packet : packets()) many.push_back(packet);
    std::vector<std::vector<std::uint8_t>> alone;
    for (const auto& packet : many) {
        const Outcome outcome = ask_bytes(packet);
        const ByteView written = outcome == Outcome::Answered ? reply.written() : ByteView{};
        alone.emplace_back(written.begin(), written.end());
    }

    auto batch = batch_of(many);
    engine->handle(batch, replies, now);
    for (std::size_t i = 0; i < batch.size(); ++i)
        EXPECT_EQ(alone[i], std::vector<std::uint8_t>(batch[i].reply.begin(), batch[i].reply.end())) << "query " << i;
}

TEST_F(BatchTest, WhatWaitsForUpstreamHasNoReplyAndIsAnsweredLater) {
    std::vector<std::vector<std::uint8_t>> packets{query_bytes({.name = "one.example"}),
                                                   query_bytes({.name = "www.debian.org"}),
                                                   query_bytes({.name = "two.example"})};
    auto batch = batch_of(packets);
    engine->handle(batch, replies, now);
    EXPECT_TRUE(batch[0].reply.empty());
    EXPECT_FALSE(batch[1].reply.empty());
    EXPECT_TRUE(batch[2].reply.empty());
    ASSERT_EQ(3U, forwarder->asked_count);
    answer(2, wire::Rcode::NoError, {{"two.example", "A", 300, "192.0.2.2"}}, {});
    answer(1, wire::Rcode::NoError, {{"one.example", "A", 300, "192.0.2.1"}}, {});
    ASSERT_EQ(2U, late.size());
    EXPECT_NE(std::string::npos, late_text(0).find("192.0.2.2"));
    EXPECT_NE(std::string::npos, late_text(1).find("192.0.2.1"));
}

TEST_F(BatchTest, WithoutAPolicyEverybodyIsToldSo) {
    auto snapshot = std::make_shared<Snapshot>(base);
    publish(std::move(snapshot));
    const std::vector<std::vector<std::uint8_t>> packets{query_bytes({.name = "chat.deepseek.com"}),
                                                         query_bytes({.name = "www.debian.org"})};
    auto batch = batch_of(packets);
    engine->handle(batch, replies, now);
    for (const Datagram& datagram : batch) {
        const auto printed = wire::to_text(datagram.reply);
        ASSERT_TRUE(printed.ok());
        EXPECT_NE(std::string::npos, printed->find("SERVFAIL")) << *printed;
    }
}

TEST_F(BatchTest, ABatchAllocatesNothing) {
    const auto sent = packets();
    auto batch = batch_of(sent);
    const std::uint64_t before = test::allocations();
    engine->handle(batch, replies, now);
    EXPECT_EQ(0U, test::allocations() - before);
}

}  // namespace
}  // namespace cenote::engine::testing
