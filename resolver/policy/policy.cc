// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/policy.h"

#include <fmt/format.h>

#include "resolver/policy/cells.h"
#include "resolver/policy/check.h"
#include "resolver/policy/explain.h"
#include "resolver/policy/groups.h"
#include "resolver/policy/overlay.h"
#include "resolver/policy/resolve.h"
#include "resolver/policy/table.h"

namespace cenote::policy {

struct Policy::State {
    std::shared_ptr<const Options> options;
    std::shared_ptr<const domainset::DomainSet> base;
    std::uint32_t version;
    Moment moment;
    PrefixSets classes;
    Overlay overlay;
    std::uint64_t generation;
    Table table;
    Cells cells;
};

namespace {

constexpr std::size_t kBase = 0;
constexpr std::size_t kOverlay = 1;
constexpr std::size_t kEdgesAhead = 64;  // of the calendar that explain() looks at

std::uint64_t generation_of(const domainset::DomainSet* base, const Overlay& overlay) noexcept {
    return (base != nullptr ? base->info().checksum : 0) ^ overlay.digest;
}

Error first_mistake(const Diagnostics& diagnostics) {
    std::size_t errors = 0;
    const Diagnostic* first = nullptr;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity != Diagnostic::Severity::Error) continue;
        if (errors++ == 0) first = &diagnostic;
    }
    const std::string more = errors > 1 ? fmt::format(" (and {} more)", errors - 1) : std::string();
    return Error{first->to_string() + more};
}

}  // namespace

void Policy::check(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics) {
    find_mistakes(options, base, diagnostics);
    find_refusals(options, base, diagnostics);
    find_remarks(options, base, diagnostics);
}

Result<std::shared_ptr<const Policy>> Policy::build(std::shared_ptr<const Options> options,
                                                    std::shared_ptr<const domainset::DomainSet> base,
                                                    std::uint32_t version, WallTime at) {
    Diagnostics diagnostics;
    find_mistakes(*options, base.get(), diagnostics);
    if (diagnostics.has_errors()) return first_mistake(diagnostics);
    auto moment = moment_of(*options, at);
    if (!moment) return std::move(moment).error();
    auto overlay = Overlay::build(*options, base.get());
    if (!overlay) return std::move(overlay).error();

    PrefixSets classes = classes_of(options->groups, options->exceptions, overlay->clients);
    CellMaker cells(*options, base.get(), *moment, version);
    Table table({*options, base.get(), *overlay, classes, *moment}, cells);
    const std::uint64_t generation = generation_of(base.get(), *overlay);
    auto state = std::unique_ptr<State>(new State{std::move(options), std::move(base), version, std::move(*moment),
                                                  std::move(classes), std::move(*overlay), generation, std::move(table),
                                                  std::move(cells).finish()});
    return std::shared_ptr<const Policy>(new Policy(std::move(state)));
}

Policy::Policy(std::unique_ptr<State> state) : state_(std::move(state)) {}
Policy::~Policy() = default;

ClientClass Policy::classify(const IpAddress& client) const noexcept { return state_->classes.table.find(client); }

Match Policy::match(const wire::Name& name) const noexcept {
    domainset::NameHashes hashes;
    hash(name, hashes);
    prefetch_groups(name, hashes);
    return match(name, hashes);
}

/// The overlay has the seed of the base set, so that one pass over the name serves both; it is small and stays at hand.
void Policy::hash(const wire::Name& name, domainset::NameHashes& hashes) const noexcept {
    if (state_->base) {
        state_->base->hash(name, hashes);
    } else if (state_->overlay.names) {
        state_->overlay.names->hash(name, hashes);
    }
}

void Policy::prefetch_groups(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept {
    if (state_->base) state_->base->prefetch_groups(name, hashes);
}

void Policy::prefetch_record(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept {
    if (state_->base) state_->base->prefetch_record(name, hashes);
}

Match Policy::match(const wire::Name& name, const domainset::NameHashes& hashes) const noexcept {
    Match match;
    const auto look = [&](std::size_t set, const domainset::DomainSet& names) {
        if (const auto hit = names.match(name, hashes)) {
            match.tags[set] = hit->tags;
            match.labels[set] = hit->labels;
        }
    };
    if (state_->base) look(kBase, *state_->base);
    if (state_->overlay.names) look(kOverlay, *state_->overlay.names);
    return match;
}

Match Policy::match(const IpAddress& revealed) const noexcept {
    Match match;
    match.tags[kOverlay] = state_->overlay.column_of(revealed);
    return match;
}

Verdict Policy::judge(ClientClass client, const Match& match) const noexcept {
    const CellId base = state_->table.load(client, kBase, match.tags[kBase]);
    const CellId overlay = state_->table.load(client, kOverlay, match.tags[kOverlay]);
    const CellId everything = state_->table.everything(client);
    CellId joined = base;  // mostly nothing else speaks
    if ((overlay | everything) != 0) joined = state_->cells.join(state_->cells.join(base, overlay), everything);
    const bool base_won = (joined & ~kFlags) == (base & ~kFlags);
    // Where nothing holds, nothing needs to stay open.
    const bool nothing = (joined & ~kFlags) == 0;
    return {.cell = nothing ? joined & kAllowed : joined,
            .labels = match.labels[base_won && base != 0 ? kBase : kOverlay]};
}

Verdict Policy::judge_link(ClientClass client, const Verdict& asked, const Match& link) const noexcept {
    const Verdict found = judge(client, link);
    const bool opened = ((asked.cell | found.cell) & kAllowed) != 0;  // the whole answer, or this link only
    if (opened && cell(found).step < Step::Block) return asked;
    return state_->cells.strength(found.cell) > state_->cells.strength(asked.cell) ? found : asked;
}

const Cell& Policy::cell(const Verdict& verdict) const noexcept { return state_->cells.cell(verdict.cell); }
std::uint64_t Policy::sets_generation() const noexcept { return state_->generation; }
std::uint32_t Policy::version() const noexcept { return state_->version; }
std::optional<WallTime> Policy::next_edge() const noexcept { return state_->moment.next_edge; }
const Options& Policy::options() const noexcept { return *state_->options; }
const domainset::DomainSet* Policy::base() const noexcept { return state_->base.get(); }

const std::shared_ptr<const domainset::DomainSet>& Policy::shared_base() const noexcept { return state_->base; }

std::uint32_t Policy::class_count() const noexcept { return static_cast<std::uint32_t>(state_->classes.sets.size()); }

std::string_view Policy::group_of(ClientClass client) const noexcept {
    const std::uint32_t nearest = state_->classes.sets[client].nearest;
    return nearest == OwnerSet::kNobody ? std::string_view() : state_->options->groups[nearest].id;
}

std::string_view Policy::directive_id(std::uint32_t directive) const noexcept {
    return directive == Cell::kNone ? std::string_view() : state_->options->directives[directive].id;
}

std::string_view Policy::service_id(std::uint32_t source) const noexcept {
    return source == Cell::kNone ? std::string_view() : state_->base->sources()[source].id;
}

DirectiveState Policy::state_of(std::uint32_t directive) const noexcept {
    return state_->moment.phases[directive].state;
}

Step Policy::step_of(std::uint32_t directive) const noexcept { return state_->moment.phases[directive].step; }

std::vector<Policy::Taken> Policy::takes(std::uint32_t directive) const {
    std::vector<Taken> taken;
    if (base() == nullptr) return taken;
    const Directive& of = state_->options->directives[directive];
    std::vector<bool> sources(base()->sources().size());
    for (const std::uint32_t tag : cover(of, *base()).tags) sources[base()->tags()[tag].source] = true;
    for (std::uint32_t i = 0; i < sources.size(); ++i)
        if (sources[i]) taken.push_back({i, target_to_text(*target_that_takes(of, base()->sources()[i]))});
    return taken;
}

std::vector<std::uint64_t> Policy::names_taken(std::uint32_t directive) const {
    std::vector<std::uint64_t> names;
    if (base() == nullptr) return names;
    names.resize(base()->sources().size());
    std::vector<bool> tags(base()->tags().size());
    for (const std::uint32_t tag : cover(state_->options->directives[directive], *base()).tags) tags[tag] = true;
    base()->for_each([&](const domainset::Entry& entry) {
        for (const std::uint32_t tag : base()->tag_set(entry.own))
            if (tags[tag]) ++names[base()->tags()[tag].source];
    });
    return names;
}

bool Policy::in_force(std::uint32_t exception) const noexcept { return state_->moment.exceptions[exception]; }

Explanation Policy::explain(const IpAddress& client, const wire::Name& name) const {
    const auto judged_at = [&](const Moment& moment) {
        return policy::explain(*state_->options, state_->base.get(), moment, client, name);
    };
    Explanation told = judged_at(state_->moment);
    auto edge = state_->moment.next_edge;
    for (std::size_t looked = 0; edge && looked < kEdgesAhead; ++looked) {
        const auto moment = moment_of(*state_->options, *edge);
        if (!moment) break;
        if (const auto then = judged_at(*moment); then.verdict != told.verdict) {
            told.changes = edge;
            told.next_verdict = then.verdict;
            break;
        }
        edge = moment->next_edge;
    }
    return told;
}

}  // namespace cenote::policy
