// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/freshness.h"

#include <gtest/gtest.h>

#include <string>

namespace cenote::wire {
namespace {

using std::string_literals::operator""s;

/// QR, one question for `a.` of type A, and records as given.
std::string message(std::uint8_t rcode, std::uint8_t answers, std::uint8_t authorities, const std::string& records) {
    return "\0\1\x80"s + static_cast<char>(rcode) + "\0\1\0"s + static_cast<char>(answers) + "\0"s +
           static_cast<char>(authorities) + "\0\0"s + "\1a\0\0\1\0\1"s + records;
}
std::string a(char ttl) { return "\xc0\x0c\0\1\0\1\0\0\0"s + ttl + "\0\4\1\2\3\4"s; }
std::string soa(char ttl, char minimum) {
    return "\0\0\6\0\1\0\0\0"s + ttl + "\0\x16\0\0"s + "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0"s + minimum;
}
std::uint32_t fresh(const std::string& text) { return seconds_fresh(bytes_of(text)); }

TEST(Freshness, IsTheLowestOfTheAnswers) {
    EXPECT_EQ(fresh(message(0, 1, 0, a(60))), 60U);
    EXPECT_EQ(fresh(message(0, 3, 0, a(60) + a(7) + a(90))), 7U);
    EXPECT_EQ(fresh(message(0, 1, 1, a(60) + soa(5, 5))), 60U) << "RFC 8484 §5.1 has the answer section alone";
    EXPECT_EQ(fresh(message(3, 1, 0, a(60))), 60U);
}

TEST(Freshness, IsThatOfTheDenialWithoutAnswers) {
    EXPECT_EQ(fresh(message(3, 0, 1, soa(100, 77))), 77U);
    EXPECT_EQ(fresh(message(0, 0, 1, soa(20, 77))), 20U);
    EXPECT_EQ(fresh(message(0, 0, 2, a(3) + soa(20, 77))), 20U);
}

TEST(Freshness, IsNoneWhereNothingMayBeKept) {
    EXPECT_EQ(fresh(message(0, 0, 0, "")), 0U);
    EXPECT_EQ(fresh(message(2, 0, 1, soa(100, 77))), 0U) << "SERVFAIL";
    EXPECT_EQ(fresh(message(5, 1, 0, a(60))), 0U) << "REFUSED";
    const std::string whole = message(0, 2, 0, a(60) + a(50));
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(fresh(whole.substr(0, size)), 0U) << size;
}

}  // namespace
}  // namespace cenote::wire
