// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/bypass_command.h"

#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/report/bypass.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;
using std::chrono::days;

constexpr days kShownDays{14};                            // where no time is given
constexpr std::size_t kReplyMax = control::kLineMax / 2;  // bytes

Result<Json> from_history(const Running& running, WallTime since) {
    const auto store = history::Store::open_read_only(running.hit_sinks().history_file());
    if (!store) return store.error();
    report::BypassHistory found{
        .since = since, .until = running.hit_sinks().history_written(), .signals = {}, .silences = {}, .gaps = {}};
    const auto on_signal = [&](const history::SignalRow& row) { found.signals.push_back(row); };
    if (auto read = (*store)->read_signals(since, WallTime::max(), on_signal); !read) return std::move(read).error();
    std::vector<history::GroupDay> group_days;
    const auto on_day = [&](const history::GroupDay& row) { group_days.push_back(row); };
    if (auto read = (*store)->read_group_days(since - report::kUsualDays, WallTime::max(), on_day); !read)
        return std::move(read).error();
    found.silences = report::silences(group_days,
                                      report::watched_groups(running.enforcement().policy().options().groups,
                                                             running.enforcement().loaded().settings.privacy.smallest),
                                      since);
    auto gaps = (*store)->gaps(since, WallTime::max());
    if (!gaps) return std::move(gaps).error();
    found.gaps = std::move(*gaps);
    return report::bypass_json(found);
}

}  // namespace

Response bypass(Running& running, const Peer&, const Request& request) {
    const WallTime now = wall_now();
    WallTime since = now - kShownDays + days(1);
    if (const auto text = text_of(request, field::kSince)) {
        const auto time = parse_time(*text);
        if (!time) return fail(time.error().text);
        since = *time;
    }
    if (running.hit_sinks().history_file().empty()) {
        const seconds uptime = running.queries().uptime();
        return done(
            report::bypass_json(running.queries().hub().collect(), running.enforcement().keys(), now - uptime, now));
    }
    auto found = from_history(running, history::start_of(history::Span::Day, since));
    if (!found) return fail(fmt::format("the history cannot be read: {}", found.error().text));
    if (found->dump(-1, ' ', false, Json::error_handler_t::replace).size() > kReplyMax)
        return fail("there are more rows than one reply carries; ask for fewer days with --since");
    return done(std::move(*found));
}

}  // namespace cenote::daemon
