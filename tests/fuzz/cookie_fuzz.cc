// SPDX-License-Identifier: Apache-2.0
//
// DNS cookies: what a client has from elsewhere is not valid; what it gets is valid when it comes back from the same
// address within its time, and not from another address, later, or with a bit changed.
//
// Input: the present time in four bytes, the seconds until it comes back in four, a byte that chooses the bit, the
// COOKIE as received.

#include <algorithm>
#include <array>
#include <cstdint>

#include "resolver/base/check.h"
#include "resolver/wire/cookie.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::wire;

constexpr std::size_t kChoices = 9;
constexpr std::size_t kClientPart = 8;
constexpr std::size_t kReceivedMax = 40;  // RFC 7873 §4
constexpr std::uint32_t kGoodFor = 3600;  // seconds (RFC 9018 §4.3)

fuzz::Goal in_time("a cookie comes back in time");
fuzz::Goal too_late("a cookie comes back too late");
fuzz::Goal elsewhere("a cookie is of elsewhere");

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < kChoices + kClientPart) return 0;
    static const IpAddress client = IpAddress::parse("192.0.2.7").value();
    static const IpAddress other = IpAddress::parse("2001:db8::7").value();
    const std::array<CookieSecret, 2> secrets{CookieSecret{1}, CookieSecret{2}};
    const std::array<CookieSecret, 1> others{CookieSecret{3}};
    fuzz::Input input(data, size);
    const std::uint32_t now = input.u32();
    const std::uint32_t passed = input.u32();
    const std::uint8_t bit = input.u8();
    const ByteView rest = input.rest();
    const bool has_server_part = rest.size() >= 16;
    const ByteView received = rest.first(has_server_part ? std::min(rest.size(), kReceivedMax) : kClientPart);
    CookieBytes made;
    const CookieState state = answer_cookie(received, client, secrets, now, made);
    CENOTE_CHECK(std::equal(made.begin(), made.begin() + kClientPart, received.begin()));
    CENOTE_CHECK((state == CookieState::ClientOnly) == (received.size() == kClientPart));

    // Eight bytes of a keyed hash are not found by trying, so that `received` was not valid.
    CENOTE_CHECK(state != CookieState::Valid);
    if (state == CookieState::Invalid) elsewhere.reach();
    const std::uint32_t later = now + passed;
    CookieBytes again;
    const CookieState back = answer_cookie(made, client, secrets, later, again);
    if (passed <= kGoodFor) {
        in_time.reach();
        CENOTE_CHECK(back == CookieState::Valid);
    } else if (passed < 0x80000000U - kGoodFor) {
        too_late.reach();
        CENOTE_CHECK(back == CookieState::Invalid);
    }
    CENOTE_CHECK(answer_cookie(made, other, secrets, now, again) == CookieState::Invalid);
    CENOTE_CHECK(answer_cookie(made, client, others, now, again) == CookieState::Invalid);
    fuzz::flip(made, bit);
    CENOTE_CHECK(answer_cookie(made, client, secrets, now, again) == CookieState::Invalid);
    return 0;
}
