// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/policy/check.h"
#include "resolver/policy/explain.h"
#include "resolver/policy/policy_state.h"

namespace cenote::policy {
namespace {

constexpr std::size_t kBase = 0;
constexpr std::size_t kOverlay = 1;
constexpr std::string_view kBypass = "bypass";  // the category of ways around this resolver
constexpr std::size_t kEdgesAhead = 64;         // calendar edges that explain() evaluates

}  // namespace

void Policy::check(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics) {
    validate_policy(options, base, diagnostics);
    validate_against_set(options, base, diagnostics);
    lint_policy(options, base, diagnostics);
}

Result<std::shared_ptr<const Policy>> Policy::build(std::shared_ptr<const Options> options,
                                                    std::shared_ptr<const domainset::DomainSet> base,
                                                    std::uint32_t version, WallTime at) {
    auto timeless = build_timeless(std::move(options), std::move(base), nullptr);
    if (!timeless) return std::move(timeless).error();
    return at_time(*std::move(timeless), version, at);
}

Result<std::shared_ptr<const Policy>> Policy::rebuild(const Policy& before, std::shared_ptr<const Options> options,
                                                      std::shared_ptr<const domainset::DomainSet> base,
                                                      std::uint32_t version, WallTime at) {
    const auto& timeless = before.state_->timeless;
    if (options == timeless->options && base == timeless->base) return at_time(timeless, version, at);
    auto other = build_timeless(std::move(options), std::move(base), &timeless->identities);
    if (!other) return std::move(other).error();
    return at_time(*std::move(other), version, at);
}

Result<std::shared_ptr<const Policy>> Policy::at_time(std::shared_ptr<const Timeless> timeless, std::uint32_t version,
                                                      WallTime at) {
    auto state = build_state(std::move(timeless), version, at);
    if (!state) return std::move(state).error();
    return std::shared_ptr<const Policy>(new Policy(*std::move(state)));
}

Policy::Policy(std::unique_ptr<const PolicyState> state) noexcept : PolicyOverview(std::move(state)) {}

ClientClass Policy::classify(const IpAddress& client) const noexcept { return state_->classes->table.find(client); }

ClientClass Policy::classify(const IpAddress& client, Identity identity) const noexcept {
    return classify(client) + state_->timeless->identities.offset_of(identity);
}

Match Policy::match(const wire::Name& name) const noexcept {
    domainset::NameHashes hashes;
    hash(name, hashes);
    prefetch_groups(name, hashes);
    return match(name, hashes);
}

/// The overlay has the seed of the base set, so that one pass over the name serves both; it is small and stays cached.
void Policy::hash(const wire::Name& name, domainset::NameHashes& hashes) const noexcept {
    if (state_->base != nullptr) {
        state_->base->hash(name, hashes);
    } else if (state_->overlay != nullptr) {
        state_->overlay->hash(name, hashes);
    }
}

void Policy::prefetch_groups(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept {
    if (state_->base != nullptr) state_->base->prefetch_groups(name, hashes);
}

void Policy::prefetch_record(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept {
    if (state_->base != nullptr) state_->base->prefetch_record(name, hashes);
}

Match Policy::match(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept {
    Match match;
    const auto look = [&](std::size_t set, const domainset::DomainSet& names) {
        if (const auto hit = names.match(name, hashes)) {
            match.tags[set] = hit->tags;
            match.labels[set] = hit->labels;
        }
    };
    if (state_->base != nullptr) look(kBase, *state_->base);
    if (state_->overlay != nullptr) look(kOverlay, *state_->overlay);
    return match;
}

Match Policy::match(const IpAddress& revealed) const noexcept {
    Match match;
    match.tags[kOverlay] = state_->timeless->overlay.column_of(revealed);
    return match;
}

Verdict Policy::judge(ClientClass client, const Match& match) const noexcept {
    const CellId base = state_->table.load(client, kBase, match.tags[kBase]);
    const CellId overlay = state_->table.load(client, kOverlay, match.tags[kOverlay]);
    const CellId everything = state_->table.everything(client);
    CellId joined = base;  // the usual case: no rule in the overlay and none for the client
    if ((overlay | everything) != 0) joined = state_->cells.join(state_->cells.join(base, overlay), everything);
    const bool base_won = (joined & ~kFlags) == (base & ~kFlags);
    // Without a verdict there is no NXDOMAIN, so the flag for open names below has no meaning.
    const bool nothing = (joined & ~kFlags) == 0;
    return {.cell = nothing ? joined & kAllowed : joined,
            .labels = match.labels[base_won && base != 0 ? kBase : kOverlay]};
}

Verdict Policy::judge_link(ClientClass client, const Verdict& asked, const Match& link) const noexcept {
    const Verdict found = judge(client, link);
    // An allow covers the whole answer, or this link only.
    const bool opened = ((asked.cell | found.cell) & kAllowed) != 0;
    if (opened && cell(found).step < Step::Block) return asked;
    return state_->cells.strength(found.cell) > state_->cells.strength(asked.cell) ? found : asked;
}

const Cell& Policy::cell(const Verdict& verdict) const noexcept { return state_->cells.cell(verdict.cell); }
std::uint64_t Policy::sets_generation() const noexcept { return state_->timeless->generation; }

Explanation Policy::explain(const IpAddress& client, const wire::Name& name, const Holder* holder) const {
    Holder placed;
    if (holder != nullptr && holder->name && !holder->groups.empty() &&
        identities().identify({&*holder->name, 1}, nullptr) == Identity::None) {
        placed.text = fmt::format("{} would be in {} groups at once, which are too many together: it", holder->text,
                                  holder->groups.size());
        holder = &placed;
    }
    const auto judged_at = [&](const Moment& moment) {
        return policy::explain(*state_->options, state_->base, moment, {client, holder}, name);
    };
    Explanation explanation = judged_at(state_->moment);
    auto edge = state_->moment.next_edge;
    for (std::size_t looked = 0; edge && looked < kEdgesAhead; ++looked) {
        const auto moment = moment_of(*state_->options, *edge);
        if (!moment) break;
        if (const auto then = judged_at(*moment); then.verdict != explanation.verdict) {
            explanation.changes = edge;
            explanation.next_verdict = then.verdict;
            break;
        }
        edge = moment->next_edge;
    }
    return explanation;
}

bool is_bypass(const domainset::Source& source) noexcept {
    return source.kind == domainset::SourceKind::Service &&
           std::find(source.categories.begin(), source.categories.end(), kBypass) != source.categories.end();
}

}  // namespace cenote::policy
