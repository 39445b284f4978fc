// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace cenote {
namespace {

TEST(ByteReader, ReadsInNetworkOrder) {
    const std::array<std::uint8_t, 9> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9};
    ByteReader reader(bytes);
    EXPECT_EQ(reader.u8(), 1);
    EXPECT_EQ(reader.u16(), 0x0203);
    EXPECT_EQ(reader.u32(), 0x04050607U);
    EXPECT_EQ(reader.offset(), 7U);
    EXPECT_EQ(reader.left(), 2U);
    EXPECT_EQ(reader.bytes(2).front(), 8);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.left(), 0U);
}

TEST(ByteReader, StaysFailedAfterTheFirstOverrun) {
    const std::array<std::uint8_t, 3> bytes{1, 2, 3};
    ByteReader reader(bytes);
    EXPECT_EQ(reader.u32(), 0U);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.u8(), 0);  // though a byte is there
    EXPECT_TRUE(reader.bytes(1).empty());
    EXPECT_EQ(reader.left(), 0U);
}

TEST(ByteReader, AHugeCountDoesNotWrap) {
    const std::array<std::uint8_t, 3> bytes{1, 2, 3};
    ByteReader reader(bytes);
    reader.skip(1);
    EXPECT_TRUE(reader.bytes(static_cast<std::size_t>(-1)).empty());
    EXPECT_FALSE(reader.ok());
}

TEST(ByteWriter, WritesUpToTheLastByteAndNotBeyond) {
    std::array<std::uint8_t, 8> bytes{};
    ByteWriter writer(MutableBytes(bytes).first(7));
    writer.u8(1);
    writer.u16(0x0203);
    writer.u32(0x04050607);
    EXPECT_TRUE(writer.ok());
    EXPECT_EQ(writer.left(), 0U);
    writer.u8(9);
    EXPECT_FALSE(writer.ok());
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 8>{1, 2, 3, 4, 5, 6, 7, 0}));
    EXPECT_EQ(writer.written().size(), 7U);
}

TEST(ByteWriter, RewindForgetsWhatCameAfter) {
    std::array<std::uint8_t, 4> bytes{};
    ByteWriter writer(bytes);
    writer.u16(0);
    const auto mark = writer.size();
    writer.u32(1);
    EXPECT_FALSE(writer.ok());
    writer.rewind(mark);
    EXPECT_TRUE(writer.ok());
    writer.patch_u16(0, 0x0a0b);
    writer.patch_u16(1, 0xffff);  // not all of it was written
    EXPECT_EQ(load_u16(bytes.data()), 0x0a0b);
    EXPECT_EQ(bytes[2], 0);
    writer.rewind(4);  // forward is ignored
    EXPECT_EQ(writer.size(), 2U);
}

TEST(BytesOf, AreThoseOfTheText) {
    const std::string_view text("a\0\xff", 3);
    const ByteView bytes = bytes_of(text);
    EXPECT_EQ(std::vector(bytes.begin(), bytes.end()), (std::vector<std::uint8_t>{'a', 0, 0xff}));
}

}  // namespace
}  // namespace cenote
