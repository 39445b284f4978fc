// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/overview.h"

#include <algorithm>

#include "resolver/policy/policy_state.h"
#include "resolver/policy/resolve.h"

namespace cenote::policy {

PolicyOverview::PolicyOverview(std::unique_ptr<const PolicyState> state) noexcept : state_(std::move(state)) {}
PolicyOverview::~PolicyOverview() = default;

std::uint32_t PolicyOverview::version() const noexcept { return state_->version; }
std::optional<WallTime> PolicyOverview::next_edge() const noexcept { return state_->moment.next_edge; }
const Options& PolicyOverview::options() const noexcept { return *state_->options; }
const domainset::DomainSet* PolicyOverview::base() const noexcept { return state_->base; }

const std::shared_ptr<const domainset::DomainSet>& PolicyOverview::shared_base() const noexcept {
    return state_->timeless->base;
}

std::uint32_t PolicyOverview::class_count() const noexcept {
    return static_cast<std::uint32_t>(state_->classes->sets.size());
}

std::uint32_t PolicyOverview::cell_count() const noexcept { return state_->cells.size(); }

std::string_view PolicyOverview::group_of(ClientClass client) const noexcept {
    const std::uint32_t nearest = state_->classes->sets[client].nearest;
    return nearest == OwnerSet::kNone ? std::string_view() : state_->options->groups[nearest].id;
}

const Identities& PolicyOverview::identities() const noexcept { return state_->timeless->identities; }
std::uint32_t PolicyOverview::address_class_count() const noexcept { return state_->timeless->address_classes; }

std::string_view PolicyOverview::identity_of(ClientClass client) const noexcept {
    const std::uint32_t column = client / state_->timeless->address_classes;
    return column == 0 ? std::string_view() : identities().text_of(column);
}

std::string_view PolicyOverview::directive_id(std::uint32_t directive) const noexcept {
    return directive == Cell::kNone ? std::string_view() : state_->options->directives[directive].id;
}

std::string_view PolicyOverview::service_id(std::uint32_t source) const noexcept {
    return source == Cell::kNone ? std::string_view() : state_->base->sources()[source].id;
}

DirectiveState PolicyOverview::state_of(std::uint32_t directive) const noexcept {
    return state_->moment.phases[directive].state;
}

Step PolicyOverview::step_of(std::uint32_t directive) const noexcept { return state_->moment.phases[directive].step; }

std::optional<PolicyOverview::NextStep> PolicyOverview::next_step_of(std::uint32_t directive) const {
    constexpr std::size_t kEdgesAhead = 64;
    const Directive& of = state_->options->directives[directive];
    const auto zone = TimeZone::load(of.timezone);
    if (!zone) return std::nullopt;
    const auto phase_then = [&](WallTime at) {
        Phase phase = phase_at(of, *zone, at);
        const auto& until = state_->options->suspended_until;
        if (!until || at >= *until) return phase;
        phase.step = std::min(phase.step, Step::Observe);
        phase.next_edge = earlier(phase.next_edge, until);
        return phase;
    };
    auto edge = phase_then(state_->moment.at).next_edge;
    for (std::size_t looked = 0; edge && looked < kEdgesAhead; ++looked) {
        const Phase then = phase_then(*edge);
        if (then.step != step_of(directive)) return NextStep{*edge, then.step};
        edge = then.next_edge;
    }
    return std::nullopt;
}

bool PolicyOverview::suspended() const noexcept { return state_->moment.suspended; }

std::vector<PolicyOverview::Taken> PolicyOverview::takes(std::uint32_t directive) const {
    std::vector<Taken> taken;
    if (base() == nullptr) return taken;
    const Directive& of = state_->options->directives[directive];
    std::vector<bool> sources(base()->sources().size());
    for (const std::uint32_t tag : cover(of, *base()).tags) sources[base()->tags()[tag].source] = true;
    for (std::uint32_t i = 0; i < sources.size(); ++i)
        if (sources[i]) taken.push_back({i, target_to_text(*target_that_takes(of, base()->sources()[i]))});
    return taken;
}

std::vector<std::uint64_t> PolicyOverview::names_taken(std::uint32_t directive) const {
    std::vector<std::uint64_t> names;
    if (base() == nullptr) return names;
    names.resize(base()->sources().size());
    std::vector<bool> tags(base()->tags().size());
    for (const std::uint32_t tag : cover(state_->options->directives[directive], *base()).tags) tags[tag] = true;
    base()->for_each([&](const domainset::Entry& entry) {
        for (const std::uint32_t tag : base()->source_set(entry.own))
            if (tags[tag]) ++names[base()->tags()[tag].source];
    });
    return names;
}

bool PolicyOverview::in_force(std::uint32_t exception) const noexcept { return state_->moment.exceptions[exception]; }

}  // namespace cenote::policy
