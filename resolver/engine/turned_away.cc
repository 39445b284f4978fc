// SPDX-License-Identifier: Apache-2.0
//
// Queries that get no verdict: those that cannot be read or are not served, clients that may not query, and clients
// over [limits].rate.
#include "resolver/engine/query_context.h"

namespace cenote::engine {

using telemetry::Counter;
using wire::EdeCode;
using wire::Rcode;

/// What clients get for whom Access is not kFree. It is not inlined, so that it costs those nothing for whom it is. A
/// query that has waited was charged when it came.
[[gnu::noinline]] bool Engine::admit_limited(QueryContext& context, PrefixTable::Value access) const noexcept {
    const bool is_allowed = access != Access::kNone;
    if (snapshot_->rate == nullptr || context.late) return is_allowed || context.refuse_with(Refusal::NotAllowed);
    const IpAddress& ip = context.client.peer.ip;
    const Standing standing = standing_of(context);
    if (snapshot_->rate->take_answer(ip, standing, context.now))
        return is_allowed || context.refuse_with(Refusal::NotAllowed);
    // The number of queries in flight limits a connection, whose queries are all answered.
    if (context.client.transport != telemetry::QueryTransport::Udp) return context.refuse_with(Refusal::TooMany);
    if (!is_allowed || !snapshot_->rate->take_notice(ip, standing, context.now))
        return context.refuse_with(Refusal::Unanswered);
    return context.refuse_with(standing == Standing::Shown ? Refusal::TooMany : Refusal::Truncated);
}

/// A client that gets replies over a connection, or sends back a cookie of this server (RFC 7873 §5.2.5), is at its
/// address.
Standing Engine::standing_of(QueryContext& context) const noexcept {
    const bool is_shown =
        context.client.transport != telemetry::QueryTransport::Udp || read_cookie(context) == wire::CookieState::Valid;
    return is_shown ? Standing::Shown : Standing::Claimed;
}

/// Whether a datagram that is no query to be judged gets no reply: it counts as one of its client.
bool Engine::is_over_rate(const QueryContext& context) const noexcept {
    return snapshot_->rate != nullptr && context.client.transport == telemetry::QueryTransport::Udp &&
           !snapshot_->rate->take_answer(context.client.peer.ip, Standing::Claimed, context.now);
}

Outcome Engine::reject(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    Rcode rcode = Rcode::FormErr;
    Counter counter = Counter::Formerr;
    if (context.status != wire::ParseStatus::Drop && is_over_rate(context)) {
        context.refusal = Refusal::Unanswered;
        return refuse(context, reply);
    }
    switch (context.status) {
        case wire::ParseStatus::Ok:
        case wire::ParseStatus::Drop: recorder_.count(Counter::Malformed); return Outcome::Dropped;
        case wire::ParseStatus::CookieOnly:
            if (!snapshot_->cookies.empty()) return answer_cookie_alone(context, reply);
            break;
        case wire::ParseStatus::Keepalive:
        case wire::ParseStatus::FormErr: break;
        case wire::ParseStatus::NotImp: rcode = Rcode::NotImp, counter = Counter::Notimp; break;
        case wire::ParseStatus::BadVers: rcode = Rcode::BadVers, counter = Counter::Badvers; break;
        case wire::ParseStatus::Refused: rcode = Rcode::Refused, counter = Counter::RefusedByKind; break;
        case wire::ParseStatus::ProxyHeader: counter = Counter::ProxyUnexpected; break;
    }
    recorder_.count(counter);
    wire::OptContent opt;
    if (rcode != Rcode::FormErr) add_cookie(context, opt);
    write_reply(context.query, rcode, {}, {}, opt, reply);
    return Outcome::Answered;
}

/// RFC 7873 §5.4.
Outcome Engine::answer_cookie_alone(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    if (snapshot_->allow_from.find(context.client.peer.ip) == Access::kNone) {
        context.refusal = Refusal::NotAllowed;
        return refuse(context, reply);
    }
    wire::OptContent opt;
    const bool is_bad = add_cookie(context, opt) == wire::CookieState::Invalid;
    write_reply(context.query, is_bad ? Rcode::BadCookie : Rcode::NoError, {}, {}, opt, reply);
    return Outcome::Answered;
}

Outcome Engine::refuse(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    switch (context.refusal) {
        case Refusal::NotAllowed:
            recorder_.count(Counter::RefusedByAcl);
            return fail(context, Rcode::Refused, {.code = EdeCode::Prohibited, .text = {}, .short_text = {}}, reply);
        case Refusal::Truncated:
        case Refusal::TooMany:
        case Refusal::Unanswered: return refuse_over_rate(context, reply);
        case Refusal::None:
        case Refusal::NotReady: break;
    }
    recorder_.count(Counter::NotReady);
    return fail(context, Rcode::ServFail,
                {.code = EdeCode::NotReady, .text = "no policy is in force yet", .short_text = {}}, reply);
}

Outcome Engine::refuse_over_rate(QueryContext& context, wire::ReplyBuffer& reply) noexcept {
    recorder_.count(Counter::RateLimited);
    if (context.refusal == Refusal::Unanswered) {
        recorder_.count(Counter::RateUnanswered);
        return Outcome::Dropped;
    }
    if (context.refusal == Refusal::TooMany)
        return fail(context, Rcode::Refused,
                    {.code = EdeCode::RateLimited, .text = "too many queries a second", .short_text = {}}, reply);
    wire::OptContent opt;  // nothing else, so that the reply to a forged address is no larger than the query
    add_cookie(context, opt);
    write_truncated_reply(context.query, opt, reply);
    return Outcome::Answered;
}

}  // namespace cenote::engine
