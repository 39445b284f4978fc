// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/query_message.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cenote::quic {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Fin = QueryMessage::Fin;
using State = QueryMessage::State;

Bytes header(std::uint16_t id) {
    Bytes message(12);
    store_u16(message.data(), id);
    message[2] = 1;
    return message;
}

TEST(QueryMessage, IsWholeWithTheEndOfItsStream) {
    const Bytes whole = with_length(header(0));
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        QueryMessage query;
        EXPECT_EQ(query.add(ByteView(whole).first(cut), Fin::No), State::Incomplete);
        EXPECT_EQ(query.add(ByteView(whole).subspan(cut), Fin::Yes), State::Complete);
        EXPECT_TRUE(std::ranges::equal(query.message(), header(0)));
        query.clear();
        EXPECT_EQ(query.size(), 0U);
    }
}

TEST(QueryMessage, AStreamThatEndsWithinIsBroken) {
    const Bytes whole = with_length(header(0));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        QueryMessage query;
        EXPECT_EQ(query.add(ByteView(whole).first(size), Fin::Yes), State::Broken) << size;
    }
}

TEST(QueryMessage, NothingMayFollow) {
    Bytes more = with_length(header(0));
    more.push_back(0);
    QueryMessage query;
    EXPECT_EQ(query.add(more, Fin::No), State::Broken);
}

TEST(QueryMessage, TheLongestMessageHasRoomAndNoByteMore) {
    Bytes message = header(0);
    message.resize(65535);
    const Bytes whole = with_length(message);
    QueryMessage query;
    EXPECT_EQ(query.add(whole, Fin::No), State::Incomplete);
    EXPECT_EQ(query.add(Bytes{0}, Fin::No), State::Broken);
    EXPECT_EQ(query.size(), kQueryBytesMax);
}

TEST(QueryMessage, AnIdIsForbidden) {
    EXPECT_TRUE(may_be_sent(header(0)));
    EXPECT_FALSE(may_be_sent(header(1)));
    EXPECT_FALSE(may_be_sent(header(0x100)));
    EXPECT_FALSE(may_be_sent(Bytes(11)));
    EXPECT_FALSE(may_be_sent({}));
}

}  // namespace
}  // namespace cenote::quic
