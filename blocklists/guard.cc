// SPDX-License-Identifier: Apache-2.0
//
// The names and addresses of acceptance.h that may not be sinkholed.
#include <fmt/format.h>

#include "blocklists/acceptance.h"
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
    // Of two entries for one name the one with the wider reach counts.
    if (!itself || reach == Reach::NameAndBelow) itself = index;
    for (std::uint8_t labels = 1; labels < name.labels(); ++labels) {
        auto& covered = places_[std::string(as_text(name.suffix(labels)))].covered;
        if (!covered) covered = index;
    }
}

Status Guard::check_name(const wire::Name& name, domainset::MatchKind kind) const {
    if (const auto* place = find_place(name.wire())) {
        if (place->itself) return Error{fmt::format("it is {}", guarded_[*place->itself].why)};
        if (place->covered && kind == domainset::MatchKind::Suffix) {
            const auto& below = guarded_[*place->covered];
            return Error{fmt::format("'{}' is below it, {}", below.name, below.why)};
        }
    }
    for (std::uint8_t labels = name.labels(); any_with_below_ && labels > 1; --labels) {
        const auto* place = find_place(name.suffix(static_cast<std::uint8_t>(labels - 1)));
        if (place == nullptr || !place->itself) continue;
        const auto& above = guarded_[*place->itself];
        if (above.reach == Reach::NameAndBelow)
            return Error{fmt::format("it is below '{}', {}", above.name, above.why)};
    }
    if (is_public_suffix(name)) return Error{"it is a public suffix, below which anybody registers names"};
    return Done{};
}

Status Guard::check_rule(const Rule& rule) const {
    if (rule.exception) return Done{};
    if (rule.trigger == Rule::Trigger::Name) return check_name(rule.name, rule.kind);
    auto why = addresses_.why_not(rule.prefix, address_use_of(rule.trigger), domainset::AddressGuard::Author::List);
    return why ? Status(Error{*std::move(why)}) : Status(Done{});
}

Guard guard_of(const Manifest& manifest, const Catalogue& catalogue) {
    using Reach = Guard::Reach;
    Guard guard;
    for (const auto& name : manifest.protect) guard.add(name, Reach::NameAndBelow, "under protect");
    for (const auto& zone : manifest.route_zones)
        guard.add(zone, Reach::NameAndBelow, "a zone with servers of its own");
    for (const auto& name : manifest.local_names) guard.add(name, Reach::NameOnly, "answered here ([[local]])");
    for (const auto& shared : catalogue.shared)
        guard.add(shared.name, Reach::NameOnly, fmt::format("a shared name of {}", shared.whose));
    guard.set_addresses(domainset::AddressGuard(manifest.addresses));
    return guard;
}

const Guard::Place* Guard::find_place(ByteView wire) const {
    const auto found = places_.find(as_text(wire));
    return found == places_.end() ? nullptr : &found->second;
}

}  // namespace cenote::blocklists
