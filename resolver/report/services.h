// SPDX-License-Identifier: Apache-2.0
//
// Services of a set or of the catalogue's files, as `cenote services --json` prints them.
//
// Threads: pure.   Time: an argument.   Memory: the answer.   Failure: none; an unknown value is null.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "blocklists/catalogue.h"
#include "resolver/report/values.h"

namespace cenote::report {

/// Rows sorted by id.
[[nodiscard]] Json services_json(const domainset::DomainSet& set);
[[nodiscard]] Json services_json(const blocklists::Catalogue& catalogue);

/// The service with an id; nullptr: the files do not have it.
[[nodiscard]] const blocklists::Service* find_service(const blocklists::Catalogue& catalogue,
                                                      std::string_view id) noexcept;

/// How old the newest evidence of a service may be: less for those that are watched.
inline constexpr std::chrono::days kWatchedFor{30};
inline constexpr std::chrono::days kSeenFor{90};

/// Whether the newest evidence is older than `limit`, or than what is usual for the service. Evidence without a date
/// counts as too old.
[[nodiscard]] bool is_stale(const blocklists::Service& service, std::optional<std::chrono::days> limit, WallTime now);

/// Adds to a row what only the catalogue's files have: evidence, the newest of it, and when it was last checked.
/// nullptr: the files do not have this service.
void add_evidence(Json& row, const blocklists::Service* service, std::optional<std::chrono::days> limit, WallTime now);

/// How many services there are, are watched, and have evidence that is too old.
[[nodiscard]] Json catalogue_json(const blocklists::Catalogue& catalogue, WallTime now);

/// Host names with role and newest evidence; null where the files do not have this service.
[[nodiscard]] Json hosts_json(const blocklists::Service* service);

}  // namespace cenote::report
