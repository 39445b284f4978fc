// SPDX-License-Identifier: Apache-2.0
#include "blocklists/guard.h"

#include <fmt/format.h>

#include "blocklists/public_suffix.h"
#include "blocklists/rpz_trigger.h"

namespace cenote::blocklists {
namespace {

std::string_view as_text(ByteView bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void Guard::add(const wire::Name& name, Reach reach, std::string why) {
    const std::size_t index = guarded_.size();
    guarded_.push_back({name.to_string(), std::move(why), reach});
    any_with_below_ = any_with_below_ || reach == Reach::NameAndBelow;
    auto& itself = places_[std::string(as_text(name.wire()))].itself;
    // Of two for one name, the one that reaches further stays.
    if (!itself || reach == Reach::NameAndBelow) itself = index;
    for (std::uint8_t labels = 1; labels < name.labels(); ++labels) {
        auto& covered = places_[std::string(as_text(name.suffix(labels)))].covered;
        if (!covered) covered = index;
    }
}

std::optional<std::string> Guard::why_not(const wire::Name& name, domainset::MatchKind kind) const {
    if (const auto* place = find(name.wire())) {
        if (place->itself) return fmt::format("it is {}", guarded_[*place->itself].why);
        if (place->covered && kind == domainset::MatchKind::Suffix) {
            const auto& below = guarded_[*place->covered];
            return fmt::format("'{}' is below it, {}", below.name, below.why);
        }
    }
    for (std::uint8_t labels = name.labels(); any_with_below_ && labels > 1; --labels) {
        const auto* place = find(name.suffix(static_cast<std::uint8_t>(labels - 1)));
        if (place == nullptr || !place->itself) continue;
        const auto& above = guarded_[*place->itself];
        if (above.reach == Reach::NameAndBelow) return fmt::format("it is below '{}', {}", above.name, above.why);
    }
    if (is_public_suffix(name)) return "it is a public suffix, below which anybody registers names";
    return std::nullopt;
}

std::optional<std::string> Guard::why_not(const Rule& rule) const {
    if (rule.exception) return std::nullopt;
    if (rule.trigger == Rule::Trigger::Name) return why_not(rule.name, rule.kind);
    return addresses_.why_not(rule.prefix, address_use_of(rule.trigger), domainset::AddressGuard::Author::List);
}

const Guard::Place* Guard::find(ByteView wire) const {
    const auto found = places_.find(as_text(wire));
    return found == places_.end() ? nullptr : &found->second;
}

}  // namespace cenote::blocklists
