// SPDX-License-Identifier: Apache-2.0
//
// Queries that are handed over to the zone service: which ones, from which clients, and the reply when its queue is
// full.
#include <gmock/gmock.h>

#include "tests/engine/fixture.h"

namespace cenote::engine::testing {
namespace {

using ::testing::HasSubstr;

class ZonesTest : public EngineFixture {
protected:
    ZonesTest() {
        base.zones = {*wire::Name::parse("rpz.example")};
        base.zone_peers = PrefixTable(std::vector<std::pair<Prefix, std::uint32_t>>{{*Prefix::parse("10.0.0.0/8"), 1},
                                                                                    {*Prefix::parse("192.0.2.9"), 1}},
                                      0);
        in_force({});
    }
    Outcome ask_from(const char* address, const QueryText& query) {
        client.peer.ip = ip(address);
        return ask(query);
    }
    std::vector<std::uint8_t> notify() {
        auto packet = query_bytes({.name = "rpz.example", .type = "SOA"});
        packet[2] = 0x20;
        return packet;
    }
};

TEST_F(ZonesTest, TransfersNotifyAndWhatIsAskedBeforeThem) {
    for (const char* type : {"AXFR", "IXFR", "SOA", "NS"})
        for (const char* peer : {"10.0.0.1", "192.0.2.9"})
            EXPECT_EQ(ask_from(peer, {.name = "rpz.example", .type = type}), Outcome::Dropped) << type << " " << peer;
    EXPECT_EQ(ask_bytes(notify()), Outcome::Dropped);
    EXPECT_EQ(handed_over.size(), 9U);
    hand_over_result = HandOver::Later;
    EXPECT_EQ(ask({.name = "rpz.example", .type = "AXFR"}), Outcome::Pending);
    EXPECT_EQ(engine->pending(), 0U) << "it waits elsewhere";
}

TEST_F(ZonesTest, ForeignAddressesAreRefusedHere) {
    for (const char* type : {"AXFR", "IXFR", "SOA", "NS"}) {
        EXPECT_EQ(ask_from("192.0.2.10", {.name = "rpz.example", .type = type}), Outcome::Answered) << type;
        EXPECT_THAT(text(), HasSubstr("rcode: REFUSED")) << type;
    }
    EXPECT_EQ(ask_bytes(notify()), Outcome::Answered);
    EXPECT_THAT(text(), HasSubstr("rcode: REFUSED"));
    EXPECT_TRUE(handed_over.empty());
}

TEST_F(ZonesTest, OtherNamesAndTypesAreQueriesLikeOthers) {
    for (const auto& [name, type] : {std::pair{"rpz.example", "A"}, {"a.rpz.example", "SOA"}, {"example", "NS"}})
        EXPECT_EQ(ask({.name = name, .type = type}), Outcome::Pending) << name;
    EXPECT_TRUE(handed_over.empty());
}

TEST_F(ZonesTest, WhatFindsNoRoomMayAskAgain) {
    hand_over_result = HandOver::NoRoom;
    EXPECT_EQ(ask({.name = "rpz.example", .type = "AXFR"}), Outcome::Answered);
    EXPECT_THAT(text(), HasSubstr("rcode: SERVFAIL"));
    EXPECT_EQ(ask_bytes(notify()), Outcome::Answered);
    hand_over_result = HandOver::NotServed;
    EXPECT_EQ(ask({.name = "rpz.example", .type = "AXFR"}), Outcome::Answered);
    EXPECT_THAT(text(), HasSubstr("rcode: REFUSED"));
    EXPECT_EQ(ask({.name = "rpz.example", .type = "SOA"}), Outcome::Pending) << "without a service it goes upstream";
}

}  // namespace
}  // namespace cenote::engine::testing
