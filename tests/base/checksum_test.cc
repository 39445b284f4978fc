// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/checksum.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace cenote {
namespace {

std::uint16_t checksum_of(const std::vector<std::uint8_t>& bytes) {
    const auto native = static_cast<std::uint16_t>(~fold_sum(add_to_sum(0, bytes)));
    std::array<std::uint8_t, 2> octets;
    std::memcpy(octets.data(), &native, octets.size());
    return load_u16(octets.data());
}

TEST(Checksum, TheExampleOfTheRfc) {
    EXPECT_EQ(checksum_of({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}), 0x220d);  // RFC 1071 §3: the sum is ddf2
}

TEST(Checksum, EverySizeAgreesWithASumOfWords) {
    std::vector<std::uint8_t> bytes;
    for (unsigned size = 0; size < 70; ++size) {
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256U : bytes[i];
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        EXPECT_EQ(checksum_of(bytes), 0xffff - sum) << size;
        bytes.push_back(static_cast<std::uint8_t>(size * 37 + 200));
    }
}

TEST(Checksum, PartsOfAnEvenSizeAddUp) {
    const std::array<std::uint8_t, 9> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9};
    const ByteView whole(bytes);
    EXPECT_EQ(fold_sum(add_to_sum(add_to_sum(0, whole.first(6)), whole.subspan(6))), fold_sum(add_to_sum(0, whole)));
}

}  // namespace
}  // namespace cenote
