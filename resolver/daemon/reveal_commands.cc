// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/daemon/looks.h"
#include "resolver/daemon/privacy_commands.h"
#include "resolver/daemon/responses.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;

/// What may be behind a pseudonym: clients that are known by address, and the prefixes of groups, then of allow_from.
sinks::Candidates candidates_of(Running& running) {
    sinks::Candidates candidates;
    telemetry::Hub& hub = running.queries().hub();
    hub.count_samples();
    for (const auto& row : hub.top_clients(telemetry::TopTable::kKept * 2))
        if (const auto client = IpAddress::parse(row.key)) candidates.addresses.push_back(*client);
    for (const auto& row : hub.collect().bypass) candidates.addresses.push_back(row.client);
    for (const auto& document : running.rulebook().open_exceptions())
        if (document.client) candidates.prefixes.push_back(*document.client);
    for (const policy::Group& group : running.enforcement().policy().options().groups)
        candidates.prefixes.insert(candidates.prefixes.end(), group.clients.begin(), group.clients.end());
    const auto& allowed = running.enforcement().loaded().settings.allow_from;
    candidates.prefixes.insert(candidates.prefixes.end(), allowed.begin(), allowed.end());
    return candidates;
}

Json reveal_json(const Reveal& reveal) {
    return {{field::kNumber, reveal.number},
            {field::kPseudonym, reveal.pseudonym},
            {field::kPurpose, reveal.purpose},
            {field::kAskedBy, reveal.asked_by},
            {field::kAskedAt, format_time(reveal.asked_at)},
            {field::kApprovedBy, report::text_or_null(reveal.approved_by)}};
}

state::Record reveal_record(const Peer& peer, const Request& request, const std::string& action, const Reveal& reveal) {
    state::Record record = record_of(peer, request, action);
    record.object = reveal.pseudonym;
    record.after = fmt::format("request {} of {}", reveal.number, reveal.asked_by);
    record.note = reveal.purpose;
    return record;
}

std::string nothing_found(const sinks::Candidates::Found& found) {
    if (found.keys == 0) return "no key of a pseudonym is kept, so that none can be revealed";
    return fmt::format(
        "no address was found behind it: {} addresses were tried under {} keys{}. The key may be destroyed, or the "
        "address in no IPv4 prefix of a group or of allow_from; IPv6 addresses are tried where the daemon has them in "
        "memory only",
        found.tried, found.keys, found.cut ? ", and the prefixes have more than can be tried" : "");
}

}  // namespace

Response reveals(Running& running, const Peer&, const Request&) {
    Json rows = Json::array();
    for (const auto& [number, reveal] : running.open_requests().reveals.all(wall_now()))
        rows.push_back(reveal_json(reveal));
    return done(std::move(rows));
}

Response reveal_ask(Running& running, const Peer& peer, const Request& request) {
    if (running.hit_sinks().pseudonyms() == nullptr)
        return fail("no key of a pseudonym is kept, so that none can be revealed");
    Reveals& all = running.open_requests().reveals;
    const auto asked =
        all.ask(peer.actor, text_in(request, field::kPseudonym), text_in(request, field::kPurpose), wall_now());
    if (!asked) return fail(asked.error().text);
    if (auto written = running.record(reveal_record(peer, request, "reveal request", *asked)); !written) {
        all.withdraw(asked->number);
        return fail(written.error().text);
    }
    return done(reveal_json(*asked));
}

void reveal_approve(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    Reveals& all = running.open_requests().reveals;
    const auto number = request.args.value(field::kNumber, std::uint64_t{0});
    auto reveal = all.check_approval(peer.actor, peer.may_approve, number, wall_now());
    if (!reveal) return reply(fail(reveal.error().text));
    if (auto written = running.record(reveal_record(peer, request, "reveal approve", *reveal)); !written)
        return reply(fail(written.error().text));
    all.approve(peer.actor, number);
    reveal->approved_by = peer.actor;
    const auto pseudonyms = running.hit_sinks().pseudonyms();
    if (pseudonyms == nullptr) return reply(fail(nothing_found({})));
    running.open_requests().slow.start(
        [&running, number, reveal = *reveal, pseudonyms,
         candidates = candidates_of(running)](const std::atomic<bool>& stopping) -> SlowWork::End {
            const auto found = pseudonyms->find(reveal.pseudonym, candidates, stopping);
            return [&running, number, reveal, found] {
                if (!found.client) return fail(nothing_found(found));
                running.open_requests().reveals.note_client(number, found.client->to_string());
                Json answer = reveal_json(reveal);
                answer[field::kClient] = found.client->to_string();
                return done(std::move(answer));
            };
        },
        reply);
}

Response reveal_show(Running& running, const Peer& peer, const Request& request) {
    const auto number = request.args.value(field::kNumber, std::uint64_t{0});
    const auto reveal = running.open_requests().reveals.result(peer.actor, number, wall_now());
    if (!reveal) return fail(reveal.error().text);
    if (auto recorded = record_look(running, peer, request, "reveal " + reveal->pseudonym); !recorded)
        return fail(recorded.error().text);
    Json answer = reveal_json(*reveal);
    answer[field::kClient] = reveal->client;
    return done(std::move(answer));
}

}  // namespace cenote::daemon
