// SPDX-License-Identifier: Apache-2.0
//
// The world of an engine, for GoogleTest.
#pragma once

#include <gtest/gtest.h>

#include "tests/engine/world.h"

namespace cenote::engine::testing {

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

class EngineFixture : public ::testing::Test, public World {
protected:
    EngineFixture() : World({.bytes_max = 4 << 20, .shards = 2}) {}

    /// Completes upstream query number `index` with these records.
    void answer(std::size_t index, wire::Rcode rcode, const std::vector<RecordText>& records,
                const std::vector<RecordText>& authority) {
        const auto packet = upstream_answer(forwarder->asked.at(index).query.question, rcode, records, authority);
        ASSERT_EQ(wire::AnswerStatus::Ok, answer_bytes(index, packet));
    }
};

}  // namespace cenote::engine::testing
