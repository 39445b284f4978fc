// SPDX-License-Identifier: Apache-2.0
//
// Packets between the daemon and cenote-quic: what is read refers into the packet, and written again it is the same.
#include <cstdint>
#include <cstring>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/relay/relay.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;

fuzz::Goal query_read("a query is read");
fuzz::Goal reply_read("a reply is read");
fuzz::Goal settings_read("settings are read");
fuzz::Goal certificate_read("a certificate is read");
fuzz::Goal counts_read("counts are read");

bool is_within(ByteView part, ByteView whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool begins_with(ByteView packet, ByteView head) {
    return packet.size() >= head.size() && std::memcmp(packet.data(), head.data(), head.size()) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::uint8_t> bytes = fuzz::Input(data, size).copy();
    const ByteView packet(bytes);
    int kinds = 0;
    if (const auto query = relay::read_query(packet)) {
        ++kinds;
        query_read.reach();
        CENOTE_CHECK(is_within(query->message, packet) && !query->message.empty());
        CENOTE_CHECK(query->message.size() <= relay::kMessageMax);
        CENOTE_CHECK(begins_with(packet, relay::query_head(*query)));
    }
    if (const auto reply = relay::read_reply(packet)) {
        ++kinds;
        reply_read.reach();
        CENOTE_CHECK(is_within(reply->message, packet) && reply->message.size() <= relay::kMessageMax);
        CENOTE_CHECK(begins_with(packet, relay::reply_head(reply->id)));
    }
    if (const auto settings = relay::read_settings(packet)) {
        ++kinds;
        settings_read.reach();
        CENOTE_CHECK(settings->sockets + settings->links <= relay::kDescriptorsMax);
        CENOTE_CHECK(relay::read_settings(relay::settings_packet(*settings)) == settings);
    }
    if (const auto certificate = relay::read_certificate(packet)) {
        ++kinds;
        certificate_read.reach();
        CENOTE_CHECK(is_within(bytes_of(certificate->chain), packet) && is_within(bytes_of(certificate->key), packet));
        if (relay::fits(*certificate)) {
            const auto again = relay::certificate_packet(*certificate);
            CENOTE_CHECK(again.size() == packet.size() && begins_with(packet, again));
        }
    }
    if (const auto counts = relay::read_counts(packet)) {
        ++kinds;
        counts_read.reach();
        CENOTE_CHECK(begins_with(packet, relay::counts_packet(*counts)));
    }
    CENOTE_CHECK(kinds <= 1);
    return 0;
}
