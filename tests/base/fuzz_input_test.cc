// SPDX-License-Identifier: Apache-2.0
//
// What fuzz targets and the mutator of messages share: tests/fuzz/input.h, tests/fuzz/message_places.h.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/fuzz/input.h"
#include "tests/fuzz/message_places.h"

namespace cenote::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Places = std::vector<std::pair<std::size_t, std::size_t>>;

Places places_in(const Bytes& input, const MessageLayout& layout) {
    Places found;
    for (const MessagePlace& place : message_places(input, layout)) found.emplace_back(place.begin, place.end);
    return found;
}

TEST(FuzzInput, GivesNumbersBytesAndTextsInTheirOrder) {
    Input input(std::string_view("\x01\x02\x03\x00\x02xyone\ntwo", 14));
    EXPECT_EQ(input.u8(), 1);
    EXPECT_EQ(input.u16(), 0x0203);
    const ByteView framed = input.framed();
    EXPECT_EQ(Bytes(framed.begin(), framed.end()), (Bytes{'x', 'y'}));
    EXPECT_EQ(input.line(), "one");
    EXPECT_EQ(input.size(), 3U);
    EXPECT_EQ(input.text(), "two");
    EXPECT_TRUE(input.empty());
}

TEST(FuzzInput, HasZerosAndNothingBehindItsEnd) {
    Input input(std::string_view("\x07"));
    EXPECT_EQ(input.u16(), 0);
    EXPECT_EQ(input.u32(), 0U);
    EXPECT_TRUE(input.framed().empty());
    EXPECT_EQ(input.line(), "");
    EXPECT_TRUE(input.copy().empty());
}

TEST(FuzzInput, AFrameThatIsCutHasWhatIsLeft) {
    Input input(std::string_view("\x00\x09xyz", 5));
    EXPECT_EQ(input.framed().size(), 3U);
}

TEST(FuzzInput, PiecesAreTheWhole) {
    const Bytes bytes{1, 2, 3, 4, 5};
    Bytes seen;
    std::vector<std::size_t> sizes;
    in_pieces(bytes, 2, [&](ByteView piece) {
        seen.insert(seen.end(), piece.begin(), piece.end());
        sizes.push_back(piece.size());
    });
    EXPECT_EQ(seen, bytes);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 1}));
}

TEST(FuzzInput, ABitIsCountedAroundTheBytes) {
    Bytes bytes{0, 0};
    flip(bytes, 8 + 3);
    EXPECT_EQ(bytes, (Bytes{0, 8}));
    flip(bytes, 16);
    EXPECT_EQ(bytes, (Bytes{1, 8}));
}

TEST(MessagePlaces, TheRestOfTheInput) {
    EXPECT_EQ(places_in({9, 1, 2, 3}, {.at = 1}), (Places{{1, 4}}));
    EXPECT_EQ(places_in({9}, {.at = 1}), (Places{{1, 1}}));
    EXPECT_EQ(places_in({}, {.at = 1}), Places{});
}

/// engine: a byte, a length, a message, and what is no message.
TEST(MessagePlaces, OneFramedMessageAlone) {
    const MessageLayout layout{.at = 3, .framed = true};
    EXPECT_EQ(places_in({9, 0, 2, 'a', 'b', 0, 1, 'c'}, layout), (Places{{3, 5}}));
    EXPECT_EQ(places_in({9, 0, 7, 'a', 'b'}, layout), (Places{{3, 5}}));
    EXPECT_EQ(places_in({9, 0}, layout), Places{});
}

/// transfer: messages one behind the other.
TEST(MessagePlaces, FramedMessagesWithNothingBetween) {
    const MessageLayout layout{.at = 3, .framed = true, .next = 2};
    EXPECT_EQ(places_in({9, 0, 2, 'a', 'b', 0, 1, 'c'}, layout), (Places{{3, 5}, {7, 8}}));
    EXPECT_EQ(places_in({9, 0, 2, 'a', 'b', 0, 5, 'c'}, layout), (Places{{3, 5}, {7, 8}}));
    EXPECT_EQ(places_in({9, 0, 2, 'a', 'b', 0}, layout), (Places{{3, 5}}));
}

/// forwarder: each message behind a byte of its own.
TEST(MessagePlaces, FramedMessagesWithAByteBetween) {
    const MessageLayout layout{.at = 3, .framed = true, .next = 3};
    EXPECT_EQ(places_in({9, 0, 2, 'a', 'b', 9, 0, 1, 'c'}, layout), (Places{{3, 5}, {8, 9}}));
    EXPECT_EQ(places_in({9, 0, 0, 9, 0, 0}, layout), (Places{{3, 3}, {6, 6}}));
}

}  // namespace
}  // namespace cenote::fuzz
