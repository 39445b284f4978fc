// SPDX-License-Identifier: Apache-2.0
//
// Services of a set or of the catalogue's files, as `cenote services --json` prints them.
//
// Threads: pure.   Time: an argument.   Memory: the answer.   Failure: none; an unknown value is null.
#pragma once

#include "blocklists/catalogue.h"
#include "resolver/report/values.h"

namespace cenote::report {

/// Rows sorted by id.
[[nodiscard]] Json services_json(const domainset::DomainSet& set);
[[nodiscard]] Json services_json(const blocklists::Catalogue& catalogue);

/// Adds to a row what only the catalogue's files have: evidence, and when it was last checked. nullptr: the files do
/// not have this service.
void add_evidence(Json& row, const blocklists::Service* service, WallTime now);

/// Host names with role; null where the files do not have this service.
[[nodiscard]] Json hosts_json(const blocklists::Service* service);

}  // namespace cenote::report
