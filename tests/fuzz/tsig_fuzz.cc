// SPDX-License-Identifier: Apache-2.0
//
// Transaction signatures: whatever a message is, a record is found where one stands; a message that we have signed is
// accepted by us and by ldns, and no longer when a bit of it is changed, the time has passed, or the key is another
// one; and a response in several messages is accepted as a whole.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/base/digest.h"
#include "resolver/transfer/tsig.h"
#include "resolver/wire/fold.h"
#include "tests/fuzz/input.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using namespace cenote;
using namespace cenote::transfer;

fuzz::Goal accepted("a signed message is accepted");
fuzz::Goal accepted_by_ldns("a signed message is accepted by ldns");
fuzz::Goal refused("a changed message is refused");
fuzz::Goal several("a response of several messages is accepted");

constexpr std::uint64_t kNow = 1'800'000'000;
constexpr std::uint64_t kFudge = 300;
constexpr std::size_t kIdBytes = 2;  // of the header: the MAC is over the original id, which is in the record

const TsigKey& key() {
    static const TsigKey kKey{wire::Name::parse("key.example").value(), TsigAlgorithm::HmacSha256,
                              std::vector<std::uint8_t>(32, 1)};
    return kKey;
}

std::optional<Tsig> tsig_in(ByteView message) {
    bool malformed = false;
    auto tsig = find_tsig(message, malformed);
    CENOTE_CHECK(!tsig || (!malformed && tsig->start >= wire::kHeaderSize && tsig->start < message.size()));
    return tsig;
}

/// With our signature; nullopt: a record behind this message is not read as the last one, because the message is
/// malformed or has one already.
std::optional<Message> signed_request(const Message& message, TsigSession& client) {
    Message with = message;
    client.sign_request(with, kNow);
    const auto tsig = tsig_in(with);
    return tsig && tsig->start == message.size() ? std::optional(with) : std::nullopt;
}

void expect_accepted(const Message& message) {
    const Tsig tsig = tsig_in(message).value();
    for (const std::uint64_t now : {kNow - kFudge, kNow, kNow + kFudge})
        CENOTE_CHECK(TsigSession(key()).verify_request(message, tsig, now) == TsigError::None);
    for (const std::uint64_t now : {kNow - kFudge - 1, kNow + kFudge + 1})
        CENOTE_CHECK(TsigSession(key()).verify_request(message, tsig, now) == TsigError::BadTime);
    TsigKey other = key();
    other.secret[0] ^= 1U;
    CENOTE_CHECK(TsigSession(other).verify_request(message, tsig, kNow) == TsigError::BadSig);
    other = key();
    other.name = wire::Name::parse("other.example").value();
    CENOTE_CHECK(TsigSession(other).verify_request(message, tsig, kNow) == TsigError::BadKey);
}

void expect_accepted_by_ldns(const Message& message) {
    ldns_pkt* theirs = nullptr;
    if (ldns_wire2pkt(&theirs, message.data(), message.size()) != LDNS_STATUS_OK) return;
    const std::string secret = to_base64(key().secret);
    if (ldns_pkt_tsig(theirs) != nullptr) {
        accepted_by_ldns.reach();
        CENOTE_CHECK(
            ldns_pkt_tsig_verify(theirs, message.data(), message.size(), "key.example.", secret.c_str(), nullptr));
    }
    ldns_pkt_free(theirs);
}

/// Names of key and algorithm are compared without case (RFC 8945 §4.3.3).
bool differs_in_case_alone(std::uint8_t before, std::uint8_t after) {
    wire::fold(&before, &before, 1);
    wire::fold(&after, &after, 1);
    return before == after;
}

void expect_refused_when_changed(Message message, std::size_t bit) {
    const std::size_t at = kIdBytes + bit / 8 % (message.size() - kIdBytes);
    const std::uint8_t before = message[at];
    message[at] = static_cast<std::uint8_t>(before ^ (1U << bit % 8));
    if (differs_in_case_alone(before, message[at])) return;
    const auto tsig = tsig_in(message);
    refused.reach();
    if (tsig) CENOTE_CHECK(TsigSession(key()).verify_request(message, *tsig, kNow) != TsigError::None);
}

/// The message is the request, and then each of `count` messages of the response.
void expect_chain(const Message& message, const Message& request, TsigSession& client, std::size_t count) {
    TsigSession server(key());
    CENOTE_CHECK(server.verify_request(request, tsig_in(request).value(), kNow) == TsigError::None);
    if (count > 1) several.reach();
    for (std::size_t i = 0; i < count; ++i) {
        Message response = message;
        server.sign_response(response, kNow + i);
        CENOTE_CHECK(client.verify_response(response, kNow) == TsigError::None && client.complete());
    }
}

}  // namespace

/// The first byte: how many messages a response has; two more: the bit that is changed; the rest is a message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kChoices = 3;
    if (size < kChoices + wire::kHeaderSize) return 0;
    fuzz::Input input(data, size);
    const std::size_t count = input.u8() % 4U;
    const std::size_t bit = input.u16();
    const Message message = input.copy();
    if (const auto tsig = tsig_in(message)) (void)TsigSession(key()).verify_request(message, *tsig, kNow);
    (void)TsigSession(key()).verify_response(message, kNow);
    TsigSession client(key());
    const auto request = signed_request(message, client);
    if (!request) return 0;
    accepted.reach();
    expect_accepted(*request);
    expect_accepted_by_ldns(*request);
    expect_refused_when_changed(*request, bit);
    expect_chain(message, *request, client, count);
    return 0;
}
