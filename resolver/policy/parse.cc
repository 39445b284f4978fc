// SPDX-License-Identifier: Apache-2.0
//
// Steps, layers, answer modes, targets and weekly hours from text and to text.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "resolver/base/ascii.h"
#include "resolver/policy/options.h"
#include "resolver/wire/typed_name.h"

namespace cenote::policy {
namespace {

constexpr std::array<std::string_view, 5> kSteps{"nothing", "observe", "advise", "restrict", "block"};
constexpr std::array<std::string_view, 4> kLayers{"site", "agency", "ministry", "nation"};
constexpr std::array<std::string_view, 7> kAnswerModes{"null",  "nodata",  "nxdomain", "address",
                                                       "cname", "refused", "drop"};
constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::pair<std::string_view, Target::Kind>, 7> kTargetKinds{{
    {"service", Target::Kind::Service},
    {"category", Target::Kind::Category},
    {"vendor", Target::Kind::Vendor},
    {"jurisdiction", Target::Kind::Jurisdiction},
    {"list", Target::Kind::List},
    {"domain", Target::Kind::Domain},
    {"address", Target::Kind::Address},
}};
constexpr std::string_view kTargetHint =
    "write service:ID, service:*, category:NAME, vendor:NAME, jurisdiction:CC, list:ID, domain:NAME or address:PREFIX";
constexpr std::string_view kHoursHint = "write \"mon-fri 08:00-19:00\", \"sat,sun 00:00-24:00\" or \"22:00-06:00\"";

template <typename Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words, std::string_view text) noexcept {
    const auto found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) return std::nullopt;
    return static_cast<Enum>(found - words.begin());
}

/// "08:00" as minutes of the day; 24:00 is its end.
std::optional<std::uint16_t> parse_minute(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    unsigned hour = 0;
    unsigned minute = 0;
    const auto read = [](std::string_view digits, unsigned& value) {
        const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return code == std::errc{} && end == digits.data() + digits.size();
    };
    if (!read(text.substr(0, 2), hour) || !read(text.substr(3), minute)) return std::nullopt;
    if (minute > 59 || hour > 24 || (hour == 24 && minute != 0)) return std::nullopt;
    return static_cast<std::uint16_t>(hour * 60 + minute);
}

/// One day or a range of days ("fri-mon" continues over the end of the week).
bool add_days(std::string_view text, std::array<bool, 7>& days) {
    const auto dash = text.find('-');
    const auto first = find_word<std::size_t>(kDays, text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : find_word<std::size_t>(kDays, text.substr(dash + 1));
    if (!first || !last) return false;
    for (std::size_t day = *first;; day = (day + 1) % 7) {
        days[day] = true;
        if (day == *last) return true;
    }
}

bool parse_days(std::string_view text, std::array<bool, 7>& days) {
    for (;;) {
        const auto comma = text.find(',');
        if (!add_days(text.substr(0, comma), days)) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
}

/// A target without its kind is often a pasted name: the error then shows how to write it as a domain.
Error not_a_target(std::string_view text) {
    const auto typed = wire::parse_typed_name(text, wire::NameUse::Subtree);
    if (typed && typed->name.labels() > 1)
        return Error{fmt::format("'{}' is not a target; for a name and all below it write domain:{}", text,
                                 wire::typed_text(typed->name))};
    return Error{fmt::format("'{}' is not a target; {}", text, kTargetHint)};
}

Status read_domain(Target& target) {
    auto typed = wire::parse_typed_name(target.value, wire::NameUse::Subtree);
    if (typed) {
        target.domain = typed->name;
        target.value = wire::typed_text(typed->name);
        target.note = std::move(typed->note);
        return Done{};
    }
    if (IpAddress::parse(target.value) || Prefix::parse(target.value))
        return Error{fmt::format("'domain:{}' names an address; write address:{}", target.value, target.value)};
    return std::move(typed).error();
}

/// "9:00" becomes "09:00".
std::string with_two_digits(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_digit(text[i]) && i + 1 < text.size() && text[i + 1] == ':' &&
            (i == 0 || text[i - 1] == ' ' || text[i - 1] == '-'))
            out += '0';
        out += text[i];
    }
    return out;
}

Result<Hours> read_hours(std::string_view text) {
    const Error wrong{fmt::format("'{}' are not weekly hours; {}", text, kHoursHint)};
    Hours hours;
    const auto space = text.find(' ');
    std::string_view times = text;
    if (space == std::string_view::npos) {
        hours.days.fill(true);
    } else {
        if (!parse_days(text.substr(0, space), hours.days)) return wrong;
        times = text.substr(space + 1);
    }
    if (times.size() != 11 || times[5] != '-') return wrong;
    const auto from = parse_minute(times.substr(0, 5));
    const auto to = parse_minute(times.substr(6));
    if (!from || !to || *from == 1440 || *from == *to) return wrong;
    hours.from_minute = *from;
    hours.to_minute = *to;
    return hours;
}

}  // namespace

std::string_view step_to_text(Step step) noexcept { return kSteps[static_cast<std::size_t>(step)]; }
std::optional<Step> parse_step(std::string_view text) noexcept { return find_word<Step>(kSteps, text); }

std::string_view answer_mode_to_text(AnswerMode mode) noexcept { return kAnswerModes[static_cast<std::size_t>(mode)]; }
std::optional<AnswerMode> parse_answer_mode(std::string_view text) noexcept {
    return find_word<AnswerMode>(kAnswerModes, text);
}

std::string_view layer_to_text(Layer layer) noexcept { return kLayers[static_cast<std::size_t>(layer)]; }
std::optional<Layer> parse_layer(std::string_view text) noexcept { return find_word<Layer>(kLayers, text); }

Result<Target> parse_target(std::string_view text) {
    const auto colon = text.find(':');
    const auto kind = std::find_if(kTargetKinds.begin(), kTargetKinds.end(),
                                   [&](const auto& known) { return known.first == text.substr(0, colon); });
    if (colon == std::string_view::npos || kind == kTargetKinds.end() || colon + 1 == text.size())
        return not_a_target(text);

    Target target;
    target.kind = kind->second;
    target.value = text.substr(colon + 1);
    if (target.value == "*") {
        if (target.kind != Target::Kind::Service)
            return Error{fmt::format("'{}' is not a target: only service:* takes all; {}", text, kTargetHint)};
        target.kind = Target::Kind::AllServices;
        target.value.clear();
    }
    if (target.kind == Target::Kind::Domain)
        if (auto read = read_domain(target); !read) return std::move(read).error();
    if (target.kind == Target::Kind::Address && !Prefix::parse(target.value))
        return Error{
            fmt::format("'{}' is not an address prefix; write it as in address:192.0.2.0/24 with zero bits "
                        "behind the length",
                        text)};
    return target;
}

std::string target_to_text(const Target& target) {
    if (target.kind == Target::Kind::AllServices) return "service:*";
    const auto kind = std::find_if(kTargetKinds.begin(), kTargetKinds.end(),
                                   [&](const auto& known) { return known.second == target.kind; });
    return fmt::format("{}:{}", kind->first, target.value);
}

Result<Hours> parse_hours(std::string_view text) {
    auto hours = read_hours(text);
    if (hours) return hours;
    if (const std::string cured = with_two_digits(text); read_hours(cured))
        return Error{fmt::format("'{}' are not weekly hours; hours have two digits: \"{}\"", text, cured)};
    return hours;
}

std::string hours_to_text(const Hours& hours) {
    static constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    std::vector<std::string_view> days;
    for (std::size_t day = 0; day < kDays.size(); ++day)
        if (hours.days[day]) days.push_back(kDays[day]);
    return fmt::format("{} {:02}:{:02}-{:02}:{:02}", fmt::join(days, ","), hours.from_minute / 60,
                       hours.from_minute % 60, hours.to_minute / 60, hours.to_minute % 60);
}

}  // namespace cenote::policy
