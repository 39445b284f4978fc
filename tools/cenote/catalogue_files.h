// SPDX-License-Identifier: Apache-2.0
//
// The catalogue as its files have it, with what is in no set: evidence, dates, uses of shared names. Private to the
// tool.
//
// Threads: one.   Memory: the catalogue.   Failure: nullopt where the configuration cannot be read.
#pragma once

#include <optional>

#include "blocklists/catalogue.h"
#include "tools/cenote/session.h"

namespace cenote::cli {

/// Mistakes in the files are left to `cenote update`, which reports them.
std::optional<blocklists::Catalogue> catalogue_of_files(Session& session);

/// The service whose id the row has; nullptr: the files do not have it.
const blocklists::Service* find_service(const std::optional<blocklists::Catalogue>& catalogue, const Json& row);

}  // namespace cenote::cli
