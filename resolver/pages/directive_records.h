// SPDX-License-Identifier: Apache-2.0
//
// What the audit trail has about one directive, as sections of its page: the last saved proof, and the newest records.
// Private to pages.
//
// Threads: one request.   Memory: the section.   Failure: a section that cannot be made says why.
#pragma once

#include "resolver/pages/page.h"

namespace cenote::pages {

[[nodiscard]] PageSection proof_section(const Site& site, const std::string& directive);
[[nodiscard]] PageSection records_section(const Site& site, const std::string& directive);

}  // namespace cenote::pages
