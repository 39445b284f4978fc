// SPDX-License-Identifier: Apache-2.0
//
// The name in a hit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "resolver/telemetry/telemetry.h"

namespace cenote::telemetry {
namespace {

TEST(HitsTest, AHitHasTheWholeNameOfAnyLength) {
    Hub hub;
    hub.want_hits(true, 99);
    Recorder& recorder = hub.add_recorder();
    std::vector<std::uint8_t> bytes(255);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
        QueryEvent event;
        event.directive_key = 1;
        event.name = ByteView(bytes).first(size);
        recorder.record(event);
        std::vector<Hit> hits;
        hub.take_hits([&](const Hit& hit) { hits.push_back(hit); });
        ASSERT_EQ(hits.size(), 1U);
        EXPECT_TRUE(std::ranges::equal(hits[0].name(), event.name)) << size;
    }
}

}  // namespace
}  // namespace cenote::telemetry
