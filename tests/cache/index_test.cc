// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/index.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

namespace cenote::cache {
namespace {

TEST(IndexTest, FindsWhatIsThereAndNothingElse) {
    std::array<Index::Slot, 64> slots{};
    Index index(slots);
    std::map<std::uint32_t, std::uint32_t> expected;  // location -> fingerprint
    std::mt19937 random(3);                           // NOLINT: the same run every time
    std::uint32_t next_location = 0;
    for (int round = 0; round < 50'000; ++round) {
        if (index.size() < 56 && random() % 2 == 0) {
            const auto fingerprint = static_cast<std::uint32_t>(random() % 40) * 0x06000000U;  // many share a home
            index.insert(fingerprint, next_location);
            expected[next_location++] = fingerprint;
        } else if (!expected.empty()) {
            auto victim = expected.begin();
            std::advance(victim, random() % expected.size());
            if (random() % 3 == 0) {
                index.relocate(victim->second, victim->first, next_location);
                expected[next_location++] = victim->second;
            } else {
                index.erase(victim->second, victim->first);
            }
            expected.erase(victim);
        }
        ASSERT_EQ(index.size(), expected.size());
        for (const auto& [location, fingerprint] : expected)
            ASSERT_EQ(index.find(fingerprint, [&, place = location](std::uint32_t at) { return at == place; }),
                      location);
        ASSERT_EQ(index.find(0x12345678, [](std::uint32_t) { return true; }), Index::kNowhere);
    }
}

}  // namespace
}  // namespace cenote::cache
