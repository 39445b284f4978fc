// SPDX-License-Identifier: Apache-2.0
//
// One file of the catalogue (blocklists/services/README.md).
//
// Threads:  control plane.   Memory: the services.   Failure: mistakes go into the Diagnostics.
#pragma once

#include <string_view>
#include <vector>

#include "blocklists/catalogue.h"
#include "resolver/base/fd.h"

namespace cenote::blocklists {

/// A service as one file defines it, or its extension of a service that another file defines.
struct ServiceDraft {
    Service service;
    bool says_default = false;
    bool says_watch = false;
};

[[nodiscard]] std::vector<ServiceDraft> read_service_file(std::string_view text, const Path& file,
                                                          Diagnostics& diagnostics);

/// Checks the keys that a service must have unless it extends another.
void require_all_of(const ServiceDraft& draft, Diagnostics& diagnostics);

}  // namespace cenote::blocklists
