// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/local_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "resolver/base/time_text.h"

namespace cenote::policy {
namespace {

using std::chrono::days;
using std::chrono::hh_mm_ss;
using std::chrono::minutes;

constexpr std::size_t kTimeSize = 20;  // "2026-12-31T14:59:59Z"
constexpr std::array<const char*, 7> kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

std::string date_text(WallTime clock) {
    const std::chrono::year_month_day date(std::chrono::floor<days>(clock));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::string clock_text(WallTime clock) {
    const hh_mm_ss time{clock - std::chrono::floor<days>(clock)};
    std::string text = fmt::format("{:02}:{:02}", time.hours().count(), time.minutes().count());
    if (time.seconds().count() != 0) text += fmt::format(":{:02}", time.seconds().count());
    return text;
}

/// "+09:00".
std::string offset_text(seconds offset) {
    const hh_mm_ss size{std::chrono::abs(offset)};
    return fmt::format("{}{:02}:{:02}", offset < seconds{0} ? '-' : '+', size.hours().count(), size.minutes().count());
}

/// The first time in a text that format_time() wrote, from `from` on: its place; npos: there is none.
std::size_t find_utc_time(std::string_view text, std::size_t from, WallTime& time) {
    for (auto end = text.find('Z', from); end != std::string_view::npos; end = text.find('Z', end + 1)) {
        if (end + 1 < from + kTimeSize) continue;
        const auto begin = end + 1 - kTimeSize;
        if (text[begin + 10] != 'T') continue;
        if (const auto read = parse_time(text.substr(begin, kTimeSize))) {
            time = *read;
            return begin;
        }
    }
    return std::string_view::npos;
}

std::string replaced_in(std::string_view text, const std::function<std::string(WallTime)>& show) {
    std::string out;
    std::size_t done = 0;
    WallTime time{};
    for (auto at = find_utc_time(text, done, time); at != std::string_view::npos;
         at = find_utc_time(text, done, time)) {
        out += text.substr(done, at - done);
        out += show(time);
        done = at + kTimeSize;
    }
    return out.append(text.substr(done));
}

/// The times at which the clock of a zone shows `clock`, earliest first.
std::vector<WallTime> times_at(const TimeZone& zone, WallTime clock) {
    std::vector<WallTime> times;
    for (const seconds offset : {zone.offset_at(clock - days(1)), zone.offset_at(clock + days(1))}) {
        const WallTime at = clock - offset;
        if (zone.offset_at(at) == offset && std::find(times.begin(), times.end(), at) == times.end())
            times.push_back(at);
    }
    std::sort(times.begin(), times.end());
    return times;
}

}  // namespace

Result<LocalTimes> LocalTimes::load(const std::string& zone) {
    auto loaded = TimeZone::load(zone);
    if (!loaded) return std::move(loaded).error();
    LocalTimes times;
    if (!zone.empty()) times.name_ = zone;
    times.zone_ = std::move(*loaded);
    return times;
}

LocalTimes LocalTimes::load_or_utc(const std::string& zone) {
    auto times = load(zone);
    return times ? std::move(*times) : LocalTimes();
}

std::string LocalTimes::show(WallTime at) const {
    const seconds offset = zone_.offset_at(at);
    const WallTime clock = at + offset;
    const std::string& name = zone_.name_at(at);
    return fmt::format("{} {} {}", date_text(clock), clock_text(clock), name.empty() ? offset_text(offset) : name);
}

std::string LocalTimes::show_ahead(WallTime at, WallTime now) const {
    const WallTime clock = at + zone_.offset_at(at);
    if (at < now || at - now >= days(7)) return show(at);
    if (at - now < days(1)) return clock_text(clock);
    const std::chrono::weekday day(std::chrono::floor<days>(clock));
    return fmt::format("{} {}", kWeekdays[day.c_encoding()], clock_text(clock));
}

std::string LocalTimes::shown_in(std::string_view text) const {
    return replaced_in(text, [this](WallTime at) { return show(at); });
}

std::string LocalTimes::with_offset(WallTime at) const {
    const seconds offset = zone_.offset_at(at);
    if (offset % minutes(1) != seconds{0} || offset == seconds{0}) return format_time(at);
    std::string text = format_time(at + offset);
    text.pop_back();  // the Z
    return text + offset_text(offset);
}

std::string LocalTimes::with_offsets_in(std::string_view text) const {
    return replaced_in(text, [this](WallTime at) { return with_offset(at); });
}

Result<WallTime> LocalTimes::read(std::string_view text, DateAlone date) const {
    auto written = read_written_time(text);
    if (!written) return written.error();
    if (written->date_alone && date == DateAlone::End) written->clock += days(1) - seconds(1);
    if (written->offset) return written->clock - *written->offset;
    const auto times = times_at(zone_, written->clock);
    const std::string clock = fmt::format("{} {}", date_text(written->clock), clock_text(written->clock));
    if (times.empty())
        return Error{fmt::format(
            "there is no {} in {}: the clock is set forward over it; write an earlier or a later time", clock, name_)};
    if (!written->zone.empty()) {
        const auto named =
            std::find_if(times.begin(), times.end(), [&](WallTime at) { return zone_.name_at(at) == written->zone; });
        if (named != times.end()) return *named;
        return Error{fmt::format("'{}' is not the time of {} at {}; write {}", written->zone, name_, clock,
                                 with_offset(times.front()))};
    }
    if (times.size() > 1)
        return Error{fmt::format("{} occurs twice in {}, where the clock is set back; write {} or {}", clock, name_,
                                 with_offset(times.front()), with_offset(times.back()))};
    return times.front();
}

bool has_utc_time(std::string_view text) {
    WallTime time{};
    return find_utc_time(text, 0, time) != std::string_view::npos;
}

}  // namespace cenote::policy
