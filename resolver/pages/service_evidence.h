// SPDX-License-Identifier: Apache-2.0
//
// What the catalogue's files say of one service and is in no set: its domains, each with its evidence and date. Private
// to pages.
//
// Threads: one request.   Time: Site::now.   Memory: the catalogue while it is read, then the section.
// Failure: a folder or file that cannot be read is named with its reason; what the others have is shown.
#pragma once

#include "resolver/pages/page.h"
#include "resolver/pages/words.h"

namespace cenote::pages {

[[nodiscard]] PageSection evidence_section(const Site& site, const Words& words, const std::string& service);

}  // namespace cenote::pages
