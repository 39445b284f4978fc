// SPDX-License-Identifier: Apache-2.0
//
// Packets between the daemon and cenote-quic: what is read refers into the packet, and written again it is the same.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "resolver/relay/relay.h"

namespace {

using namespace cenote;

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_within(ByteView part, ByteView whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool begins_with(ByteView packet, ByteView head) {
    return packet.size() >= head.size() && std::memcmp(packet.data(), head.data(), head.size()) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView packet(data, size);
    int kinds = 0;
    if (const auto query = relay::read_query(packet)) {
        ++kinds;
        require(is_within(query->message, packet) && !query->message.empty());
        require(query->message.size() <= relay::kMessageMax);
        require(begins_with(packet, relay::query_head(*query)));
    }
    if (const auto reply = relay::read_reply(packet)) {
        ++kinds;
        require(is_within(reply->message, packet) && reply->message.size() <= relay::kMessageMax);
        require(begins_with(packet, relay::reply_head(reply->id)));
    }
    if (const auto settings = relay::read_settings(packet)) {
        ++kinds;
        require(settings->sockets + settings->links <= relay::kDescriptorsMax);
        require(relay::read_settings(relay::settings_packet(*settings)) == settings);
    }
    if (const auto certificate = relay::read_certificate(packet)) {
        ++kinds;
        require(is_within(bytes_of(certificate->chain), packet) && is_within(bytes_of(certificate->key), packet));
        if (relay::fits(*certificate)) {
            const auto again = relay::certificate_packet(*certificate);
            require(again.size() == packet.size() && begins_with(packet, again));
        }
    }
    if (const auto counts = relay::read_counts(packet)) {
        ++kinds;
        require(begins_with(packet, relay::counts_packet(*counts)));
    }
    require(kinds <= 1);
    return 0;
}
