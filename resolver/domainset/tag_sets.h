// SPDX-License-Identifier: Apache-2.0
//
// What one name says, and how it changes the tag-set that came down to it. Equal tag-sets are kept once.
//
// Threads:  one.
// Memory:   each tag-set once, and a memory of the changes already worked out.
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
    std::uint32_t tag = 0;  // of an entry
    MatchKind kind = MatchKind::Exact;
    bool exception = false;

    friend auto operator<=>(const Statement&, const Statement&) noexcept = default;
};

class TagSetTable {
public:
    /// `sources` tells for each tag whose it is.
    explicit TagSetTable(std::vector<std::uint32_t> sources);

    /// The tag-set that holds where `inherited` came down and `statements` (ascending, of one name) are made. A source
    /// that says something replaces what it said above; an exception beats an entry of the same source.
    [[nodiscard]] TagSetId apply(TagSetId inherited, std::span<const Statement> statements);

    [[nodiscard]] std::uint32_t source_of(std::uint32_t tag) const noexcept { return sources_[tag]; }
    [[nodiscard]] const format::TagSets& all() const noexcept { return sets_; }

private:
    [[nodiscard]] TagSetId work_out(TagSetId inherited, std::span<const Statement> statements);
    [[nodiscard]] TagSetId intern(std::vector<std::uint32_t> tags);

    std::vector<std::uint32_t> sources_;
    format::TagSets sets_;
    std::map<std::vector<std::uint32_t>, TagSetId> ids_;
    std::unordered_map<std::uint64_t, TagSetId> single_;  // of one statement: the usual case
};

}  // namespace cenote::domainset
