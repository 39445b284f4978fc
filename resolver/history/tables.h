// SPDX-License-Identifier: Apache-2.0
//
// The tables of history.db. Private to history.
//
// Threads:  one at a time.
// Memory:   SQLite's page cache, and the numbers of the ids that were written.
// Failure:  Result with SQLite's message. Writing functions are steps of the caller's transaction.
#pragma once

#include "resolver/history/store.h"
#include "resolver/sqlite/database.h"

namespace cenote::history {

/// The names of the notes of late days begin so; the value is the day.
inline constexpr std::string_view kLateDay = "late ";

/// The note of the time until which the node has counted, by its clock.
inline constexpr std::string_view kAlive = "alive";

struct Store::Tables {
    /// Creates or migrates; a file of a later version is refused.
    static Result<std::unique_ptr<Tables>> open(const Path& path);
    static Result<std::unique_ptr<Tables>> open_read_only(const Path& path);
    /// Whether the file is there and SQLite cannot read it, or finds damage in it.
    static bool is_damaged(const Path& path);

    Tables(sqlite::Database opened, std::int64_t version) : database(std::move(opened)), version_(version) {}

    Status add_count(Span span, WallTime at, const std::string& node, const Series& series, std::uint64_t count);
    /// Takes the larger count.
    Status raise_count(Span span, const Row& row);
    Status merge_sketches(const SketchRow& row);
    Status add_signal(const SignalRow& row);
    /// Takes the larger count.
    Status raise_signal(const SignalRow& row);
    Status put_gap(const Gap& gap);
    /// Puts the part of a gap behind the latest time that this node has counted to: before it, the node has counted or
    /// another gap says that it has not. A clock that starts in 1970 and is set makes no gap of the years between.
    Status put_own_gap(const std::string& node, const Gap& gap);
    /// Notes that the node counts until now, and that the day of a minute with counts is the latest one, or late.
    Status note_written(const Minute& minute, WallTime now);
    /// After a transaction that was rolled back: it may have made ids.
    void forget_ids() { ids_.clear(); }
    Status set_note(std::string_view name, std::int64_t value);
    Result<std::optional<std::int64_t>> note(std::string_view name) const;

    Status read_counts(Span span, WallTime from, WallTime to, const OnRow& on_row) const;
    Status read_sketches(WallTime from, WallTime to, const OnSketch& on_sketch) const;
    Status read_signals(WallTime from, WallTime to, const OnSignal& on_signal) const;
    Status read_group_days(WallTime from, WallTime to, const OnGroupDay& on_group_day) const;
    Result<std::vector<Gap>> gaps(WallTime from, WallTime to) const;

    sqlite::Database database;

private:
    [[nodiscard]] Result<WallTime> counted_until() const;
    Status note_day(WallTime day);
    Status put_count(std::string_view on_conflict, Span span, WallTime at, const std::string& node,
                     const Series& series, std::uint64_t count);
    Status put_signal(std::string_view on_conflict, const SignalRow& row);
    Result<std::int64_t> id_of(const std::string& text);
    static Status migrate(const sqlite::Database& database, std::int64_t from);

    std::int64_t version_;  // of the file: one that is only read may be older

    std::map<std::string, std::int64_t, std::less<>> ids_;
};

}  // namespace cenote::history
