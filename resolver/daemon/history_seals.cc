// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/history_seals.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/history/late_days.h"
#include "resolver/report/seals.h"
#include "resolver/state/trail_reads.h"

namespace cenote::daemon {
namespace {

constexpr std::string_view kLate = "rows were written after the day was sealed: the clock had been set back";

std::string day_text(WallTime day) {
    constexpr std::size_t kDateLength = 10;
    return format_time(day).substr(0, kDateLength);
}

state::Record seal_record(const history::DayDigest& digests) {
    state::Record record = own_record(std::string(report::kSeal));
    record.object = day_text(digests.day);
    record.after = report::seal_text(digests);
    return record;
}

/// Those of one node.
Result<std::vector<history::DayDigest>> digests_of(history::Store& store, const std::string& node, WallTime from,
                                                   WallTime to) {
    auto all = history::day_digests(store, from, to);
    if (!all) return all;
    std::erase_if(*all, [&node](const history::DayDigest& each) { return each.node != node; });
    return all;
}

bool is_as_sealed(const history::DayDigest& now, const report::Seal* seal) {
    return seal != nullptr && seal->digests.kept() == now.kept() && seal->digests.hours == now.hours;
}

class Planner {
public:
    Planner(const SealPlaces& places, history::Store& store, const report::Seals& seals, WallTime until)
        : places_(places), store_(store), seals_(seals), until_(until), last_(seals.last_day(places.node)) {}

    Status add_late_days();
    Status compare_earlier_days();
    Status add_new_days();
    [[nodiscard]] SealPlan plan() && { return std::move(plan_); }

private:
    const SealPlaces& places_;
    history::Store& store_;
    const report::Seals& seals_;
    WallTime until_;
    std::optional<WallTime> last_;
    std::vector<WallTime> late_;
    SealPlan plan_;
};

/// A late day behind the last seal is sealed with the new ones.
Status Planner::add_late_days() {
    auto late = history::late_days(places_.history);
    if (!late) return late.error();
    std::vector<WallTime> sealed;
    for (const WallTime day : *late) {
        late_.push_back(day);
        if (day >= until_ || !last_ || day > *last_) continue;
        auto now = digests_of(store_, places_.node, day, day + kDay);
        if (!now) return now.error();
        const report::Seal* seal = seals_.find(day, places_.node);
        if (now->empty() || is_as_sealed(now->front(), seal)) {
            sealed.push_back(day);
            continue;
        }
        state::Record record = seal_record(now->front());
        record.before =
            report::seal_text(seal == nullptr ? history::digest_of_no_rows(day, places_.node) : seal->digests);
        record.note = kLate;
        plan_.records.push_back(std::move(record));
        plan_.more = true;  // the next time it is forgotten
    }
    return sealed.empty() ? Status(Done{}) : history::forget_late_days(places_.history, sealed);
}

Status Planner::compare_earlier_days() {
    if (!last_) return Done{};
    const WallTime from = until_ - HistorySeals::kDaysLookedBack * kDay;
    auto now = digests_of(store_, places_.node, from, std::min(until_, *last_ + kDay));
    if (!now) return now.error();
    std::map<WallTime, report::SealState> states;
    for (const history::DayDigest& each : *now) states[each.day] = report::compare_with_seal(each, seals_);
    bool began = false;  // days before the first one that is there are gone with the file that had them
    for (WallTime day = from; day <= *last_ && day < until_; day += kDay) {
        const auto found = states.find(day);
        const bool is_sealed = seals_.find(day, places_.node) != nullptr;
        const auto state = found != states.end() ? found->second
                           : is_sealed           ? report::SealState::Gone
                                                 : report::SealState::NoRows;
        if (std::ranges::find(late_, day) == late_.end() &&
            (state == report::SealState::Changed || state == report::SealState::WithoutSeal ||
             (state == report::SealState::Gone && began)))
            plan_.changed.push_back(day);
        began = began || (state != report::SealState::Gone && state != report::SealState::NoRows);
    }
    return Done{};
}

Status Planner::add_new_days() {
    const auto first = store_.first();
    if (!first) return first.error();
    if (!*first) return Done{};
    WallTime from = last_ ? *last_ + kDay : history::start_of(history::Span::Day, **first);
    while (from < until_ && plan_.records.empty()) {
        const WallTime to = std::min(until_, from + HistorySeals::kDaysAtOnce * kDay);
        auto now = digests_of(store_, places_.node, from, to);
        if (!now) return now.error();
        for (const history::DayDigest& each : *now)
            if (each.has_rows()) plan_.records.push_back(seal_record(each));
        from = to;
    }
    plan_.more = plan_.more || from < until_;
    return Done{};
}

}  // namespace

Result<SealPlan> plan_seals(const SealPlaces& places, WallTime until, bool look_back) {
    const auto records = state::read_records(places.state, report::kSeal);
    if (!records) return records.error();
    const report::Seals seals(*records, places.node);
    const auto store = history::Store::open_read_only(places.history);
    if (!store) return store.error();
    Planner planner(places, **store, seals, until);
    if (auto added = planner.add_late_days(); !added) return std::move(added).error();
    if (look_back)
        if (auto compared = planner.compare_earlier_days(); !compared) return std::move(compared).error();
    if (auto added = planner.add_new_days(); !added) return std::move(added).error();
    return std::move(planner).plan();
}

void HistorySeals::observe(SlowWork& slow, const SealPlaces& places, WallTime written, WallTime now, Ticks ticks,
                           Write write) {
    constexpr seconds kJump{60};
    constexpr seconds kHold{3600};
    if (last_now_ != WallTime() && now - last_now_ > (ticks - last_ticks_) + kJump) hold_until_ = ticks + kHold;
    last_now_ = now;
    last_ticks_ = ticks;
    if (places.history.empty() || at_work_ || ticks < hold_until_) return;
    const WallTime until = history::start_of(history::Span::Day, written);
    if (until != done_until_ || ticks >= next_) begin(slow, places, until, ticks, std::move(write));
}

void HistorySeals::begin(SlowWork& slow, const SealPlaces& places, WallTime until, Ticks ticks, Write write) {
    const bool look_back = until != looked_back_;
    at_work_ = slow.start(
        [this, places, until, ticks, look_back, write = std::move(write)](const std::atomic<bool>&) -> SlowWork::End {
            return [this, until, ticks, write, plan = plan_seals(places, until, look_back)] {
                end(plan, until, ticks, write);
                return done(control::Json::object());
            };
        },
        control::Reply());
}

void HistorySeals::end(Result<SealPlan> plan, WallTime until, Ticks ticks, const Write& write) {
    constexpr seconds kLookEvery{3600};
    at_work_ = false;
    next_ = ticks + kLookEvery;
    done_until_ = until;  // after a failure an hour later
    Status written = Done{};
    if (plan && !plan->records.empty()) written = write(std::move(plan->records));
    problem_ = !plan ? plan.error().text : !written ? written.error().text : std::string();
    if (!problem_.empty()) problem_ = fmt::format("days of the history are not sealed: {}", problem_);
    if (!plan || !written) return;
    if (plan->more) next_ = Ticks();
    if (looked_back_ == until) return;
    looked_back_ = until;
    changed_.clear();
    if (plan->changed.empty()) return;
    changed_ = fmt::format("{} days of the history are not as they were sealed, the first of them {}",
                           plan->changed.size(), day_text(plan->changed.front()));
}

}  // namespace cenote::daemon
