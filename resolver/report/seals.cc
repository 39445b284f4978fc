// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/seals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resolver/base/ascii.h"
#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

constexpr std::size_t kHexDigits = 64;

/// Takes " WORD HEX" off the end of a text; empty: it does not end so.
std::string take_digest(std::string_view& text, std::string_view word) {
    if (text.size() < kHexDigits) return {};
    const std::string_view hex = text.substr(text.size() - kHexDigits);
    std::string_view rest = text.substr(0, text.size() - kHexDigits);
    const auto is_hex = [](char c) { return is_lower_hexadecimal(c); };
    if (!std::ranges::all_of(hex, is_hex) || !rest.ends_with(fmt::format(" {} ", word))) return {};
    rest.remove_suffix(word.size() + 2);
    text = rest;
    return std::string(hex);
}

std::optional<history::DayDigest> read_seal(std::string_view day, std::string_view text) {
    const auto at = parse_time(fmt::format("{}T00:00:00Z", day));
    if (!at) return std::nullopt;
    history::DayDigest read{.day = *at, .node = {}, .counts = {}, .sketches = {}, .hours = {}};
    const auto take = [&text](std::string_view word) {
        std::string digest = take_digest(text, word);
        if (word != "digest" && text.ends_with(',')) text.remove_suffix(1);
        return digest;
    };
    read.hours = take("hours");
    read.sketches = take("sketches");
    read.counts = take("counts");
    const std::string kept = take("digest");
    read.node = text;
    if (read.node.empty() || kept.empty() || kept != read.kept()) return std::nullopt;
    return read;
}

}  // namespace

std::string seal_text(const history::DayDigest& digests) {
    return fmt::format("{} digest {}, counts {}, sketches {}, hours {}", digests.node, digests.kept(), digests.counts,
                       digests.sketches, digests.hours);
}

Seals::Seals(const History& records, const std::string& node) {
    for (const auto& [origin, record] : records) {
        if (record.action != kSeal) continue;
        auto read = read_seal(record.object, record.after);
        if (!read || (!origin.empty() && (read->node != origin || origin == node))) continue;
        Seal& seal = seals_[{read->day, read->node}];
        seal.times = seal.number == 0 ? 1 : seal.times + 1;
        seal.at = record.at;
        seal.number = record.number;
        seal.why_again = record.note;
        auto& last = last_days_.try_emplace(read->node, read->day).first->second;
        last = std::max(last, read->day);
        seal.digests = std::move(*read);
    }
}

const Seal* Seals::find(WallTime day, const std::string& node) const {
    const auto found = seals_.find({day, node});
    return found == seals_.end() ? nullptr : &found->second;
}

std::optional<WallTime> Seals::last_day(const std::string& node) const {
    const auto found = last_days_.find(node);
    return found == last_days_.end() ? std::nullopt : std::optional(found->second);
}

std::string_view seal_state_to_text(SealState state) noexcept {
    switch (state) {
        case SealState::AsSealed: return "as sealed";
        case SealState::Changed: return "changed";
        case SealState::Gone: return "gone";
        case SealState::WithoutSeal: return "without seal";
        case SealState::NoRows: return "no rows";
        case SealState::NotYet: break;
    }
    return "not yet sealed";
}

SealState compare_with_seal(const history::DayDigest& now, const Seals& seals) {
    const Seal* seal = seals.find(now.day, now.node);
    if (seal == nullptr) {
        if (!now.has_rows()) return SealState::NoRows;
        const auto last = seals.last_day(now.node);
        return last && *last > now.day ? SealState::WithoutSeal : SealState::NotYet;
    }
    if (seal->digests.counts == now.counts && seal->digests.sketches == now.sketches) return SealState::AsSealed;
    return now.has_counts || now.has_sketches ? SealState::Changed : SealState::Gone;
}

std::string_view hours_state_to_text(HoursState state) noexcept {
    switch (state) {
        case HoursState::AsSealed: return "as sealed";
        case HoursState::Changed: return "changed";
        case HoursState::Deleted: return "deleted";
        case HoursState::NoSeal: break;
    }
    return "no seal";
}

HoursState compare_hours(const history::DayDigest& now, const Seals& seals, std::optional<WallTime> first_hours) {
    const Seal* seal = seals.find(now.day, now.node);
    if (seal == nullptr) return HoursState::NoSeal;
    if (seal->digests.hours == now.hours) return HoursState::AsSealed;
    return !first_hours || now.day <= *first_hours ? HoursState::Deleted : HoursState::Changed;
}

Json seal_json(const history::DayDigest& now, const Seals& seals, std::optional<WallTime> first_hours) {
    constexpr std::size_t kDateLength = 10;
    const Seal* seal = seals.find(now.day, now.node);
    Json sealed = nullptr;
    if (seal != nullptr)
        sealed = {{"digest", seal->digests.kept()},
                  {field::kAt, format_time(seal->at)},
                  {"number", seal->number},
                  {"times", seal->times},
                  {"why_again", seal->times > 1 ? Json(seal->why_again) : Json(nullptr)}};
    return {{field::kDay, format_time(now.day).substr(0, kDateLength)},
            {field::kNode, now.node},
            {"digest", now.kept()},
            {"state", seal_state_to_text(compare_with_seal(now, seals))},
            {"hours", hours_state_to_text(compare_hours(now, seals, first_hours))},
            {"seal", std::move(sealed)}};
}

}  // namespace cenote::report
