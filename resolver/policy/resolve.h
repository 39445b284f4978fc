// SPDX-License-Identifier: Apache-2.0
//
// From the targets of a directive to the tags of the base set that it takes.
//
// Wildcards (service:*, category:, vendor:, jurisdiction:) leave out services that are off by default, and every
// target leaves out strict hosts, unless the directive says `strict = true`. A service is taken by name all the same.
// category:bypass is a wildcard as well, and all its services are off by default: it wants `strict = true`. Roles
// choose among a service's names; lists have none.
//
// Threads:  pure. Control plane.
// Memory:   a list of tags for each directive.
// Failure:  none; unknown targets are check()'s to find and take nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/options.h"

namespace cenote::policy {

enum class Reach : std::uint8_t { No, Wildcard, Named };

/// How a target takes a service or list.
[[nodiscard]] Reach reach_of(const Target& target, const domainset::Source& source);

/// The target by which a directive takes a source; nullptr: none.
[[nodiscard]] const Target* target_that_takes(const Directive& directive, const domainset::Source& source);

/// Whether a directive that takes the tag's source takes the tag as well.
[[nodiscard]] bool takes_tag(const Directive& directive, const domainset::Source& source, const domainset::Tag& tag);

struct Coverage {
    std::vector<std::uint32_t> tags;  // indices into the set's tags(), ascending
    std::vector<bool> leaves_open;    // by source: names of it may stay open below one that is taken
};

[[nodiscard]] Coverage cover(const Directive& directive, const domainset::DomainSet& base);

/// ASCII letters are equal in both cases.
[[nodiscard]] bool equal_folded(std::string_view a, std::string_view b) noexcept;

}  // namespace cenote::policy
