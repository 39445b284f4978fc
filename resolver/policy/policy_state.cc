// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/policy_state.h"

#include <fmt/format.h>

#include "resolver/policy/check.h"

namespace cenote::policy {
namespace {

std::uint64_t generation_of(const domainset::DomainSet* base, const Overlay& overlay) noexcept {
    return (base != nullptr ? base->info().checksum : 0) ^ overlay.digest;
}

/// The classes by address, and those of each identity.
Status add_classes(const Identities* before, Timeless& timeless) {
    const Options& options = *timeless.options;
    timeless.classes = classes_of(options.groups, options.exceptions, timeless.overlay.clients);
    timeless.address_classes = static_cast<std::uint32_t>(timeless.classes.sets.size());
    auto identities = Identities::build(options, before, timeless.classes.sets.size());
    if (!identities) return std::move(identities).error();
    timeless.identities = *std::move(identities);
    std::vector<std::vector<std::uint32_t>> groups;
    for (std::size_t column = 1; column <= timeless.identities.count(); ++column)
        groups.push_back(timeless.identities.groups_of(column));
    add_identities(groups, timeless.classes);
    return Done{};
}

Error first_mistake(const Diagnostics& diagnostics) {
    std::size_t errors = 0;
    std::string first;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity != Diagnostic::Severity::Error) continue;
        if (errors++ == 0) first = diagnostic.to_string();
    }
    return Error{errors > 1 ? fmt::format("{} (and {} more)", first, errors - 1) : first};
}

}  // namespace

Result<std::shared_ptr<const Timeless>> build_timeless(std::shared_ptr<const Options> options,
                                                       std::shared_ptr<const domainset::DomainSet> base,
                                                       const Identities* before) {
    Diagnostics diagnostics;
    validate_policy(*options, base.get(), diagnostics);
    if (diagnostics.has_errors()) return first_mistake(diagnostics);
    auto overlay = Overlay::build(*options, base.get());
    if (!overlay) return std::move(overlay).error();
    auto timeless = std::make_shared<Timeless>();
    timeless->generation = generation_of(base.get(), *overlay);
    timeless->options = std::move(options);
    timeless->base = std::move(base);
    timeless->overlay = *std::move(overlay);
    if (auto added = add_classes(before, *timeless); !added) return std::move(added).error();
    return std::shared_ptr<const Timeless>(std::move(timeless));
}

Result<std::unique_ptr<const PolicyState>> build_state(std::shared_ptr<const Timeless> timeless, std::uint32_t version,
                                                       WallTime at) {
    const Options& options = *timeless->options;
    const domainset::DomainSet* base = timeless->base.get();
    const Overlay& overlay = timeless->overlay;
    auto moment = moment_of(options, at);
    if (!moment) return std::move(moment).error();
    CellMaker cells(options, base, *moment, version);
    VerdictTable table({options, base, overlay, timeless->classes, *moment}, cells);
    const PrefixSets* classes = &timeless->classes;
    return std::unique_ptr<const PolicyState>(
        new PolicyState{std::move(timeless), &options, base, overlay.names ? &*overlay.names : nullptr, classes,
                        version, std::move(*moment), std::move(table), std::move(cells).finish()});
}

}  // namespace cenote::policy
