// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/cookie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "resolver/base/digest.h"

namespace cenote::wire {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes from_hex(const std::string& text) {
    Bytes bytes;
    for (std::size_t i = 0; i < text.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return bytes;
}

CookieSecret secret(const std::string& text) {
    CookieSecret made{};
    std::ranges::copy(from_hex(text), made.begin());
    return made;
}

struct Answer {
    CookieState state;
    std::string cookie;

    friend bool operator==(const Answer&, const Answer&) = default;
};

Answer answer(const std::string& received, const std::string& client, const std::vector<CookieSecret>& secrets,
              std::uint32_t now) {
    CookieBytes reply;
    const CookieState state = answer_cookie(from_hex(received), IpAddress::parse(client).value(), secrets, now, reply);
    return {state, to_hex(reply)};
}

// RFC 9018, appendix A.
const CookieSecret kSecret = secret("e5e973e5a6b2a43f48e7dc849e37bfcf");
const std::string kClient = "2464c4abcf10c957";
const std::string kFirst = kClient + "010000005cf79f111f8130c3eee29480";
constexpr std::uint32_t kFirstTime = 1559731985;

TEST(CookieTest, AClientLearnsACookie) {
    EXPECT_EQ(answer(kClient, "198.51.100.100", {kSecret}, kFirstTime), (Answer{CookieState::ClientOnly, kFirst}));
}

TEST(CookieTest, AfterHalfAnHourItIsRenewed) {
    EXPECT_EQ(answer(kFirst, "198.51.100.100", {kSecret}, 1559734385),
              (Answer{CookieState::Valid, kClient + "010000005cf7a871d4a564a1442aca77"}));
    EXPECT_EQ(answer(kFirst, "198.51.100.100", {kSecret}, kFirstTime + 1800), (Answer{CookieState::Valid, kFirst}));
    EXPECT_NE(answer(kFirst, "198.51.100.100", {kSecret}, kFirstTime + 1801).cookie, kFirst);
}

TEST(CookieTest, ReservedBytesAreHashedAsTheyAre) {
    const std::string other = "fc93fc62807ddb86";
    const std::string received = other + "01abcdef5cf78f71a314227b6679ebf5";
    EXPECT_EQ(answer(received, "203.0.113.203", {kSecret}, 0x5cf78f71 + 60), (Answer{CookieState::Valid, received}));
    EXPECT_EQ(answer(received, "203.0.113.203", {kSecret}, 1559734700),
              (Answer{CookieState::Invalid, other + "010000005cf7a9acf73a7810aca2381e"}))
        << "it is 112 minutes old by then";
}

TEST(CookieTest, ARolledSecretLosesNoClient) {
    const CookieSecret old = secret("dd3bdf9344b678b185a6f5cb60fca715");
    const CookieSecret fresh = secret("445536bcd2513298075a5d379663c962");
    const std::string other = "22681ab97d52c298";
    const std::string received = other + "010000005cf7c57926556bd0934c72f8";
    const std::string renewed = other + "010000005cf7c609a6bb79d16625507a";
    const char* const client = "2001:db8:220:1:59de:d0f4:8769:82b8";
    EXPECT_EQ(answer(received, client, {fresh, old}, 1559741961), (Answer{CookieState::Valid, renewed}));
    EXPECT_EQ(answer(renewed, client, {old, fresh}, 1559741961).state, CookieState::Valid)
        << "a server that has not rolled accepts it too";
    EXPECT_EQ(answer(received, client, {fresh}, 1559741961), (Answer{CookieState::Invalid, renewed}));
}

TEST(CookieTest, OfAnotherTimeItIsInvalid) {
    for (const std::int64_t age : {-300, 0, 3600})
        EXPECT_EQ(answer(kFirst, "198.51.100.100", {kSecret}, static_cast<std::uint32_t>(kFirstTime + age)).state,
                  CookieState::Valid)
            << age;
    for (const std::int64_t age : {-301, 3601, 86400, -86400})
        EXPECT_EQ(answer(kFirst, "198.51.100.100", {kSecret}, static_cast<std::uint32_t>(kFirstTime + age)).state,
                  CookieState::Invalid)
            << age;
}

TEST(CookieTest, ItLastsBeyondTheEndOf32Bits) {
    const Answer last = answer(kClient, "192.0.2.1", {kSecret}, 0xffffffff);
    EXPECT_EQ(answer(last.cookie, "192.0.2.1", {kSecret}, 600), (Answer{CookieState::Valid, last.cookie}));
}

TEST(CookieTest, AnyOtherByteMakesItInvalid) {
    Bytes bytes = from_hex(kFirst);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] ^= 1;
        CookieBytes reply;
        EXPECT_EQ(answer_cookie(bytes, IpAddress::parse("198.51.100.100").value(), {&kSecret, 1}, kFirstTime, reply),
                  CookieState::Invalid)
            << i;
        EXPECT_TRUE(std::equal(bytes.begin(), bytes.begin() + 8, reply.begin())) << "the client's own part stays";
        bytes[i] ^= 1;
    }
    EXPECT_EQ(answer(kFirst, "198.51.100.101", {kSecret}, kFirstTime).state, CookieState::Invalid);
    EXPECT_EQ(answer(kFirst, "2001:db8::1", {kSecret}, kFirstTime).state, CookieState::Invalid);
}

TEST(CookieTest, OtherLengthsAreOfOtherServers) {
    for (const std::size_t size : {16U, 23U, 25U, 40U}) {
        Bytes bytes = from_hex(kFirst);
        bytes.resize(size);
        EXPECT_EQ(answer(to_hex(bytes), "198.51.100.100", {kSecret}, kFirstTime),
                  (Answer{CookieState::Invalid, kFirst}));
    }
}

}  // namespace
}  // namespace cenote::wire
