// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/minute_writer.h"

#include <string_view>
#include <tuple>

namespace cenote::history {
namespace {

using telemetry::Combination;
using telemetry::KeyKind;

constexpr seconds kClockSlack{30};  // the wall clock may be ahead of the ticks by so much: it is adjusted all the time
constexpr seconds kGapLeast{90};    // a shorter stop is within the minutes that were written
constexpr seconds kPruneEvery{3600};
constexpr std::string_view kClock = "clock";

using Key = std::tuple<telemetry::QueryVerdict, telemetry::RoleNumber, telemetry::QueryTransport, telemetry::Key,
                       telemetry::Key, telemetry::Key>;

Key key_of(const Combination& row) {
    return {row.verdict, row.role, row.transport, row.service, row.directive, row.group};
}

}  // namespace

void DaySketches::add(const SketchKey& key, const telemetry::SketchCell& client, const telemetry::SketchCell& episode) {
    auto found = sketches_.find(key);
    if (found == sketches_.end()) {
        SketchKey placed = key;
        if (sketches_.size() >= kSketchesMax) placed.group = "(other)";
        found = sketches_.try_emplace(std::move(placed)).first;
    }
    found->second.clients.add(client);
    found->second.episodes.add(episode);
}

Counts counts_between(const telemetry::Metrics& before, const telemetry::Metrics& now, const telemetry::Keys& keys) {
    std::map<Key, std::uint64_t> counted;
    for (const Combination& row : before.combinations) counted[key_of(row)] += row.count;
    Counts counts;
    for (const Combination& row : now.combinations) {
        const auto known = counted.find(key_of(row));
        const std::uint64_t more = row.count - (known == counted.end() ? 0 : known->second);
        if (more == 0) continue;
        counts[{.verdict = row.verdict,
                .role = row.role,
                .transport = row.transport,
                .service = keys.name(KeyKind::Service, row.service),
                .directive = keys.name(KeyKind::Directive, row.directive),
                .group = keys.name(KeyKind::Group, row.group)}] += more;
    }
    return counts;
}

SignalCounts signals_between(const telemetry::Metrics& before, const telemetry::Metrics& now,
                             const telemetry::Keys& keys) {
    std::map<std::pair<telemetry::Signal, telemetry::Key>, std::uint64_t> counted;
    for (const telemetry::SignalCount& row : before.signals) counted[{row.signal, row.group}] = row.count;
    SignalCounts counts;
    for (const telemetry::SignalCount& row : now.signals) {
        const auto known = counted.find({row.signal, row.group});
        const std::uint64_t more = row.count - (known == counted.end() ? 0 : known->second);
        if (more != 0) counts[{row.signal, keys.name(KeyKind::Group, row.group)}] += more;
    }
    return counts;
}

MinuteWriter::MinuteWriter(std::unique_ptr<Store> store, Options options, Collect collect, TakeSketches take_sketches,
                           const telemetry::Keys& keys, WallTime now, Ticks ticks)
    : store_(std::move(store)),
      options_(std::move(options)),
      collect_(std::move(collect)),
      take_sketches_(std::move(take_sketches)),
      keys_(keys),
      before_(collect_()),
      last_(now),
      last_ticks_(ticks) {
    const auto alive = store_->alive_until();
    const auto stopped = store_->was_stopped();
    if (alive && *alive && now - **alive > kGapLeast)
        static_cast<void>(store_->add_gap({"", **alive, now, stopped && *stopped ? "stopped" : "killed"}));
    static_cast<void>(store_->set_stopped(false));
}

Status MinuteWriter::tick(WallTime now, Ticks ticks) {
    const WallTime minute = start_of(Span::Minute, now);
    if (!failure_.text.empty() && minute == start_of(Span::Minute, tried_)) return failure_;
    if (minute == start_of(Span::Minute, last_)) return Done{};
    auto written = write(now, ticks);
    tried_ = now;
    failure_ = written ? Error{} : written.error();
    return written;
}

Status MinuteWriter::stop(WallTime now, Ticks ticks) {
    if (auto written = write(now, ticks); !written) return written;
    return store_->set_stopped(true);
}

/// What was counted since the last write belongs to the minute of that write: the writes are a minute apart.
Status MinuteWriter::write(WallTime now, Ticks ticks) {
    const auto seed = store_->seed_of_month(last_);
    if (!seed) return seed.error();
    telemetry::Metrics counted = collect_();
    const DaySketches taken = take_sketches_();
    for (const auto& [key, sketches] : taken.all()) {
        SketchPair& into = unwritten_[key];
        into.clients.merge(sketches.clients);
        into.episodes.merge(sketches.episodes);
    }
    const Minute minute{.at = start_of(Span::Minute, last_),
                        .counts = counts_between(before_, counted, keys_),
                        .sketches = unwritten_,
                        .seed_id = seed_id_of(*seed),
                        .signals = signals_between(before_, counted, keys_),
                        .gap = gap_before(now, ticks)};
    if (auto written = store_->write(minute, now); !written) return written;
    before_ = std::move(counted);
    unwritten_.clear();
    if (minute.gap && minute.gap->why == kClock) pruned_ = now;
    last_ = now;
    last_ticks_ = ticks;
    if (now - pruned_ < kPruneEvery && now >= pruned_) return Done{};
    pruned_ = now;
    return store_->prune(options_, now);
}

/// The clock was set forward, or writes have failed for a while.
std::optional<Gap> MinuteWriter::gap_before(WallTime now, Ticks ticks) const {
    const auto by_ticks = last_ + std::chrono::floor<seconds>(ticks - last_ticks_);
    if (now - by_ticks > kClockSlack) return Gap{"", by_ticks, now, std::string(kClock)};
    const WallTime minute_over = start_of(Span::Minute, last_) + length_of(Span::Minute);
    if (now - last_ > kGapLeast) return Gap{"", minute_over, now, "unwritten"};
    return std::nullopt;
}

}  // namespace cenote::history
