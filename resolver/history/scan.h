// SPDX-License-Identifier: Apache-2.0
//
// Reads a whole history at one moment, for what adds it up: ids as the numbers that the file has for them, and rows
// that are damaged passed over and counted.
//
// Threads:  one at a time.
// Memory:   the ids of the file, and SQLite's page cache.
// Failure:  Result with one line. What a writer adds after open() is not seen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/history/store.h"

namespace cenote::history {

/// An index into Scan::text().
using IdNumber = std::uint32_t;

struct CountRow {
    WallTime at{};
    IdNumber node = 0;
    telemetry::QueryVerdict verdict = telemetry::QueryVerdict::Forward;
    telemetry::RoleNumber role = 0;
    telemetry::QueryTransport transport = telemetry::QueryTransport::Udp;
    IdNumber service = 0;
    IdNumber directive = 0;
    IdNumber group = 0;
    std::uint64_t count = 0;
};

/// The sketches are those of the row in the reader, until the next one.
struct SketchesRow {
    WallTime day{};
    IdNumber node = 0;
    IdNumber service = 0;
    IdNumber directive = 0;
    IdNumber group = 0;
    std::uint64_t seed_id = 0;
    const SketchPair& sketches;
};

class Scan {
public:
    static Result<std::unique_ptr<Scan>> open(const Path& path);
    ~Scan();
    Scan(const Scan&) = delete;
    Scan& operator=(const Scan&) = delete;

    [[nodiscard]] const std::string& text(IdNumber id) const { return texts_[id]; }
    [[nodiscard]] std::size_t ids() const noexcept { return texts_.size(); }

    /// Rows of spans that start in [from, to), in the order of their times.
    Status counts(Span span, WallTime from, WallTime to, const std::function<void(const CountRow&)>& on_row);
    Status sketches(WallTime from, WallTime to, const std::function<void(const SketchesRow&)>& on_row);
    Status signals(WallTime from, WallTime to, const std::function<void(const SignalRow&)>& on_row);
    Status group_days(WallTime from, WallTime to, const std::function<void(const GroupDay&)>& on_row);
    /// Those that overlap [from, to), by time and node.
    [[nodiscard]] Result<std::vector<Gap>> gaps(WallTime from, WallTime to);
    /// The starts of the first and the last span that has a row; nullopt: there is none.
    struct Ends {
        WallTime first{};
        WallTime last{};
    };
    [[nodiscard]] Result<std::optional<Ends>> ends(Span span);
    /// Rows that were passed over so far.
    [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }
    /// A row as the rest of the program has it.
    [[nodiscard]] Row row_of(const CountRow& row) const;
    [[nodiscard]] SketchRow row_of(const SketchesRow& row) const;

private:
    struct Opened;
    explicit Scan(std::unique_ptr<Opened> opened);
    [[nodiscard]] bool is_id(std::int64_t number) const noexcept {
        return number > 0 && static_cast<std::size_t>(number) < texts_.size() &&
               known_[static_cast<std::size_t>(number)];
    }

    std::unique_ptr<Opened> opened_;
    std::vector<std::string> texts_;
    std::vector<bool> known_;
    std::uint64_t damaged_ = 0;
};

}  // namespace cenote::history
