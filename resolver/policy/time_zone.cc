// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "resolver/base/ascii.h"
#include "resolver/base/fd.h"

namespace cenote::policy {
namespace {

constexpr std::string_view kFolder = "/usr/share/zoneinfo/";
constexpr std::size_t kFileMax = 256 * 1024;
constexpr std::size_t kNameMax = 64;
constexpr std::int64_t kSecondsMax = 25 * 3600;  // the largest offset, RFC 9636 §3.2
// The 400-year calendar of std::chrono ends in the year 32767; times far outside it are clamped.
constexpr std::int64_t kFarPast = -(std::int64_t{1} << 36);
constexpr std::int64_t kFarFuture = std::int64_t{1} << 36;

/// The header of a data block (RFC 9636 §3.1).
struct Counts {
    std::uint8_t version = 0;
    std::uint32_t is_ut = 0, is_standard = 0, leaps = 0, times = 0, types = 0, characters = 0;

    [[nodiscard]] std::size_t block_bytes(std::size_t time_bytes) const {
        return std::size_t{times} * (time_bytes + 1) + std::size_t{types} * 6 + characters +
               std::size_t{leaps} * (time_bytes + 4) + is_standard + is_ut;
    }
};

Counts read_counts(ByteReader& reader) {
    Counts counts;
    if (reader.u32() != 0x545a6966) reader.fail();  // "TZif"
    counts.version = reader.u8();
    reader.skip(15);
    for (std::uint32_t* count :
         {&counts.is_ut, &counts.is_standard, &counts.leaps, &counts.times, &counts.types, &counts.characters}) {
        *count = reader.u32();
        if (*count > kFileMax) reader.fail();
    }
    return counts;
}

std::int64_t read_i64(ByteReader& reader) {
    const std::uint64_t high = reader.u32();
    return static_cast<std::int64_t>((high << 32) | reader.u32());
}

/// The text at an index into the abbreviations, up to the NUL behind it.
std::string abbreviation_at(ByteView characters, std::size_t index) {
    const std::string_view all(reinterpret_cast<const char*>(characters.data()), characters.size());
    const std::string_view from = all.substr(std::min(index, all.size()));
    return std::string(from.substr(0, from.find('\0')));
}

bool is_zone_name(std::string_view name) {
    const auto is_plain = [](char c) {
        return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '+' ||
               c == '/';  // no dot: a name must not lead out of the folder
    };
    return !name.empty() && name.size() <= kNameMax && name.front() != '/' &&
           std::all_of(name.begin(), name.end(), is_plain);
}

}  // namespace

Result<TimeZone> TimeZone::load(std::string_view name) {
    if (name.empty() || name == "UTC") return TimeZone();
    const Error unknown{
        fmt::format("unknown time zone '{}'; write it as in \"Asia/Seoul\" (the names below {})", name, kFolder)};
    if (!is_zone_name(name)) return unknown;
    const auto content = read_file(Path(std::string(kFolder) + std::string(name)), kFileMax);
    if (!content.ok()) return unknown;
    auto zone = parse(bytes_of(*content));
    if (!zone) return Error{fmt::format("the file of time zone '{}' is broken; reinstall the package tzdata", name)};
    return std::move(*zone);
}

std::optional<TimeZone> TimeZone::parse(ByteView file) {
    ByteReader reader(file);
    const Counts old_block = read_counts(reader);
    if (old_block.version < '2') return std::nullopt;
    if (reader.ok()) reader.skip(old_block.block_bytes(4));
    const Counts counts = read_counts(reader);
    if (!reader.ok() || reader.left() < counts.block_bytes(8) || counts.types == 0 || counts.types > 256)
        return std::nullopt;

    TimeZone zone;
    zone.transitions_.resize(counts.times);
    for (auto& transition : zone.transitions_)
        transition.at = WallTime(seconds(std::clamp(read_i64(reader), kFarPast, kFarFuture)));
    const ByteView kinds = reader.bytes(counts.times);
    zone.types_.clear();  // RFC 9636 §3.2: type 0 holds before the first transition
    std::vector<std::uint8_t> names;
    for (std::uint32_t i = 0; i < counts.types; ++i) {
        const auto offset = static_cast<std::int32_t>(reader.u32());
        if (offset < -kSecondsMax || offset > kSecondsMax) return std::nullopt;
        zone.types_.push_back({seconds(offset), {}});
        reader.skip(1);
        names.push_back(reader.u8());
    }
    const ByteView characters = reader.bytes(counts.characters);
    for (std::size_t i = 0; i < names.size(); ++i) zone.types_[i].name = abbreviation_at(characters, names[i]);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (kinds[i] >= zone.types_.size()) return std::nullopt;
        zone.transitions_[i].type = kinds[i];
    }
    if (!std::is_sorted(zone.transitions_.begin(), zone.transitions_.end(),
                        [](const Transition& a, const Transition& b) { return a.at < b.at; }))
        return std::nullopt;

    // The footer: a newline, the rule, a newline. With an empty rule the last offset continues.
    reader.skip(std::size_t{counts.leaps} * 12 + counts.is_standard + counts.is_ut);
    const ByteView footer = reader.bytes(reader.left());
    if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return std::nullopt;
    const std::string_view rule(reinterpret_cast<const char*>(footer.data()) + 1, footer.size() - 2);
    if (!rule.empty()) {
        zone.later_ = PosixZone::parse(rule);
        if (!zone.later_) return std::nullopt;
    }
    return zone;
}

std::size_t TimeZone::transitions_until(WallTime at) const noexcept {
    const auto behind = std::upper_bound(transitions_.begin(), transitions_.end(), at,
                                         [](WallTime t, const Transition& transition) { return t < transition.at; });
    return static_cast<std::size_t>(behind - transitions_.begin());
}

seconds TimeZone::offset_at(WallTime at) const noexcept {
    const std::size_t passed = transitions_until(at);
    if (passed == transitions_.size() && later_) return later_->offset_at(at);
    return type_at(passed).offset;
}

const std::string& TimeZone::name_at(WallTime at) const noexcept {
    const std::size_t passed = transitions_until(at);
    if (passed == transitions_.size() && later_) return later_->name_at(at);
    return type_at(passed).name;
}

std::optional<WallTime> TimeZone::next_change(WallTime at) const noexcept {
    const std::size_t passed = transitions_until(at);
    if (passed < transitions_.size()) return transitions_[passed].at;
    return later_ ? later_->next_change(at) : std::nullopt;
}

}  // namespace cenote::policy
