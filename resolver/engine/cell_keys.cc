// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/cell_keys.h"

#include <algorithm>

namespace cenote::engine {

std::vector<CellKeys> cell_keys_of(const policy::Policy& policy, telemetry::IdentityLevel allowed,
                                   telemetry::Keys& keys) {
    using policy::Cell;
    using telemetry::IdentityLevel;
    using telemetry::KeyKind;
    std::vector<CellKeys> rows(policy.cell_count());
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        const Cell& cell = policy.cell({.cell = i});
        CellKeys& row = rows[i];
        row.service = keys.intern(KeyKind::Service, policy.service_id(cell.service));
        row.bypass = cell.service != Cell::kNone && policy::is_bypass(policy.base()->sources()[cell.service]);
        row.directive = keys.intern(KeyKind::Directive, policy.directive_id(cell.directive));
        if (cell.directive != Cell::kNone)
            row.identity = std::min(
                allowed, policy.options().directives[cell.directive].identity.value_or(IdentityLevel::Address));
        if (cell.exception != Cell::kNone)
            row.exception = keys.intern(KeyKind::Exception, policy.options().exceptions[cell.exception].id);
    }
    return rows;
}

}  // namespace cenote::engine
