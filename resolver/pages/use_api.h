// SPDX-License-Identifier: Apache-2.0
//
// /api/v1/… of the verbs about use: the JSON of the tool's --json, and the numbers of a range. Private to pages.
//
// Threads: one request.   Memory: the reply.   Failure: an Error with the sentence of the daemon.
#pragma once

#include "resolver/pages/pages.h"

namespace cenote::pages {

[[nodiscard]] Result<Reply> status_api(const Site& site);
[[nodiscard]] Result<Reply> services_api(const Site& site);
[[nodiscard]] Result<Reply> directives_api(const Site& site);
[[nodiscard]] Result<Reply> groups_api(const Site& site);
[[nodiscard]] Result<Reply> explain_api(const Site& site);
/// Sums of the range, and of each service, group and directive; columns over time.
[[nodiscard]] Result<Reply> summary_api(const Site& site);
[[nodiscard]] Result<Reply> series_api(const Site& site);
/// The description of all of /api/v1.
[[nodiscard]] Result<Reply> openapi_api(const Site& site);

}  // namespace cenote::pages
