// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

#include "resolver/base/ascii.h"

namespace cenote {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Smallest first.
constexpr std::array<Unit, 5> kDurations{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kSizes{{{"", 1}, {"KiB", 1U << 10}, {"MiB", 1U << 20}, {"GiB", 1U << 30}}};

// A hundred years, so that the sum of a time and a duration cannot overflow.
constexpr std::uint64_t kDurationMax = 36'500ULL * 86'400'000;

/// "15m" in `units`; nullopt: another form, or more than `highest`.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units, std::uint64_t highest) {
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{}) return std::nullopt;
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == name; });
    if (unit == units.end() || number > highest / unit->factor) return std::nullopt;
    return number * unit->factor;
}

/// With the largest of `units` that divides `quantity`.
std::string format_quantity(std::uint64_t quantity, std::span<const Unit> units) {
    const auto unit =
        std::find_if(units.rbegin(), units.rend(), [&](const Unit& u) { return quantity % u.factor == 0; });
    return fmt::format("{}{}", quantity / unit->factor, unit->name);
}

/// Reads an RFC 3339 time from the left; the first part that does not fit makes ok() false.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return text_.empty(); }

    int number(std::size_t digits, int highest) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const char c = take();
            ok_ = ok_ && is_digit(c);
            value = value * 10 + (c - '0');
        }
        ok_ = ok_ && value <= highest;
        return ok_ ? value : 0;
    }
    /// Reads and returns one of `allowed`.
    char one_of(std::string_view allowed) {
        const char c = take();
        ok_ = ok_ && allowed.find(c) != std::string_view::npos;
        return c;
    }
    bool accept(char c) {
        if (!text_.starts_with(c)) return false;
        take();
        return true;
    }
    [[nodiscard]] std::string_view rest() const { return text_; }
    void skip_fraction() {
        if (!accept('.')) return;
        number(1, 9);
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') take();
    }

private:
    char take() {
        ok_ = ok_ && !text_.empty();
        if (!ok_) return '\0';
        const char c = text_.front();
        text_.remove_prefix(1);
        return c;
    }

    std::string_view text_;
    bool ok_ = true;
};

std::chrono::minutes scan_offset(Scanner& scan) {
    const char sign = scan.one_of("Zz+-");
    if (sign == 'Z' || sign == 'z') return std::chrono::minutes{0};
    const std::chrono::hours hours{scan.number(2, 23)};
    scan.one_of(":");
    const std::chrono::minutes offset = hours + std::chrono::minutes{scan.number(2, 59)};
    return sign == '-' ? -offset : offset;
}

/// nullopt: another form, or no day of the calendar.
std::optional<std::chrono::sys_days> scan_date(Scanner& scan) {
    const std::chrono::year year{scan.number(4, 9999)};
    scan.one_of("-");
    const std::chrono::month month{static_cast<unsigned>(scan.number(2, 12))};
    scan.one_of("-");
    const std::chrono::day day{static_cast<unsigned>(scan.number(2, 31))};
    const std::chrono::year_month_day date{year, month, day};
    if (!scan.ok() || !date.ok()) return std::nullopt;
    return date;
}

enum class Seconds : std::uint8_t { Required, Optional };

/// The time of day behind a date.
seconds scan_clock(Scanner& scan, Seconds rule) {
    scan.one_of("Tt ");
    const std::chrono::hours hours{scan.number(2, 23)};
    scan.one_of(":");
    const std::chrono::minutes minutes{scan.number(2, 59)};
    if (rule == Seconds::Optional && !scan.rest().starts_with(':')) return hours + minutes;
    scan.one_of(":");
    const seconds second{scan.number(2, 59)};
    scan.skip_fraction();
    return hours + minutes + second;
}

/// "KST", "+03": of a time zone, and not an offset such as "+09:00" or "Z".
bool is_abbreviation(std::string_view text) {
    return text.size() >= 3 && std::all_of(text.begin(), text.end(),
                                           [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-'; });
}

}  // namespace

Result<WallTime> parse_time(std::string_view text) {
    const Error malformed{
        fmt::format("'{}' is not a time; write it as 2026-12-31T23:59:59+09:00 or 2026-12-31T14:59:59Z", text)};
    Scanner scan(text);
    const auto date = scan_date(scan);
    if (!date) return malformed;
    if (scan.at_end())
        return Error{fmt::format("'{0}' is a date without a time; write {0}T00:00:00+09:00 or {0}T00:00:00Z", text)};

    const seconds clock = scan_clock(scan, Seconds::Required);
    if (!scan.ok()) return malformed;
    if (scan.at_end())
        return Error{fmt::format("the time '{0}' has no offset from UTC; write {0}+09:00 or {0}Z", text)};

    const auto offset = scan_offset(scan);
    if (!scan.ok() || !scan.at_end()) return malformed;
    return *date + clock - offset;
}

Result<WrittenTime> read_written_time(std::string_view text) {
    const Error malformed{fmt::format(
        "'{}' is not a time; write it as in \"2026-12-31 23:59\", or with its offset as 2026-12-31T23:59:59+09:00",
        text)};
    Scanner scan(text);
    const auto date = scan_date(scan);
    if (!date) return malformed;
    if (scan.at_end()) return WrittenTime{.clock = *date, .offset = {}, .zone = {}, .date_alone = true};

    const seconds clock = scan_clock(scan, Seconds::Optional);
    if (!scan.ok()) return malformed;
    WrittenTime written{.clock = *date + clock, .offset = {}, .zone = {}};
    if (scan.at_end()) return written;
    const bool apart = scan.accept(' ');
    if (apart && is_abbreviation(scan.rest())) {
        written.zone = scan.rest();
        return written;
    }
    written.offset = scan_offset(scan);
    if (!scan.ok() || !scan.at_end()) return malformed;
    return written;
}

std::string format_time(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

Result<milliseconds> parse_duration(std::string_view text) {
    if (const auto count = parse_quantity(text, kDurations, kDurationMax))
        return milliseconds{static_cast<std::int64_t>(*count)};
    return Error{
        fmt::format("'{}' is not a duration; write a number and its unit, such as 500ms, 30s, 15m, 8h or 7d "
                    "(36500d at most)",
                    text)};
}

std::string format_duration(milliseconds duration) {
    const auto count = duration.count();
    if (count == 0) return "0s";
    const auto size = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    return (count < 0 ? "-" : "") + format_quantity(size, kDurations);
}

Result<std::uint64_t> parse_size(std::string_view text) {
    if (const auto size = parse_quantity(text, kSizes, std::numeric_limits<std::uint64_t>::max())) return *size;
    return Error{
        fmt::format("'{}' is not a size; write bytes or a number and its unit, such as 4096, 64KiB, 64MiB "
                    "or 2GiB",
                    text)};
}

std::string format_size(std::uint64_t bytes) { return bytes == 0 ? "0" : format_quantity(bytes, kSizes); }

}  // namespace cenote
