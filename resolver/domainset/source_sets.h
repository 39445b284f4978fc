// SPDX-License-Identifier: Apache-2.0
//
// The statements at one name, and how they change the source set that the name inherits. Equal source sets are stored
// once.
//
// Threads:  one.
// Memory:   each source set once, and a cache of changes already computed.
// Failure:  none.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "resolver/domainset/format.h"

namespace cenote::domainset {

/// One add() or add_exception() at a name.
struct Statement {
    std::uint32_t source = 0;
    std::uint32_t tag = 0;  // entry only
    MatchKind kind = MatchKind::Exact;
    bool exception = false;

    friend auto operator<=>(const Statement&, const Statement&) noexcept = default;
};

class SourceSetTable {
public:
    /// `sources`: the source of each tag.
    explicit SourceSetTable(std::vector<std::uint32_t> sources);

    /// The source set at a name that inherits `inherited` and has `statements` (ascending). The statements of a source
    /// replace what it stated above; an exception overrides an entry of the same source.
    [[nodiscard]] SourceSetId apply(SourceSetId inherited, std::span<const Statement> statements);

    [[nodiscard]] std::uint32_t source_of(std::uint32_t tag) const noexcept { return sources_[tag]; }
    [[nodiscard]] const format::SourceSets& all() const noexcept { return sets_; }

private:
    [[nodiscard]] SourceSetId work_out(SourceSetId inherited, std::span<const Statement> statements);
    [[nodiscard]] SourceSetId intern(std::vector<std::uint32_t> tags);

    std::vector<std::uint32_t> sources_;
    format::SourceSets sets_;
    std::map<std::vector<std::uint32_t>, SourceSetId> ids_;
    std::unordered_map<std::uint64_t, SourceSetId> single_;  // results for a single statement, the usual case
};

}  // namespace cenote::domainset
