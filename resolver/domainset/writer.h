// SPDX-License-Identifier: Apache-2.0
//
// Builds a domain set: takes entries in any order, resolves inheritance, writes the file. The same input gives the same
// bytes.
//
// Inheritance: an entry holds for its name (Exact), its name and all below (Suffix) or all below (Below). A deeper
// entry replaces the entries of the same source above it, so that the deepest gives the role; tags of other sources are
// kept. An exception removes the tags of its source from its name (and below); of an entry and an exception the deeper
// wins, at the same name the exception.
//
// Threads:  one.
// Memory:   about 60 bytes an entry while building.
// Failure:  finish() returns the first error in what was added, or in the set as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/domainset/domain_set.h"

namespace cenote::domainset {

class DomainSetWriter {
public:
    /// `built_at` and `seed` become part of the file; fixed values give a reproducible file.
    DomainSetWriter(std::chrono::sys_seconds built_at, std::uint64_t seed);
    ~DomainSetWriter();
    DomainSetWriter(const DomainSetWriter&) = delete;
    DomainSetWriter& operator=(const DomainSetWriter&) = delete;

    /// Returns the index for add() and Tag::source.
    std::uint32_t add_source(Source source);
    void add(const wire::Name& name, const Tag& tag, MatchKind kind);
    void add_exception(const wire::Name& name, std::uint32_t source, MatchKind kind);
    /// `sinkholes`: AddressRule::sinkholes. As with names, only a rule that sinkholes counts as an entry.
    void add_address(AddressUse use, const Prefix& prefix, const Tag& tag, bool sinkholes);

    [[nodiscard]] Result<std::vector<std::uint8_t>> finish();
    /// finish(), then published at `path` (publish_file).
    [[nodiscard]] Result<SetInfo> finish_to(const Path& path);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cenote::domainset
