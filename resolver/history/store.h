// SPDX-License-Identifier: Apache-2.0
//
// history.db: counts of queries by minute, hour and day, sketches of clients and episodes by day, signals of ways
// around the resolver by day, and gaps.
//
// A count is of one verdict, service, role, directive, group and transport; ids are texts, kept once. Minutes are added
// up into the hour and the day when they are written, so that each span is complete by itself. Days and hours are those
// of UTC; a day of a time zone is the sum of hours.
//
// A gap is a time in which this node did not count: it was stopped, it died, or the clock was set. What was not counted
// is never a zero. Where counts could not be written for a while, they are in the minute before the gap "unwritten".
//
// Sketches of different seeds cannot be merged. The seed of a month is secret and leaves the file by no function but
// seed_of_month(); `seed_id` is equal for equal seeds.
//
// Rows carry the node that counted them; those of other nodes come by import(), which takes the larger count of a row
// that is there already, and is therefore idempotent.
//
// Threads:  one at a time.
// Memory:   SQLite's page cache, and the rows of a result.
// Failure:  Result with one line. A write that fails has changed nothing. open() refuses a file of a later version and
//           leaves it as it is; a damaged file is put aside, and a new one begun. So it is where the file was removed
//           meanwhile: SQLite would write on into one that cannot be opened any more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/history/options.h"
#include "resolver/history/sketch.h"
#include "resolver/telemetry/event.h"

namespace cenote::history {

enum class Span : std::uint8_t { Minute, Hour, Day };
[[nodiscard]] seconds length_of(Span span) noexcept;
/// The start of the span that a time is in.
[[nodiscard]] WallTime start_of(Span span, WallTime at) noexcept;

/// What a count is of. Ids are empty for none.
struct Series {
    telemetry::QueryVerdict verdict = telemetry::QueryVerdict::Forward;
    telemetry::RoleNumber role = 0;
    telemetry::QueryTransport transport = telemetry::QueryTransport::Udp;
    std::string service;
    std::string directive;
    std::string group;

    friend auto operator<=>(const Series&, const Series&) = default;
};
using Counts = std::map<Series, std::uint64_t>;

struct Row {
    WallTime at{};  // the start of the span
    std::string node;
    Series series;
    std::uint64_t count = 0;
};

/// What a sketch is of: hits on a directive by a service and a group.
struct SketchKey {
    std::string service;
    std::string directive;
    std::string group;

    friend auto operator<=>(const SketchKey&, const SketchKey&) = default;
};
struct SketchPair {
    Sketch clients;
    Sketch episodes;  // a client in one span of ten minutes
};
struct SketchRow {
    WallTime day{};
    std::string node;
    SketchKey key;
    std::uint64_t seed_id = 0;
    SketchPair sketches;
};

/// What a count of signals is of: no client, no service.
struct SignalKey {
    telemetry::Signal signal = telemetry::Signal::None;
    std::string group;

    friend auto operator<=>(const SignalKey&, const SignalKey&) = default;
};
using SignalCounts = std::map<SignalKey, std::uint64_t>;
struct SignalRow {
    WallTime day{};
    std::string node;
    SignalKey key;
    std::uint64_t count = 0;
};

/// All queries of a group on a day.
struct GroupDay {
    WallTime day{};
    std::string node;
    std::string group;
    std::uint64_t queries = 0;
};

struct Gap {
    std::string node;
    WallTime from{};
    WallTime to{};
    std::string why;  // "stopped", "killed", "clock", "unwritten"

    friend bool operator==(const Gap&, const Gap&) = default;
};

/// What is written at once: one minute.
struct Minute {
    WallTime at{};
    Counts counts;
    std::map<SketchKey, SketchPair> sketches;  // of the day of `at`, complete for what this process has seen
    std::uint64_t seed_id = 0;
    SignalCounts signals{};
    std::optional<Gap> gap;  // of this node
};

/// Rows of other nodes.
struct Imported {
    std::vector<Row> hours;
    std::vector<Row> days;
    std::vector<SketchRow> sketches;
    std::vector<SignalRow> signals;
    std::vector<Gap> gaps;

    [[nodiscard]] std::size_t size() const noexcept {
        return hours.size() + days.size() + sketches.size() + signals.size() + gaps.size();
    }
};

class Store {
public:
    struct Opened {
        std::unique_ptr<Store> store;
        std::string problem;  // the file was damaged, and where it is now; empty: it was not
    };
    /// The file of `node`, created with mode 0640.
    static Result<Opened> open(const Path& path, std::string node, WallTime now);
    /// For import(), beside the one that writes. The file must be there.
    static Result<std::unique_ptr<Store>> open_beside(const Path& path, std::string node);
    /// For reading, beside a process that writes.
    static Result<std::unique_ptr<Store>> open_read_only(const Path& path);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// Adds a minute to its minute, hour and day, its signals to the day, merges the sketches, and notes that the node
    /// counted until `alive`.
    Status write(const Minute& minute, WallTime alive);
    /// Until when this node has counted; nullopt: it never has.
    [[nodiscard]] Result<std::optional<WallTime>> alive_until();
    Status add_gap(const Gap& gap);
    /// Notes that the node stops on purpose, or (false) that it counts again.
    Status set_stopped(bool stopped);
    [[nodiscard]] Result<bool> was_stopped();
    /// Deletes what is older than the options say, and gives the space back to the file system.
    Status prune(const Options& options, WallTime now);

    /// The secret seed of the month of `at`, made at its first use.
    Result<std::uint64_t> seed_of_month(WallTime at);

    using OnRow = std::function<void(const Row&)>;
    using OnSketch = std::function<void(const SketchRow&)>;
    using OnSignal = std::function<void(const SignalRow&)>;
    using OnGroupDay = std::function<void(const GroupDay&)>;
    /// Rows of spans that start in [from, to), in the order of their times.
    Status read(Span span, WallTime from, WallTime to, const OnRow& on_row);
    Status read_sketches(WallTime from, WallTime to, const OnSketch& on_sketch);
    /// Of days that start in [from, to), in their order.
    Status read_signals(WallTime from, WallTime to, const OnSignal& on_signal);
    Status read_group_days(WallTime from, WallTime to, const OnGroupDay& on_group_day);
    [[nodiscard]] Result<std::vector<Gap>> gaps(WallTime from, WallTime to);
    /// The first time that has counts; nullopt: there are none.
    [[nodiscard]] Result<std::optional<WallTime>> first();

    /// Takes rows of other nodes, all or none. Rows of this node are refused.
    Status import(const Imported& imported);
    [[nodiscard]] const std::string& node() const noexcept { return node_; }

private:
    struct Tables;
    Store(std::unique_ptr<Tables> tables, std::string node, Path path);
    Status begin_anew_if_removed();
    Status in_transaction(const std::function<Status()>& steps);

    Status take(Span span, const std::vector<Row>& rows);
    Status take(const std::vector<SketchRow>& rows);
    Status take(const std::vector<SignalRow>& rows);
    Status take(const std::vector<Gap>& gaps);

    std::unique_ptr<Tables> tables_;
    std::string node_;
    Path path_;
    std::uint64_t inode_ = 0;  // of the open file
};

/// Equal for equal seeds; the seed cannot be found from it.
[[nodiscard]] std::uint64_t seed_id_of(std::uint64_t seed);

}  // namespace cenote::history
