// SPDX-License-Identifier: Apache-2.0
//
// Times, durations and time zones: a file of a zone or a rule of one is refused, or gives an offset for every time that
// changes only where it says; a time or duration that is read is written as it reads.
//
// Input: a byte that chooses, then a TZif file, a rule of POSIX, or a text.

#include <cstdint>
#include <string>

#include "resolver/base/check.h"
#include "resolver/base/time_text.h"
#include "resolver/policy/local_times.h"
#include "resolver/policy/time_zone.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using policy::LocalTimes;
using policy::PosixZone;
using policy::TimeZone;

fuzz::Goal file_read("a file of a time zone is read");
fuzz::Goal rule_read("a rule of a time zone is read");
fuzz::Goal time_read("a time is read");
fuzz::Goal duration_read("a duration is read");
fuzz::Goal size_read("a size is read");

constexpr int kChanges = 40;
constexpr seconds kOffsetMax{168 * 3600};

/// Between two changes the offset is the same.
template <typename Zone>
void walk(const Zone& zone, WallTime from) {
    WallTime at = from;
    for (int i = 0; i < kChanges; ++i) {
        const seconds offset = zone.offset_at(at);
        CENOTE_CHECK(offset >= -kOffsetMax && offset <= kOffsetMax);
        (void)zone.name_at(at);
        const auto next = zone.next_change(at);
        if (!next) return;
        CENOTE_CHECK(*next > at);
        CENOTE_CHECK(zone.offset_at(*next - seconds{1}) == offset && zone.offset_at(at + (*next - at) / 2) == offset);
        at = *next;
    }
}

void try_text(const std::string& text) {
    if (const auto time = parse_time(text)) {
        time_read.reach();
        const auto again = parse_time(format_time(*time));
        CENOTE_CHECK(again && *again == *time);
        CENOTE_CHECK(policy::has_utc_time(format_time(*time)));
    }
    if (const auto duration = parse_duration(text)) {
        duration_read.reach();
        const auto again = parse_duration(format_duration(*duration));
        CENOTE_CHECK(again && *again == *duration);
    }
    if (const auto bytes = parse_size(text)) {
        size_read.reach();
        const auto again = parse_size(format_size(*bytes));
        CENOTE_CHECK(again && *again == *bytes);
    }
    static const LocalTimes berlin = LocalTimes::load_or_utc("Europe/Berlin");
    if (const auto time = berlin.read(text)) (void)berlin.show(*time);
    (void)berlin.shown_in(text);
    (void)berlin.with_offsets_in(text);
    (void)TimeZone::load(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    fuzz::Input input(data, size);
    const std::uint8_t kind = input.u8();
    const std::string text(input.text());
    const WallTime now{seconds{1'800'000'000}};
    switch (kind % 3) {
        case 0:
            if (const auto zone = TimeZone::parse(bytes_of(text))) {
                file_read.reach();
                for (const WallTime from : {WallTime{seconds{-4'000'000'000}}, WallTime{}, now}) walk(*zone, from);
            }
            break;
        case 1:
            if (const auto zone = PosixZone::parse(text)) {
                rule_read.reach();
                walk(*zone, now);
            }
            break;
        default: try_text(text); break;
    }
    return 0;
}
