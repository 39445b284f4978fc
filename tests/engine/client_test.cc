// SPDX-License-Identifier: Apache-2.0
//
// A late reply goes to the client of its query: the same connection, stream and identity.
#include "resolver/engine/client.h"

#include <gtest/gtest.h>

#include "tests/engine/world.h"

namespace cenote::engine {
namespace {

class ClientTest : public ::testing::Test, public testing::World {
protected:
    ClientTest() : World({.bytes_max = 4 << 20, .shards = 2}) { in_force({}); }

    std::vector<Client> replied_to;

private:
    void send(const Client& to, ByteView, Ticks) noexcept override { replied_to.push_back(to); }
};

TEST_F(ClientTest, ALateReplyGoesToItsConnectionAndStream) {
    client.transport = telemetry::QueryTransport::Tcp;
    client.connection = {.slot = 3, .generation = 9};
    for (std::uint32_t stream = 0; stream < 3; ++stream) {
        client.stream = stream;
        client.identity = policy::Identity{static_cast<std::uint16_t>(10 + stream)};
        ASSERT_EQ(ask({.name = "www" + std::to_string(stream) + ".example"}), Outcome::Pending);
    }
    for (const std::size_t index : {2U, 0U, 1U}) {
        const auto question = forwarder->asked.at(index).query.question;
        const auto answer = testing::upstream_answer(question, wire::Rcode::NoError,
                                                     {{question.name.to_string(), "A", 300, "192.0.2.1"}}, {});
        ASSERT_EQ(answer_bytes(index, answer), wire::AnswerStatus::Ok);
        const Client& to = replied_to.back();
        EXPECT_EQ(to.stream, index);
        EXPECT_EQ(to.identity, policy::Identity{static_cast<std::uint16_t>(10 + index)});
        EXPECT_EQ(to.connection, client.connection);
        EXPECT_EQ(to.peer, client.peer);
        EXPECT_EQ(to.transport, telemetry::QueryTransport::Tcp);
    }
    EXPECT_EQ(replied_to.size(), 3U);
}

}  // namespace
}  // namespace cenote::engine
