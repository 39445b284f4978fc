// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/loaded.h"

#include <fmt/format.h>

#include "resolver/base/log.h"
#include "resolver/daemon/set_source.h"

namespace cenote::daemon {
namespace {

/// Takes the previous set where the policy has mistakes with the newest one; false: there are mistakes with both.
bool fit_set(Loaded& loaded) {
    Diagnostics with_newest;
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), with_newest);
    auto previous = with_newest.has_errors() && loaded.base != nullptr
                        ? domainset::DomainSet::open(domainset::previous_path(loaded.settings.set))
                        : Result<domainset::DomainSet>(Error{});
    if (previous) {
        loaded.base = std::make_shared<const domainset::DomainSet>(std::move(*previous));
        for (const Diagnostic& one : with_newest.all())
            if (one.severity == Diagnostic::Severity::Error) {
                loaded.set_problem = fmt::format(
                    "the previous set is used, because the policy does not fit the newest one: {}", one.to_string());
                break;
            }
    }
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), loaded.diagnostics);
    return !loaded.diagnostics.has_errors();
}

}  // namespace

Result<Loaded> load(const Path& config, SetCheck check) {
    Loaded loaded;
    auto settings = config::load(config, loaded.diagnostics);
    if (!settings) return Error{all_errors(loaded.diagnostics)};
    for (const Diagnostic& each : settings->unread) loaded.diagnostics.add(each);
    if (loaded.diagnostics.has_errors()) return Error{all_errors(loaded.diagnostics)};
    loaded.settings = std::move(*settings);
    loaded.written = loaded.settings.policy;
    open_set(loaded, check);
    loaded.of_reading = loaded.diagnostics;
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), loaded.diagnostics);
    if (loaded.diagnostics.has_errors()) return Error{all_errors(loaded.diagnostics)};
    return loaded;
}

Result<Loaded> load_last(const Path& config, const state::StateReader& archive) {
    const auto stored = archive.configuration();
    if (!stored) return stored.error();
    if (!*stored) return Error{"no configuration that was in force is stored"};
    Loaded loaded;
    auto settings = config::load_stored(config, (*stored)->files, loaded.diagnostics);
    if (!settings) return Error{all_errors(loaded.diagnostics)};
    loaded.settings = std::move(*settings);
    loaded.written = loaded.settings.policy;
    open_set(loaded, SetCheck::Later);
    loaded.of_reading = loaded.diagnostics;
    if (!fit_set(loaded)) return Error{all_errors(loaded.diagnostics)};
    return loaded;
}

void keep_findings(Loaded& loaded, std::span<const Diagnostic> on_policy) {
    loaded.diagnostics = loaded.of_reading;
    for (const Diagnostic& one : on_policy)
        if (one.severity != Diagnostic::Severity::Note || rules::rule_at(one.place).empty())
            loaded.diagnostics.add(one);
}

void log_findings(const Loaded& loaded) {
    for (const Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Warning && rules::rule_at(diagnostic.place).empty())
            log::warning("{}", diagnostic.to_string());
    if (loaded.base == nullptr && !loaded.set_problem.empty())
        log::error("{}; {}", loaded.set_problem,
                   loaded.settings.without_set == engine::WithoutSet::Forward
                       ? "without_set = \"forward\": nothing is restricted"
                       : "without_set = \"servfail\": every query gets SERVFAIL until 'cenote update' has made a set");
    else if (!loaded.set_problem.empty())
        log::error("{}", loaded.set_problem);
}

}  // namespace cenote::daemon
