// SPDX-License-Identifier: Apache-2.0
//
// Which queries to upstream servers are recorded, and what of them.
#include "tests/engine/fixture.h"

namespace cenote::engine::testing {
namespace {

using policy::Step;
using telemetry::UpstreamQuery;

class UpstreamQueriesTest : public EngineFixture {
protected:
    void SetUp() override {
        policy::Options options;
        options.directives = {directive("look-1", Step::Observe, {"service:deepseek"})};
        in_force(options);
    }
    /// Completes a query with what the forwarder tells of the servers.
    void complete(std::size_t index) {
        const auto asked = forwarder->asked.at(index);
        const std::array<upstream::Asked, 2> list{{{.server = server_, .at = now, .answered = {}, .rcode = {}},
                                                   {.server = server_,
                                                    .way = upstream::Asked::Way::Tls,
                                                    .at = now,
                                                    .answered = now + milliseconds(5),
                                                    .rcode = wire::Rcode::NXDomain}}};
        upstream::Completion completion;
        completion.ending = upstream::Ending::TimedOut;
        if (forwarder->sink.wants_asked()) completion.asked = list;
        forwarder->sink.complete(asked.query, completion, {&asked.waiter, 1}, now);
    }
    std::vector<UpstreamQuery> taken() {
        std::vector<UpstreamQuery> all;
        hub.take_upstream([&all](const UpstreamQuery& each) { all.push_back(each); });
        return all;
    }
    static std::string text_of(const UpstreamQuery& query) {
        wire::Name read;
        std::size_t end = 0;
        return read.read_uncompressed(query.name(), end) ? read.to_string() : std::string();
    }

    const SocketAddress server_ = *SocketAddress::parse("192.0.2.53:853", 53);
};

TEST_F(UpstreamQueriesTest, NothingIsRecordedUnlessItIsWanted) {
    ask({.name = "chat.deepseek.com"});
    complete(0);
    EXPECT_TRUE(taken().empty());
}

TEST_F(UpstreamQueriesTest, ANameUnderADirectiveIsRecordedWithEachServerThatWasAsked) {
    hub.want_upstream(true, false);
    ask({.name = "Chat.DeepSeek.com", .type = "AAAA"});
    complete(0);
    const auto all = taken();
    ASSERT_EQ(all.size(), 2);
    EXPECT_EQ(text_of(all[0]), "chat.deepseek.com");
    EXPECT_EQ(all[0].type, wire::RrType::AAAA);
    EXPECT_EQ(all[0].answered, Ticks());
    EXPECT_EQ(all[1].server, server_);
    EXPECT_EQ(all[1].way, telemetry::UpstreamWay::Tls);
    EXPECT_EQ(all[1].rcode, wire::Rcode::NXDomain);
    EXPECT_EQ(keys.name(telemetry::KeyKind::Directive, all[1].directive_key), "look-1");
}

TEST_F(UpstreamQueriesTest, ANameThatNoDirectiveCoversIsRecordedOnlyWithAll) {
    hub.want_upstream(true, false);
    ask({.name = "canary.example"});
    complete(0);
    EXPECT_TRUE(taken().empty());
    hub.want_upstream(true, true);
    ask({.name = "other.example"});
    complete(1);
    const auto all = taken();
    ASSERT_EQ(all.size(), 2);
    EXPECT_EQ(all[0].directive_key, telemetry::kKeyNone);
}

}  // namespace
}  // namespace cenote::engine::testing
