// SPDX-License-Identifier: Apache-2.0
//
// Names that people ask for, in no service, beside the listed host of a service: candidates for the catalogue, which a
// person has to judge.
//
// A name is beside a host when it has as many labels and differs in one of them; where that is the first label, the two
// must have a part between hyphens in common (`x-pa.googleapis.com` beside `y-pa.googleapis.com`). The name above both,
// up to which they agree, is a shared name of the catalogue or below one.
//
// Threads:  pure. Control plane.
// Memory:   the candidates.
// Failure:  none.
#pragma once

#include <optional>
#include <string>

#include "blocklists/catalogue.h"

namespace cenote::blocklists {

struct Gap {
    wire::Name beside;    // the host that is listed
    std::string service;  // its service
};

/// nullopt: the name belongs to a service, is shared, or is beside no host.
[[nodiscard]] std::optional<Gap> find_gap(const Catalogue& catalogue, const wire::Name& name);

}  // namespace cenote::blocklists
