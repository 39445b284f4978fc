// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "resolver/engine/engine.h"
#include "resolver/engine/query_context.h"

namespace cenote::engine {

using telemetry::Counter;
using wire::Rcode;

/// What few configurations ask for; all of it costs others one test.
[[gnu::noinline]] std::optional<Outcome> Engine::guard(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    if (!snapshot_->zones.empty() && is_zone_maintenance(context))
        if (const auto handed_over = hand_over(context, reply)) return handed_over;
    const bool is_asked = context.status == wire::ParseStatus::Ok && context.refusal == Refusal::None &&
                          context.client.transport == telemetry::QueryTransport::Udp;
    return snapshot_->cookies_required && is_asked ? require_cookie(context, reply) : std::nullopt;
}

/// A client that has cookies comes again with the one in the reply (RFC 7873 §5.2.3, §5.2.4), any other over TCP;
/// nullopt: it has sent a valid one, which counts when it is answered.
std::optional<Outcome> Engine::require_cookie(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    const auto state = read_cookie(context);
    if (state == wire::CookieState::Valid) return std::nullopt;
    recorder_.count(Counter::CookieRequired);
    wire::OptContent opt;
    if (state) {
        add_cookie(context, opt);
        write_reply(context.query, Rcode::BadCookie, {}, {}, opt, reply);
    } else {
        write_truncated_reply(context.query, opt, reply);
    }
    return Outcome::Answered;
}

/// Whether the query is a transfer, a NOTIFY, or a query that secondaries send before a transfer, from an address that
/// may query zones.
bool Engine::is_zone_maintenance(const QueryContext& context) const noexcept {
    using wire::RrType;
    if (context.status != wire::ParseStatus::Refused) {
        const RrType type = context.query.type;
        if (context.status != wire::ParseStatus::Ok || (type != RrType::SOA && type != RrType::NS)) return false;
        const auto& zones = snapshot_->zones;
        if (std::find(zones.begin(), zones.end(), context.query.name) == zones.end()) return false;
    }
    return snapshot_->zone_peers.find(context.client.peer.ip) != 0;
}

/// Hands the query over; nullopt when no zone takes it.
std::optional<Outcome> Engine::hand_over(const QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    switch (sink_.hand_over(context.client, context.packet)) {
        case HandOver::NotServed: return std::nullopt;
        case HandOver::Taken: return Outcome::Dropped;
        case HandOver::Later: return Outcome::Pending;
        case HandOver::NoRoom: break;
    }
    write_reply(context.query, Rcode::ServFail, {}, {}, {}, reply);
    return Outcome::Answered;
}

}  // namespace cenote::engine
