// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/loaded.h"

#include <fmt/format.h>

#include "resolver/base/log.h"
#include "resolver/daemon/set_source.h"

namespace cenote::daemon {
Result<Loaded> load(const Path& config, SetCheck check) {
    Loaded loaded;
    auto settings = config::load(config, loaded.diagnostics);
    if (!settings) return Error{all_errors(loaded.diagnostics)};
    loaded.settings = std::move(*settings);
    loaded.written = loaded.settings.policy;
    open_set(loaded, check);
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), loaded.diagnostics);
    if (loaded.diagnostics.has_errors()) return Error{all_errors(loaded.diagnostics)};
    return loaded;
}

void log_findings(const Loaded& loaded) {
    for (const Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Warning) log::warning("{}", diagnostic.to_string());
    if (loaded.base == nullptr && !loaded.set_problem.empty())
        log::error("{}; {}", loaded.set_problem,
                   loaded.settings.without_set == engine::WithoutSet::Forward
                       ? "without_set = \"forward\": nothing is restricted"
                       : "without_set = \"servfail\": every query gets SERVFAIL until 'cenote update' has made a set");
    else if (!loaded.set_problem.empty())
        log::error("{}", loaded.set_problem);
}

}  // namespace cenote::daemon
