// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/seal_commands.h"

#include <algorithm>
#include <set>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/report/seals.h"
#include "resolver/rules/policy_document.h"
#include "resolver/rules/rules_digest.h"
#include "resolver/state/policies.h"
#include "resolver/state/trail_reads.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using history::Span;

constexpr int kDaysAtOnce = 31;
constexpr std::size_t kRowsAtOnce = 1000;
constexpr std::size_t kPoliciesMax = 10'000;

struct Ask {
    SealPlaces places;
    WallTime from{};
    WallTime to{};
    std::vector<std::string> policies;
};

/// The start of the first day with hours, whatever the node: earlier ones may have been deleted.
Result<std::optional<WallTime>> first_hours(history::Store& store) {
    const auto first = store.first();
    if (!first || !*first) return first;
    std::optional<WallTime> found;
    WallTime day = history::start_of(Span::Day, **first);
    for (const WallTime end = wall_now() + kDay; !found && day < end; day += kDay) {
        auto read = store.read(Span::Hour, day, day + kDay, [&](const history::Row&) { found = day; });
        if (!read) return std::move(read).error();
    }
    return found;
}

Result<Json> seals_between(const Ask& ask) {
    const auto records = state::read_records(ask.places.state, report::kSeal);
    if (!records) return records.error();
    const report::Seals sealed(*records, ask.places.node);
    const auto store = history::Store::open_read_only(ask.places.history);
    if (!store) return store.error();
    const auto hours = first_hours(**store);
    if (!hours) return hours.error();
    const WallTime until = std::min(ask.to, ask.from + kDaysAtOnce * kDay);
    const auto digests = history::day_digests(**store, ask.from, until);
    if (!digests) return digests.error();
    Json rows = Json::array();
    std::optional<WallTime> next = until < ask.to ? std::optional(until) : std::nullopt;
    WallTime day{};
    for (const history::DayDigest& each : *digests) {
        if (rows.size() >= kRowsAtOnce && each.day != day) {
            next = each.day;
            break;
        }
        day = each.day;
        rows.push_back(report::seal_json(each, sealed, *hours));
    }
    return Json{{field::kRows, std::move(rows)}, {"next", report::time_json(next)}};
}

/// A report names policies by the digests of their rules, which are the same on all nodes. A policy whose text has not
/// the digest under which it is kept is not known.
Status add_rules_digests(const Ask& ask, std::set<std::string>& known) {
    constexpr seconds kBefore{400 * 86400};  // the time before, which a report compares with
    std::set<std::string> read;
    return state::each_policy(ask.places.state, ask.from - kBefore, ask.to, [&](const state::PolicyVersion& version) {
        if (!read.insert(version.digest).second || to_hex(sha256(bytes_of(version.text))) != version.digest)
            return Status(Done{});
        if (const auto policy = rules::read_policy_document(version.text))
            known.insert(rules::rules_digest(*policy->options, policy->catalogue));
        return Status(Done{});
    });
}

Result<Json> unknown_policies(const Ask& ask) {
    Json unknown = Json::array();
    if (ask.policies.empty()) return unknown;
    auto known = state::read_policy_digests(ask.places.state);
    if (!known) return std::move(known).error();
    if (auto added = add_rules_digests(ask, *known); !added) return std::move(added).error();
    for (const std::string& digest : ask.policies)
        if (!known->contains(digest)) unknown.push_back(digest);
    return unknown;
}

Result<Ask> read_ask(Running& running, const control::Request& request) {
    const config::Settings& settings = running.enforcement().loaded().settings;
    if (settings.history.file.empty()) return Error{"this node has no history: [history].file is empty"};
    const auto from = parse_time(text_in(request, field::kFrom));
    const auto to = parse_time(text_in(request, field::kTo));
    if (!from) return from.error();
    if (!to) return to.error();
    if (*from >= *to) return Error{"'to' must be later than 'from'"};
    Ask ask{.places = {settings.history.file, settings.state, settings.node},
            .from = history::start_of(Span::Day, *from),
            .to = *to,
            .policies = {}};
    if (const WallTime whole = history::start_of(Span::Day, *to); whole != *to) ask.to = whole + kDay;
    for (const Json& each : request.args.value("policies", Json::array()))
        if (each.is_string() && ask.policies.size() < kPoliciesMax) ask.policies.push_back(each.get<std::string>());
    return ask;
}

}  // namespace

void seals(Running& running, const control::Peer&, const control::Request& request, const control::Reply& reply) {
    const auto ask = read_ask(running, request);
    if (!ask) return reply(fail(ask.error().text));
    running.open_requests().slow.start(
        [ask = *ask](const std::atomic<bool>&) -> SlowWork::End {
            auto rows = seals_between(ask);
            auto unknown = unknown_policies(ask);
            for (const auto* read : {&rows, &unknown})
                if (!*read) return [text = read->error().text] { return fail(text); };
            (*rows)["unknown_policies"] = std::move(*unknown);
            return [rows = std::move(*rows)] { return done(rows); };
        },
        reply);
}

}  // namespace cenote::daemon
