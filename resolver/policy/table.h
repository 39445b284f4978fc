// SPDX-License-Identifier: Apache-2.0
//
// The table that a decision is loaded from: client class x source set -> cell, for the base set and for the overlay.
//
// Classes with the same directives, allows and manner of answering share one row; equal rows share their memory.
// Building takes
//     classes x (their groups) + directives x tags + rows x (tags + all tags of all source sets + overlay columns)
// where rows are the distinct sets of directives and allows, not the classes and not the prefixes.
//
// Threads:  built once, then read by any thread. load() is data plane.
// Memory:   distinct rows x (source sets + overlay columns) x 4 bytes, 12 bytes a class.
// Failure:  none.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "resolver/policy/cells.h"
#include "resolver/policy/groups.h"
#include "resolver/policy/overlay.h"

namespace cenote::policy {

/// Distinct rows of equal width.
class Rows {
public:
    explicit Rows(std::size_t width) : width_(width) {}

    /// The number of this row, which is added when it is new.
    std::uint32_t number_of(std::span<const CellId> row);
    [[nodiscard]] CellId at(std::uint32_t row, std::uint32_t column) const noexcept {
        return cells_[std::size_t{row} * width_ + column];
    }
    [[nodiscard]] std::size_t width() const noexcept { return width_; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    std::size_t width_;
    std::size_t count_ = 0;
    std::vector<CellId> cells_;
    std::unordered_multimap<std::uint64_t, std::uint32_t> known_;  // hash to row
};

class VerdictTable {
public:
    struct Input {
        const Options& options;
        const domainset::DomainSet* base;  // nullptr: none
        const Overlay& overlay;
        const PrefixSets& classes;
        const Moment& moment;
    };
    VerdictTable(const Input& input, CellMaker& cells);

    /// The cell of a class at a source set of one of the sets; 0 for kNoTags.
    [[nodiscard]] CellId load(ClientClass client, std::size_t set, domainset::SourceSetId tags) const noexcept {
        return tags < rows_[set].width() ? rows_[set].at(row_of_[client].rows[set], tags) : 0;
    }
    /// The cell of a class for every name (a list sinkholes everything for it); 0: there is none.
    [[nodiscard]] CellId everything(ClientClass client) const noexcept { return row_of_[client].everything; }
    [[nodiscard]] std::size_t row_count() const noexcept { return rows_[0].count() + rows_[1].count(); }

private:
    std::array<Rows, kSetsMax> rows_;
    struct OfClass {
        std::array<std::uint32_t, kSetsMax> rows{};
        CellId everything = 0;
    };
    std::vector<OfClass> row_of_;  // by class
};

}  // namespace cenote::policy
