// SPDX-License-Identifier: Apache-2.0
//
// Digests of the rows of each UTC day and node, by which a day is sealed into the audit trail and compared later. They
// are the same on every node that holds the same rows, whatever the order of the rows of one time and the numbers of
// the ids in the file.
//
// A digest has three parts, because not all rows stay for ever and not every node gets all of them: hours are deleted
// after [history].keep_hours, and an export without the right admin has no sketches.
//
//   counts    the rows of the day, its signals, and the part of each gap that is within the day: a gap that goes on
//             after midnight changes nothing of the day before
//   sketches  the sketches of the day, with the numbers of their seeds, which do not give a seed away
//   hours     the rows of the hours of the day
//
// What is digested is text, so that it can be computed from an export (docs/CONTROL.md): for each part a first line,
// then a line for each row, sorted as bytes within its time. A text in a line has its length before it, as "5:staff".
//
// Threads:  one at a time.
// Memory:   the lines of one hour and one day of each node at a time, and 200 bytes for each day and node.
// Failure:  none; rows of one kind that do not come in the order of their times are a bug of the caller. Store gives
//           them so.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/history/store.h"

namespace cenote::history {

struct DayDigest {
    WallTime day{};
    std::string node;
    // Hexadecimal SHA-256; a part without rows has the digest of no rows.
    std::string counts;
    std::string sketches;
    std::string hours;
    bool has_counts = false;  // there are rows in this part other than gaps
    bool has_sketches = false;
    bool has_hours = false;

    [[nodiscard]] bool has_rows() const noexcept { return has_counts || has_sketches || has_hours; }

    /// Hexadecimal SHA-256 of counts and sketches, which stay for ever: the digest that a report has.
    [[nodiscard]] std::string kept() const;

    friend bool operator==(const DayDigest&, const DayDigest&) = default;
};

/// A row whose texts are the caller's.
struct RowView {
    WallTime at{};
    std::string_view node;
    telemetry::QueryVerdict verdict = telemetry::QueryVerdict::Forward;
    telemetry::RoleNumber role = 0;
    telemetry::QueryTransport transport = telemetry::QueryTransport::Udp;
    std::string_view service;
    std::string_view directive;
    std::string_view group;
    std::uint64_t count = 0;
};

/// The digest of a day on which the node has no row.
[[nodiscard]] DayDigest digest_of_no_rows(WallTime day, std::string node);

class DayDigests {
public:
    /// Of the UTC days in [from, to), which are starts of days; rows of others are passed over.
    DayDigests(WallTime from, WallTime to);
    ~DayDigests();
    DayDigests(const DayDigests&) = delete;
    DayDigests& operator=(const DayDigests&) = delete;

    /// Each kind of rows in the order of their times, the kinds in any order. Minutes are passed over: they are kept
    /// for days only.
    void add(Span span, const RowView& row);
    void add(Span span, const Row& row);
    void add(const SketchRow& row);
    void add(const SignalRow& row);
    /// Gaps in any order.
    void add(const Gap& gap);

    /// The digests of all days and nodes with rows, by day and node.
    [[nodiscard]] std::vector<DayDigest> finish();

private:
    class Part;
    using Digests = std::map<std::pair<WallTime, std::string>, std::string>;  // by day and node

    [[nodiscard]] bool is_within(WallTime at) const noexcept { return at >= from_ && at < to_; }

    WallTime from_;
    WallTime to_;
    std::string line_;
    std::unique_ptr<Part> days_;
    std::unique_ptr<Part> hours_;
    std::unique_ptr<Part> sketches_;
    std::unique_ptr<Part> signals_;
    std::map<WallTime, std::vector<Gap>> gaps_;  // by day, cut to it
};

/// The digests of all days in [from, to) that have rows in `store`.
[[nodiscard]] Result<std::vector<DayDigest>> day_digests(Store& store, WallTime from, WallTime to);

}  // namespace cenote::history
