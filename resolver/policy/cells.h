// SPDX-License-Identifier: Apache-2.0
//
// The cells that a table leads to, each made once, with texts and records in wire format.
//
// The number of a cell is four times the number of its verdict, plus two flags: an allow holds, a name below stays
// open. Joining two cells therefore compares their strength and combines their flags, and looks nothing else up.
//
// Threads:  built once, then read by any thread. join() and cell() are data plane.
// Memory:   four cells for each (directive, source, reason, answer mode) that wins somewhere, and their texts once;
//           four for each (directive, source, exception) that opens something.
// Failure:  none.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/moment.h"
#include "resolver/policy/texts.h"

namespace cenote::policy {

using CellId = std::uint32_t;
inline constexpr CellId kAllowed = 1;
inline constexpr CellId kOpenBelow = 2;
inline constexpr CellId kFlags = 3;

/// The strengths (Moment::strength) by which a verdict compares with others.
struct Rank {
    std::uint32_t strength = 0;
    std::uint32_t waived = 0;
};

class Cells {
public:
    [[nodiscard]] const Cell& cell(CellId id) const noexcept { return cells_[id]; }
    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(cells_.size()); }
    /// The strength of the directive that gave the verdict; 0: none did.
    [[nodiscard]] std::uint32_t strength(CellId id) const noexcept { return ranks_[id / (kFlags + 1)].strength; }
    /// The strength of the directive that an exception waived; 0: none was.
    [[nodiscard]] std::uint32_t waived(CellId id) const noexcept { return ranks_[id / (kFlags + 1)].waived; }
    /// The stronger verdict, `a` of equal ones, with the flags of both. The cell of a waived directive wins where that
    /// directive would have won and no other directive sinkholes the name.
    [[nodiscard]] CellId join(CellId a, CellId b) const noexcept {
        const Rank& of_a = ranks_[a / (kFlags + 1)];
        const Rank& of_b = ranks_[b / (kFlags + 1)];
        CellId verdict = of_b.strength > of_a.strength ? b : a;
        if ((of_a.waived | of_b.waived) != 0) {
            const CellId opened = of_b.waived > of_a.waived ? b : a;
            if (waived(opened) > strength(verdict) && cell(verdict).step < Step::Restrict) verdict = opened;
        }
        return (verdict & ~kFlags) | ((a | b) & kFlags);
    }

private:
    friend class CellMaker;
    std::vector<Cell> cells_;
    std::vector<Rank> ranks_;        // by verdict
    std::deque<std::string> texts_;  // cells refer to them; a deque does not move its elements
    std::deque<std::vector<std::uint8_t>> rdata_;
};

/// How sinkhole answers to a client class are written.
struct Manner {
    std::string language;
    AnswerMode answer = AnswerMode::Null;

    friend auto operator<=>(const Manner&, const Manner&) = default;
};

class CellMaker {
public:
    CellMaker(const Options& options, const domainset::DomainSet* base, const Moment& moment, std::uint32_t version);

    /// The cell of a directive over a source of the base set, or over its own domains (Cell::kNone); without flags.
    CellId cell_of(std::uint32_t directive, std::uint32_t source, const Manner& manner);
    /// The cell of a name that an exception opens: it waives `directive`, and `left` is the verdict without it.
    CellId cell_without(std::uint32_t directive, std::uint32_t source, std::uint32_t exception, CellId left);
    [[nodiscard]] std::uint32_t strength(CellId id) const noexcept { return cells_.strength(id); }
    [[nodiscard]] Step step(CellId id) const noexcept { return cells_.cell(id).step; }
    [[nodiscard]] CellId join(CellId a, CellId b) const noexcept { return cells_.join(a, b); }
    [[nodiscard]] Cells finish() && { return std::move(cells_); }

private:
    void add_cell(const Cell& cell, const Rank& rank);
    void add_texts(const Notice& notice, Cell& cell);
    void add_records(Cell& cell) const;
    [[nodiscard]] std::string subject_of(const Directive& directive, std::uint32_t source,
                                         const Phrases& phrases) const;
    [[nodiscard]] std::vector<std::uint8_t> explaining_txt(const Notice& notice, const Cell& cell) const;
    ByteView soa_of(std::uint32_t directive);
    std::string_view keep_alive(std::string text);
    ByteView keep_alive(std::vector<std::uint8_t> rdata);

    const Options& options_;
    const domainset::DomainSet* base_;
    const Moment& moment_;
    std::uint32_t version_;
    Cells cells_;
    ByteView ipv4_, ipv6_, cname_;
    std::vector<ByteView> soas_;  // by directive; empty until made
    std::map<std::tuple<std::uint32_t, std::uint32_t, const void*, const void*, AnswerMode>, CellId> known_;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, CellId> opened_;
};

}  // namespace cenote::policy
