// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/identities.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <set>

namespace cenote::policy {
namespace {

constexpr std::string_view kTokenOf{"token:"};
constexpr std::size_t kNumbersKept = 60000;  // then those that are not in use are given again

/// As a reason of Identities.
constexpr std::uint32_t by_certificate(std::size_t group) noexcept { return static_cast<std::uint32_t>(group * 2); }
constexpr std::uint32_t by_token(std::size_t group) noexcept { return by_certificate(group) + 1; }
constexpr bool is_token(std::uint32_t reason) noexcept { return reason % 2 != 0; }

std::uint64_t next_generation() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

bool needs_token(const std::vector<std::uint32_t>& reasons) noexcept { return std::ranges::any_of(reasons, is_token); }

std::vector<std::uint32_t> united(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
    std::vector<std::uint32_t> all;
    std::ranges::set_union(a, b, std::back_inserter(all));
    return all;
}

std::string text_of_reasons(const std::vector<std::uint32_t>& reasons, const Options& options) {
    std::vector<std::string> texts;
    texts.reserve(reasons.size());
    for (const std::uint32_t reason : reasons)
        texts.push_back(
            fmt::format("{} {}", is_token(reason) ? "token" : "certificate", options.groups[reason / 2].id));
    return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

Result<Identities> Identities::build(const Options& options, const Identities* before, std::size_t address_classes) {
    Identities made;
    made.generation_ = next_generation();
    made.read_groups(options);
    const auto singles = made.singles();
    const std::size_t room = std::min(kIdentitiesMax, kClassesMax / std::max<std::size_t>(address_classes, 1));
    if (singles.size() > room)
        return Error{
            fmt::format("{} different identities of certificates and tokens are too many beside {} sets of "
                        "groups by address, which leave room for {}; put certificates into fewer groups",
                        singles.size(), address_classes, room)};
    for (const Reasons& each : singles) made.sets_.try_emplace(each, 0);
    for (std::size_t together = 1; made.together_ == 0 && !singles.empty(); ++together)
        if (const std::size_t had = made.sets_.size(); !made.add_unions(singles, room))
            made.together_ = together;
        else if (made.sets_.size() == had)
            break;
    made.number(options, before, address_classes);
    return made;
}

void Identities::read_groups(const Options& options) {
    for (std::size_t group = 0; group < options.groups.size(); ++group) {
        for (const std::string& text : options.groups[group].certificates)
            if (auto pattern = CertificateName::parse_pattern(text))
                patterns_.emplace_back(*std::move(pattern), by_certificate(group));
        for (const TokenDigest& token : options.groups[group].token_digests)
            tokens_.emplace_back(token, by_token(group));
    }
    std::ranges::sort(tokens_);
}

/// What a single name or a single token leads to: a name that a pattern stands for has all patterns around that one.
std::vector<Identities::Reasons> Identities::singles() const {
    std::set<Reasons> found;
    for (const auto& [pattern, own] : patterns_) {
        std::set<Reason> around;
        for (const auto& [other, reason] : patterns_)
            if (other.covers(pattern)) around.insert(reason);
        found.emplace(around.begin(), around.end());
    }
    for (const auto& [token, reason] : tokens_) found.insert(Reasons{reason});
    return {found.begin(), found.end()};
}

/// What each set makes together with one more. False: there is no room for all of them, and none was added.
bool Identities::add_unions(const std::vector<Reasons>& singles, std::size_t room) {
    std::set<Reasons> found;
    for (const auto& [reasons, column] : sets_)
        for (const Reasons& single : singles) {
            if (needs_token(reasons) && needs_token(single)) continue;  // a path has one
            Reasons both = united(reasons, single);
            if (sets_.contains(both)) continue;
            found.insert(std::move(both));
            if (sets_.size() + found.size() > room) return false;
        }
    for (const Reasons& each : found) sets_.try_emplace(each, 0);
    return true;
}

void Identities::number(const Options& options, const Identities* before, std::size_t address_classes) {
    if (before != nullptr) known_ = before->known_;
    if (known_.size() + sets_.size() > kNumbersKept)
        std::erase_if(known_, [before](const auto& each) {
            return std::ranges::find(before->texts_, each.first) == before->texts_.end();
        });
    std::set<std::uint16_t> taken{static_cast<std::uint16_t>(Identity::None)};
    for (const auto& [text, number] : known_) taken.insert(number);
    std::uint16_t free = 0;
    for (auto& [reasons, column] : sets_) {
        columns_.push_back(reasons);
        column = columns_.size();
        texts_.push_back(text_of_reasons(reasons, options));
        const auto [known, is_new] = known_.try_emplace(texts_.back(), 0);
        if (is_new) {
            while (taken.contains(free)) ++free;
            known->second = free++;
        }
        numbers_.push_back(known->second);
        if (offsets_.size() <= known->second) offsets_.resize(known->second + std::size_t{1});
        offsets_[known->second] = static_cast<std::uint32_t>(column * address_classes);
    }
}

/// The order of the digests is no secret: an equal one cannot be approached digit by digit.
const std::pair<TokenDigest, Identities::Reason>* Identities::find(const TokenDigest& token) const noexcept {
    const auto found = std::ranges::lower_bound(tokens_, token, {}, &std::pair<TokenDigest, Reason>::first);
    return found != tokens_.end() && equal_in_constant_time(found->first, token) ? &*found : nullptr;
}

bool Identities::has_token(const TokenDigest& token) const noexcept { return find(token) != nullptr; }

Identity Identities::identify(std::span<const CertificateName> names, const TokenDigest* token) const {
    std::set<Reason> found;
    for (const auto& row : patterns_)
        if (std::ranges::any_of(names, [&row](const CertificateName& name) { return row.first.covers(name); }))
            found.insert(row.second);
    if (const auto* const known = token == nullptr ? nullptr : find(*token)) found.insert(known->second);
    const auto column = sets_.find(Reasons(found.begin(), found.end()));
    return column == sets_.end() ? Identity::None : Identity{numbers_[column->second - 1]};
}

std::vector<std::uint32_t> Identities::groups_of(std::size_t column) const {
    std::set<std::uint32_t> groups;
    for (const Reason reason : columns_[column - 1]) groups.insert(reason / 2);
    return {groups.begin(), groups.end()};
}

std::size_t Identities::column_with(std::uint32_t group) const {
    std::size_t found = 0;
    for (std::size_t column = 1; column <= columns_.size(); ++column) {
        const Reasons& reasons = columns_[column - 1];
        const bool has = std::ranges::any_of(reasons, [group](Reason reason) { return reason / 2 == group; });
        if (has && (found == 0 || reasons.size() < columns_[found - 1].size())) found = column;
    }
    return found;
}

Result<Holder> find_holder(const Options& options, std::string_view text) {
    Holder holder;
    if (text.starts_with(kTokenOf)) {
        const std::string_view id = text.substr(kTokenOf.size());
        const auto group = std::ranges::find(options.groups, id, &Group::id);
        if (group == options.groups.end())
            return Error{
                "no group has this id; 'cenote groups' shows which have tokens (after 'token:' comes the id of "
                "a group, not a token: command lines can be read by others)"};
        if (group->tokens.empty())
            return Error{fmt::format("group '{}' has no tokens; 'cenote groups' shows which have", id)};
        holder.groups = {static_cast<std::uint32_t>(group - options.groups.begin())};
        holder.text = fmt::format("a token of group {}", id);
        holder.typed = id;
        return holder;
    }
    const auto name = CertificateName::parse_name(text);
    if (!name) return name.error();
    for (std::uint32_t group = 0; group < options.groups.size(); ++group)
        if (std::ranges::any_of(options.groups[group].certificates, [&name](const std::string& pattern) {
                const auto read = CertificateName::parse_pattern(pattern);
                return read.ok() && read->covers(*name);
            }))
            holder.groups.push_back(group);
    holder.text = fmt::format("a certificate for {}", text);
    holder.typed = text;
    holder.name = *name;
    return holder;
}

}  // namespace cenote::policy
