// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/range.h"

#include <fmt/format.h>

#include <algorithm>

namespace cenote::pages {
namespace {

using history::Span;

constexpr seconds kMinute{60};
constexpr seconds kMinutesUntil = 2 * kDay;  // longer ranges are counted by hours
constexpr seconds kHoursUntil = 60 * kDay;   // and longer ones by days
constexpr seconds kLongest = 3660 * kDay;
constexpr std::int64_t kColumnsMax = 170;

WallTime rounded_up(WallTime at, seconds unit) {
    const WallTime start = WallTime(at.time_since_epoch() / unit * unit);
    return start == at ? at : start + unit;
}

seconds length_of_word(std::string_view word) {
    if (word == "1h") return kHour;
    if (word == "24h") return kDay;
    if (word == "30d") return 30 * kDay;
    return word == "365d" ? 365 * kDay : 7 * kDay;
}

/// The shortest of the lengths that people read easily, of which a range has not too many.
seconds column_of(Span span, seconds length) {
    static constexpr std::array kMinutes{kMinute, 5 * kMinute, 15 * kMinute, 30 * kMinute};
    static constexpr std::array kHours{kHour, 6 * kHour, 12 * kHour, kDay};
    static constexpr std::array kDays{kDay, 7 * kDay, 28 * kDay};
    const auto first = [&](const auto& choices) {
        for (const seconds each : choices)
            if (length / each <= kColumnsMax) return each;
        return choices.back();
    };
    if (span == Span::Minute) return length <= kHour ? kMinute : std::max(first(kMinutes), 5 * kMinute);
    return span == Span::Hour ? first(kHours) : first(kDays);
}

/// Whole spans from `from` on, so many columns that the last one has `to`.
void set_span(Range& range, WallTime from, WallTime to) {
    const seconds length = to - from;
    range.span = length <= kMinutesUntil ? Span::Minute : length <= kHoursUntil ? Span::Hour : Span::Day;
    const seconds unit = history::length_of(range.span);
    range.to = rounded_up(to, unit);
    range.from = range.to - rounded_up(WallTime(length), unit).time_since_epoch();
    range.each = column_of(range.span, range.to - range.from);
}

struct Bounds {
    WallTime from{};
    WallTime to{};
};

Result<Bounds> written_bounds(const Site& site, const Words& words) {
    Bounds bounds{.from = {}, .to = site.now};
    const std::string_view from = site.request.value("from");
    const std::string_view to = site.request.value("to");
    if (!to.empty()) {
        const auto read = words.times().read(to, policy::DateAlone::End);
        if (!read) return Error{words.say("range.bad_time", {{"text", to}})};
        bounds.to = std::min(*read, site.now);
    }
    bounds.from = bounds.to - 7 * kDay;
    if (!from.empty()) {
        const auto read = words.times().read(from);
        if (!read) return Error{words.say("range.bad_time", {{"text", from}})};
        bounds.from = *read;
    }
    if (bounds.from >= bounds.to) return Error{words.say("range.empty")};
    if (bounds.to - bounds.from > kLongest) return Error{words.say("range.too_long")};
    return bounds;
}

/// When a directive began: by its document, else when it was made.
Result<Bounds> bounds_since(const Site& site, const Words& words, std::string_view id) {
    const auto all = rows_from(site, "directives", {{"all", true}});
    if (!all) return all.error();
    for (const Json& row : *all) {
        if (text_at(row, "id") != id) continue;
        for (const char* path : {"starts", "made.at"})
            if (const auto at = parse_time(text_at(row, path)); at && *at < site.now)
                return Bounds{std::max(*at, site.now - kLongest), site.now};
        return Error{words.say("range.not_begun", {{"id", id}})};
    }
    return Error{words.say("range.no_directive", {{"id", id}})};
}

Result<Bounds> bounds_of(const Site& site, const Words& words, Range& range) {
    const std::string_view word = site.request.value("range");
    if (const std::string_view since = site.request.value("since"); !since.empty()) {
        range.since = since;
        return bounds_since(site, words, since);
    }
    if (!site.request.value("from").empty() || !site.request.value("to").empty()) return written_bounds(site, words);
    if (!word.empty() && std::ranges::find(kRangeWords, word) == kRangeWords.end())
        return Error{words.say("range.unknown", {{"text", word}})};
    range.word = word.empty() ? "7d" : std::string(word);
    return Bounds{site.now - length_of_word(range.word), site.now};
}

}  // namespace

Range range_of(const Site& site, const Words& words) {
    Range range;
    range.group = site.request.value("group");
    range.service = site.request.value("service");
    range.directive = site.request.value("directive");
    const auto bounds = bounds_of(site, words, range);
    if (bounds) {
        set_span(range, bounds->from, bounds->to);
        return range;
    }
    range.trouble = bounds.error().text;
    range.word = "7d";
    range.since.clear();
    set_span(range, site.now - 7 * kDay, site.now);
    return range;
}

std::string range_text(const Words& words, const Range& range) {
    return fmt::format("{} – {}", time_text(words, range.from), time_text(words, range.to));
}

std::string column_text(const Words& words, const Range& range, WallTime at) {
    const std::string whole = time_text(words, at);  // "2026-02-06 09:00 KST"
    constexpr std::size_t kDate = 10, kYear = 5, kTime = 11, kMinutes = 5;
    if (range.span == Span::Day || range.each >= kDay) return whole.substr(0, kDate);
    if (range.to - range.from <= kDay) return whole.substr(kTime, kMinutes);
    return whole.substr(kYear, kTime - kYear + kMinutes);
}

}  // namespace cenote::pages
