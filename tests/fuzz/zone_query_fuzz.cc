// SPDX-License-Identifier: Apache-2.0
//
// Queries about zones and NOTIFY, signed and not: every response is one that ldns can read, belongs to its query, and
// ends; a zone is transferred only to whoever has its key or one of its addresses; what answers a signed query is
// signed.

#include <cstdint>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/transfer/notify.h"
#include "tests/fuzz/input.h"
#include "tests/transfer/zones_for_tests.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using namespace cenote;
using namespace cenote::transfer;

fuzz::Goal transferred("a zone is transferred to an address");
fuzz::Goal transferred_signed("a zone is transferred to a key");
fuzz::Goal kept_back("a zone is not transferred");
fuzz::Goal notified("a NOTIFY is taken");

constexpr std::uint64_t kNow = 1'800'000'000;
constexpr std::size_t kRecords = 400;  // two messages of a transfer at least
constexpr std::size_t kMessagesMax = 50;

/// The first byte of an input.
struct Choices {
    explicit Choices(std::uint8_t byte) noexcept
        : stream((byte & 1U) != 0), stranger((byte & 2U) != 0), by_key((byte & 4U) != 0), sign((byte & 8U) != 0) {}

    bool stream;
    bool stranger;  // the address is that of no secondary
    bool by_key;    // the zone is for holders of a key, not for addresses
    bool sign;
};

const TsigKey& key() {
    static const TsigKey kKey{wire::Name::parse("transfer-key").value(), TsigAlgorithm::HmacSha256,
                              std::vector<std::uint8_t>(32, 1)};
    return kKey;
}

/// Serial 7 with an increment from 6, so that IXFR has both.
std::shared_ptr<const Zones> zones_with_increment(std::vector<TsigKey> keys) {
    const auto first = testing::zones_of(kRecords, keys);
    auto zones = std::make_shared<Zones>(*first);
    ZoneVersion next = *first->versions.front();
    next.serial = 8;
    auto records = *next.records;
    records.erase(records.begin(), records.begin() + 3);
    next.records = std::make_shared<const std::vector<RpzRecord>>(std::move(records));
    zones->versions = {next_version(first->versions.front().get(), std::move(next))};
    return zones;
}

void expect_readable(ByteView message, ByteView query) {
    ldns_pkt* theirs = nullptr;
    CENOTE_CHECK(ldns_wire2pkt(&theirs, message.data(), message.size()) == LDNS_STATUS_OK);
    CENOTE_CHECK(ldns_pkt_qr(theirs) && ldns_pkt_id(theirs) == load_u16(query.data()));
    ldns_pkt_free(theirs);
}

/// `verified`: the message has the signature of `client`.
void ask(const Choices& choices, const Message& message, TsigSession& client, bool verified) {
    static const auto by_address = zones_with_increment({});
    static const auto by_key = zones_with_increment({key()});
    static const SocketAddress kStranger = SocketAddress::parse("192.0.2.99:53", 53).value();
    auto response =
        respond(choices.by_key ? *by_key : *by_address, {.message = message,
                                                         .peer = choices.stranger ? kStranger : testing::kSecondary,
                                                         .stream = choices.stream,
                                                         .now = kNow});
    if (!response) return;
    const bool may = choices.by_key ? verified : !choices.stranger;
    CENOTE_CHECK(may || !response->is_transfer());
    bool is_answer = false;
    std::size_t messages = 0;
    while (const auto part = response->next(kNow)) {
        CENOTE_CHECK(++messages < kMessagesMax && part->size() <= wire::kMessageMax);
        expect_readable(*part, message);
        const auto header = read_header(*part).value();
        if (messages == 1) is_answer = header.rcode() == wire::Rcode::NoError;
        if (verified && choices.by_key && is_answer)
            CENOTE_CHECK(client.verify_response(*part, kNow) == TsigError::None);
    }
    CENOTE_CHECK(messages > 0 && response->finished());
    (!may ? kept_back : choices.by_key ? transferred_signed : transferred).reach();
    if (verified && choices.by_key && is_answer) CENOTE_CHECK(client.complete());
}

void notify(const Choices& choices, const Message& message) {
    static const std::vector<SecondaryZoneOptions> kept{
        {.list = "rpz", .zone = testing::kZone, .primary = testing::kSecondary, .key = {}}};
    const SocketAddress stranger = SocketAddress::parse("192.0.2.99:53", 53).value();
    const auto reply = answer_notify(kept, choices.stranger ? stranger : testing::kSecondary, message);
    if (!reply) return;
    expect_readable(reply->message, message);
    if (!reply->changed.empty()) notified.reach();
    CENOTE_CHECK(!choices.stranger || reply->changed.empty());
}

}  // namespace

/// The first byte: how the query comes; the rest is the query.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 + wire::kHeaderSize) return 0;
    fuzz::Input input(data, size);
    const Choices choices(input.u8());
    Message message = input.copy();
    notify(choices, message);
    TsigSession client(key());
    const std::size_t unsigned_size = message.size();
    if (choices.sign) client.sign_request(message, kNow);
    bool malformed = false;
    const auto tsig = find_tsig(message, malformed);
    // Behind a malformed message the signature is not found.
    ask(choices, message, client, choices.sign && tsig && tsig->start == unsigned_size);
    return 0;
}
