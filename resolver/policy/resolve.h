// SPDX-License-Identifier: Apache-2.0
//
// From the targets of a directive to the tags of the base set that it matches.
//
// Wildcards (service:*, category:, vendor:, jurisdiction:) leave out services that are off by default, and every
// target leaves out strict names, unless the directive says `strict = true`. A target that names a
// service matches it even when it is off by default. category:bypass is a wildcard too, and all its services are off by
// default: it needs `strict = true`. Roles select among the names of a service; lists have none.
//
// Threads:  pure. Control plane.
// Memory:   a list of tags for each directive.
// Failure:  none; an unknown target matches nothing, and Policy::check() reports it.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/options.h"

namespace cenote::policy {

enum class Reach : std::uint8_t { No, Wildcard, Named };

/// How a target matches a service or list.
[[nodiscard]] Reach reach_of(const Target& target, const domainset::Source& source);

/// The target by which a directive matches a source; nullptr: none.
[[nodiscard]] const Target* target_that_takes(const Directive& directive, const domainset::Source& source);

/// Whether a directive that matches the source of the tag matches the tag as well.
[[nodiscard]] bool takes_tag(const Directive& directive, const domainset::Source& source, const domainset::Tag& tag);

struct Coverage {
    std::vector<std::uint32_t> tags;  // indices into the set's tags(), ascending
    std::vector<bool> leaves_open;    // by source: some of its names may stay open below one that matches
};

[[nodiscard]] Coverage cover(const Directive& directive, const domainset::DomainSet& base);

}  // namespace cenote::policy
