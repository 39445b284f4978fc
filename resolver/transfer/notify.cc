// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/notify.h"

#include <algorithm>
#include <iterator>

namespace cenote::transfer {
namespace {

constexpr auto kNotifyFlags =
    static_cast<std::uint16_t>(static_cast<unsigned>(wire::Opcode::Notify) << 11 | wire::kFlagAa);

}  // namespace

Message make_notify(const wire::Name& zone, std::uint16_t id) {
    MessageWriter message(id, kNotifyFlags);
    message.question(zone, wire::RrType::SOA);
    return std::move(message).finish();
}

std::optional<NotifyReply> answer_notify(const std::vector<SecondaryZoneOptions>& kept, const SocketAddress& peer,
                                         ByteView message) {
    const auto header = read_header(message);
    if (!header || header->opcode() != wire::Opcode::Notify) return std::nullopt;
    NotifyReply reply;
    const auto question = read_question(message);
    if (question)
        std::copy_if(kept.begin(), kept.end(), std::back_inserter(reply.changed),
                     [&](const SecondaryZoneOptions& each) {
                         return each.zone == question->name && each.primary.ip == peer.ip;
                     });
    const auto rcode = reply.changed.empty() ? wire::Rcode::NotAuth : wire::Rcode::NoError;
    MessageWriter response(header->id,
                           static_cast<std::uint16_t>(wire::kFlagQr | kNotifyFlags | static_cast<unsigned>(rcode)));
    if (question) response.question(message.subspan(wire::kHeaderSize, question->end - wire::kHeaderSize));
    reply.message = std::move(response).finish();
    return reply;
}

}  // namespace cenote::transfer
