// SPDX-License-Identifier: Apache-2.0
#include "blocklists/acceptance.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "blocklists/list_copy.h"
#include "blocklists/public_suffix.h"
#include "blocklists/rpz_trigger.h"
#include "resolver/base/time_text.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kGuardedShown = 5;  // the note of a refusal has room for so many of the longest names
constexpr std::size_t kPopularShown = 3;

std::vector<const LeftOut*> newly_left_out(const ListCopy& before, const ListCopy& now) {
    std::set<std::string> known;
    for (const auto& entry : before.left_out()) known.insert(entry.name);
    std::vector<const LeftOut*> added;
    for (const auto& entry : now.left_out())
        if (known.insert(entry.name).second) added.push_back(&entry);
    return added;
}

std::string signing_text(std::int64_t time) {
    return time == 0 ? "without a time" : format_time(WallTime(seconds(time)));
}

}  // namespace

Result<Acceptance> Acceptance::of(const Manifest& manifest, const Catalogue& catalogue) {
    auto popular = Popular::of(manifest);
    if (!popular) return std::move(popular).error();
    return Acceptance(guard_of(manifest, catalogue), *std::move(popular), manifest.acceptance, manifest.force);
}

Status Acceptance::check_service_name(const wire::Name& name) const {
    return force_ ? Status(Done{}) : guard_.check_name(name, domainset::MatchKind::Suffix);
}

Status Acceptance::check_copy(const ListCopy* before, const ListCopy& now) const {
    if (force_) return Done{};
    if (before != nullptr)
        for (const auto check : {&Acceptance::check_guarded, &Acceptance::check_size, &Acceptance::check_popular})
            if (auto checked = (this->*check)(*before, now); !checked) return checked;
    return check_address_space(before, now);
}

Status Acceptance::check_list(const Manifest::List& list, const ListCopy* before, const ListCopy& now) const {
    if (force_) return Done{};
    if (list.signed_since > now.signed_at() && !list.key.empty())
        return Error{
            fmt::format("{}: it is signed {}, before the last good copy ({}), as an older list in its place "
                        "would be; the last good copy serves, force takes this one as it is",
                        list.from(), signing_text(now.signed_at()), signing_text(list.signed_since))};
    const Status checked = check_copy(before, now);
    if (checked) return Done{};
    return Error{fmt::format("{}: {}; {}force takes the new one as it is", list.from(), checked.error().text,
                             before != nullptr ? "the last good copy serves, " : "")};
}

Status Acceptance::check_catalogue(const ListCopy& before, const ListCopy& now) const {
    const Status checked = check_copy(&before, now);
    if (checked) return Done{};
    return Error{fmt::format("the catalogue is not taken: {}; the set in use stays, force takes the catalogue as it is",
                             checked.error().text)};
}

Status Acceptance::check_guarded(const ListCopy& before, const ListCopy& now) const {
    const auto added = newly_left_out(before, now);
    if (added.empty()) return Done{};
    std::string text = "it adds ";
    if (added.size() > 1) text += fmt::format("{} entries that may not be sinkholed: ", added.size());
    const auto shown = std::span(added).first(std::min(added.size(), kGuardedShown));
    for (const LeftOut* entry : shown) {
        const std::string place = entry->line == 0 ? std::string() : fmt::format(" in line {}", entry->line);
        text += fmt::format("{}'{}'{}{}: {}", entry == shown.front() ? "" : "; ", entry->name, place,
                            added.size() > 1 ? "" : ", which may not be sinkholed", entry->why);
    }
    if (added.size() > shown.size()) text += fmt::format("; and {} more", added.size() - shown.size());
    return Error{std::move(text)};
}

Status Acceptance::check_size(const ListCopy& before, const ListCopy& now) const {
    const double was = before.count();
    const double is = now.count();
    if (is < was * (1 - limits_.shrink_max) && was - is >= limits_.change_min)
        return Error{fmt::format("it lost {} of {} entries", before.count() - now.count(), before.count())};
    if (is > was * limits_.growth_max && is - was >= limits_.change_min)
        return Error{fmt::format("it grew from {} to {} entries", before.count(), now.count())};
    return Done{};
}

Status Acceptance::check_popular(const ListCopy& before, const ListCopy& now) const {
    if (popular_.empty()) return Done{};
    const auto was = popular_.sinkholed_by(before);
    const auto is = popular_.sinkholed_by(now);
    std::vector<std::string> added;  // the most popular name of each registered domain
    std::set<std::string> domains;
    for (std::size_t i = 0; i < is.size(); ++i)
        if (is[i] && !was[i] && domains.insert(registrable_domain(popular_.names()[i])).second)
            added.push_back(popular_.names()[i].to_string());
    if (added.size() <= limits_.popular_sinkholed_max) return Done{};
    const auto shown = std::span(added).first(std::min(added.size(), kPopularShown));
    return Error{
        fmt::format("it would newly sinkhole {} popular names, {} first", added.size(), fmt::join(shown, ", "))};
}

Status Acceptance::check_address_space(const ListCopy* before, const ListCopy& now) {
    using domainset::AddressUse;
    for (const auto use : {AddressUse::Response, AddressUse::Client}) {
        const auto was = before != nullptr ? before->address_space(use) : domainset::AddressSpace{};
        if (auto why = domainset::why_not_together(now.address_space(use), was, use)) return Error{*std::move(why)};
    }
    return Done{};
}

bool Acceptance::delta_takes(std::size_t changed, std::size_t entries) const noexcept {
    return changed < limits_.change_min || changed <= entries / limits_.delta_share;
}

bool Acceptance::delta_changes(const Rule& rule) const {
    return delta_knows(rule) && !popular_.is_or_covers(rule.name);
}

bool Acceptance::delta_knows(const Rule& rule) const {
    return rule.trigger == Rule::Trigger::Name && guard_.check_name(rule.name, rule.kind).ok();
}

}  // namespace cenote::blocklists
