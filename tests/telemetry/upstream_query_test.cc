// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/upstream_query.h"

#include <gtest/gtest.h>

#include "resolver/telemetry/telemetry.h"

namespace cenote::telemetry {
namespace {

TEST(UpstreamQueryTest, QueriesToServersAreTakenOnceAndWhatFindsNoRoomIsCounted) {
    Hub hub;
    Recorder& recorder = hub.add_recorder();
    EXPECT_FALSE(recorder.wants_upstream());
    hub.want_upstream(true, false);
    EXPECT_TRUE(recorder.wants_upstream());
    EXPECT_FALSE(recorder.wants_all_upstream());
    hub.want_upstream(true, true);
    EXPECT_TRUE(recorder.wants_all_upstream());
    UpstreamQuery query;
    constexpr std::uint64_t kMany = 3000;
    for (std::uint64_t i = 0; i < kMany; ++i) {
        query.server.port = static_cast<std::uint16_t>(i);
        recorder.record(query);
    }
    std::uint64_t taken = 0;
    hub.take_upstream([&taken](const UpstreamQuery& each) { EXPECT_EQ(each.server.port, taken++); });
    EXPECT_GT(taken, 0);
    EXPECT_EQ(hub.collect().get(Counter::HitsLost), kMany - taken);
    hub.take_upstream([](const UpstreamQuery&) { ADD_FAILURE() << "it was taken before"; });
}

}  // namespace
}  // namespace cenote::telemetry
