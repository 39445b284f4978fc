// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/posix_zone.h"

#include <algorithm>

#include "resolver/base/ascii.h"

namespace cenote::policy {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kHoursMax = 167;  // RFC 9636 §3.3.1

/// Reads a TZ string from the left; the first piece that does not fit makes ok() false.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return text_.empty(); }

    bool accept(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    void require(char c) { ok_ = accept(c) && ok_; }

    /// "KST" or "<+09>": at least three characters.
    std::string name() {
        const bool quoted = accept('<');
        std::size_t length = 0;
        while (length < text_.size() && (quoted ? text_[length] != '>' : is_letter(text_[length]))) ++length;
        ok_ = ok_ && length >= 3;
        std::string name(text_.substr(0, length));
        text_.remove_prefix(length);
        if (quoted) require('>');
        return name;
    }
    int number(int lowest, int highest) {
        int value = 0;
        std::size_t digits = 0;
        for (; digits < 3 && digits < text_.size() && is_digit(text_[digits]); ++digits)
            value = value * 10 + (text_[digits] - '0');
        ok_ = ok_ && digits > 0 && value >= lowest && value <= highest;
        text_.remove_prefix(digits);
        return value;
    }
    /// "[+-]hh[:mm[:ss]]".
    seconds time() {
        const bool negative = accept('-');
        if (!negative) accept('+');
        int total = 3600 * number(0, kHoursMax);
        if (accept(':')) {
            total += 60 * number(0, 59);
            if (accept(':')) total += number(0, 59);
        }
        return seconds(negative ? -total : total);
    }

private:
    std::string_view text_;
    bool ok_ = true;
};

YearlyChange scan_change(Scanner& scanner) {
    YearlyChange change;
    scanner.require(',');
    if (scanner.accept('M')) {
        change.month = static_cast<std::uint8_t>(scanner.number(1, 12));
        scanner.require('.');
        change.week = static_cast<std::uint8_t>(scanner.number(1, 5));
        scanner.require('.');
        change.day = static_cast<std::uint16_t>(scanner.number(0, 6));
    } else if (scanner.accept('J')) {
        change.kind = YearlyChange::Kind::JulianNoLeap;
        change.day = static_cast<std::uint16_t>(scanner.number(1, 365));
    } else {
        change.kind = YearlyChange::Kind::DayOfYear;
        change.day = static_cast<std::uint16_t>(scanner.number(0, 365));
    }
    if (scanner.accept('/')) change.time = scanner.time();
    return change;
}

year year_of(WallTime at) noexcept { return year_month_day(std::chrono::floor<days>(at)).year(); }

}  // namespace

WallTime YearlyChange::local_in(year of) const noexcept {
    const sys_days new_year = of / std::chrono::January / 1;
    switch (kind) {
        case Kind::JulianNoLeap: {
            const bool behind_leap_day = of.is_leap() && day >= 60;  // day 60 is always the first of March
            return new_year + days(day - 1 + (behind_leap_day ? 1 : 0)) + time;
        }
        case Kind::DayOfYear: return new_year + days(day) + time;
        case Kind::MonthWeekDay: break;
    }
    const auto in_month = of / std::chrono::month(month);
    const std::chrono::weekday weekday(day);
    const sys_days found =
        week == 5 ? sys_days(in_month / weekday[std::chrono::last]) : sys_days(in_month / weekday[week]);
    return found + time;
}

std::optional<PosixZone> PosixZone::parse(std::string_view text) {
    Scanner scanner(text);
    PosixZone zone;
    zone.standard_name = scanner.name();
    zone.standard = -scanner.time();  // POSIX counts west of Greenwich
    if (scanner.ok() && scanner.at_end()) return zone;

    zone.summer_name = scanner.name();
    zone.summer = zone.standard + std::chrono::hours(1);
    if (scanner.ok() && !scanner.at_end()) {
        Scanner ahead = scanner;
        if (!ahead.accept(',')) zone.summer = -scanner.time();
    }
    zone.start = scan_change(scanner);
    zone.end = scan_change(scanner);
    if (!scanner.ok() || !scanner.at_end()) return std::nullopt;
    return zone;
}

std::array<WallTime, 2> PosixZone::changes_in(year of) const noexcept {
    return {start.local_in(of) - standard, end.local_in(of) - *summer};
}

seconds PosixZone::offset_at(WallTime at) const noexcept { return is_summer(at) ? *summer : standard; }

const std::string& PosixZone::name_at(WallTime at) const noexcept {
    return is_summer(at) ? summer_name : standard_name;
}

bool PosixZone::is_summer(WallTime at) const noexcept {
    if (!summer) return false;
    // The hours of a change may reach into the next year, so the latest change of three years applies.
    const year here = year_of(at + standard);
    WallTime latest = WallTime::min();
    bool is_summer = false;
    for (const year of : {here - std::chrono::years(1), here, here + std::chrono::years(1)}) {
        const auto [starts, ends] = changes_in(of);
        if (starts <= at && starts >= latest) {
            latest = starts;
            is_summer = true;
        }
        if (ends <= at && ends > latest) {
            latest = ends;
            is_summer = false;
        }
    }
    return is_summer;
}

std::optional<WallTime> PosixZone::next_change(WallTime at) const noexcept {
    if (!summer) return std::nullopt;
    std::optional<WallTime> next;
    const year here = year_of(at + standard);
    for (const year of : {here - std::chrono::years(1), here, here + std::chrono::years(1)}) {
        for (const WallTime change : changes_in(of)) {
            if (change > at) next = next ? std::min(*next, change) : change;
        }
    }
    return next;
}

}  // namespace cenote::policy
