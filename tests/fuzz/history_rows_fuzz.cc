// SPDX-License-Identifier: Apache-2.0
//
// A history.db with any rows in its tables: of what a reader that adds up reads, every row is passed on or counted as
// damaged; a reader of rows gives them or says that they are damaged; and what is passed on can be shown.
//
// Input: rows, each a byte that chooses the table, then its columns: numbers, texts and sketches.

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/history/scan.h"
#include "resolver/report/history_rows.h"
#include "resolver/sqlite/database.h"
#include "tests/fuzz/input.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace cenote;

fuzz::Goal passed_on("a row is passed on");
fuzz::Goal damaged("a row is damaged");

constexpr WallTime kFrom{seconds{-(std::int64_t{1} << 40)}};
constexpr WallTime kTo{seconds{std::int64_t{1} << 40}};

/// Small, of the size of a time, or any.
std::int64_t number_of(fuzz::Input& input) {
    const std::uint8_t first = input.u8();
    if (first < 0xe0) return first % 32;
    if (first < 0xf0) return std::int64_t{input.u32()};
    const std::uint64_t high = input.u32();
    return static_cast<std::int64_t>(high << 32U | input.u32());
}

std::vector<std::uint8_t> sketch_of(fuzz::Input& input) {
    const std::uint8_t first = input.u8();
    return std::vector<std::uint8_t>(first < 0xf0 ? telemetry::kSketchRegisters : std::size_t{first}, first % 80);
}

struct Table {
    const char* insert;
    int numbers;
    int sketches;
};
constexpr std::array<Table, 3> kTables{{
    {"INSERT OR IGNORE INTO counts (span, at, node, verdict, service, role, directive, client_group, transport, count) "
     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
     10, 0},
    {"INSERT OR IGNORE INTO sketches (day, node, service, directive, client_group, seed_id, clients, episodes) "
     "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
     6, 2},
    {"INSERT OR IGNORE INTO signal (day, node, signal, client_group, count) VALUES (?, ?, ?, ?, ?)", 5, 0},
}};

void step(sqlite::Statement& statement) { CENOTE_CHECK(statement.next_row().ok()); }

void put_row(const sqlite::Database& database, fuzz::Input& input) {
    const std::size_t which = input.u8() % (kTables.size() + 2);
    if (which < kTables.size()) {
        sqlite::Statement put = database.prepare(kTables[which].insert);
        for (int i = 0; i < kTables[which].numbers; ++i) put.bind(number_of(input));
        std::array<std::vector<std::uint8_t>, 2> sketches{sketch_of(input), sketch_of(input)};
        for (int i = 0; i < kTables[which].sketches; ++i) put.bind(ByteView(sketches[static_cast<std::size_t>(i)]));
        return step(put);
    }
    const ByteView bytes = input.bytes(input.u8() % 16U);
    const std::string text(bytes.begin(), bytes.end());
    if (which == kTables.size()) {
        sqlite::Statement put = database.prepare("INSERT OR IGNORE INTO ids (id, text) VALUES (?, ?)");
        return step(put.bind(number_of(input)).bind(text));
    }
    sqlite::Statement put =
        database.prepare("INSERT OR IGNORE INTO gaps (node, begins, ends, why) VALUES (?, ?, ?, ?)");
    put.bind(number_of(input)).bind(number_of(input)).bind(number_of(input));
    step(put.bind(text));
}

std::int64_t count_of(const sqlite::Database& database, const char* sql) {
    sqlite::Statement statement = database.prepare(sql);
    CENOTE_CHECK(statement.next_row().ok());
    return statement.number(0);
}

/// Every row of a table in range is passed on or counted.
void scan(const Path& path, const sqlite::Database& database) {
    const auto scan = history::Scan::open(path);
    CENOTE_CHECK(scan.ok());
    history::Scan& all = **scan;
    std::int64_t rows = 0;
    for (const auto span : {history::Span::Minute, history::Span::Hour, history::Span::Day}) {
        const auto read = all.counts(span, kFrom, kTo, [&](const history::CountRow& row) {
            ++rows;
            (void)report::history_row_json(span, all.row_of(row));
        });
        CENOTE_CHECK(read.ok());
    }
    const auto sketches = all.sketches(kFrom, kTo, [&](const history::SketchesRow& row) {
        ++rows;
        (void)report::history_row_json(all.row_of(row));
        (void)row.sketches.clients.estimate();
    });
    const auto signals = all.signals(kFrom, kTo, [&](const history::SignalRow& row) {
        ++rows;
        (void)report::history_row_json(row);
    });
    CENOTE_CHECK(sketches.ok() && signals.ok());
    const std::int64_t in_file =
        count_of(database,
                 "SELECT count(*) FROM counts WHERE span BETWEEN 0 AND 2 AND at BETWEEN -(1 << 40) AND (1 << 40) - 1") +
        count_of(database, "SELECT count(*) FROM sketches WHERE day BETWEEN -(1 << 40) AND (1 << 40) - 1") +
        count_of(database, "SELECT count(*) FROM signal WHERE day BETWEEN -(1 << 40) AND (1 << 40) - 1");
    if (rows > 0) passed_on.reach();
    if (all.damaged() > 0) damaged.reach();
    CENOTE_CHECK(rows + static_cast<std::int64_t>(all.damaged()) == in_file);
    (void)all.group_days(kFrom, kTo, [](const history::GroupDay&) {});
    (void)all.gaps(kFrom, kTo);
    (void)all.ends(history::Span::Day);
}

void read_rows(const Path& path) {
    const auto store = history::Store::open_read_only(path);
    CENOTE_CHECK(store.ok());
    for (const auto span : {history::Span::Minute, history::Span::Hour, history::Span::Day})
        (void)(*store)->read(span, kFrom, kTo, [](const history::Row&) {});
    (void)(*store)->read_sketches(kFrom, kTo, [](const history::SketchRow&) {});
    (void)(*store)->read_signals(kFrom, kTo, [](const history::SignalRow&) {});
    (void)(*store)->read_group_days(kFrom, kTo, [](const history::GroupDay&) {});
    (void)(*store)->gaps(kFrom, kTo);
    (void)(*store)->first();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const testing_support::TemporaryFolder folder;
    static const Path path = folder / "history.db";
    static const sqlite::Database* const database = [] {
        (void)history::Store::open(path, "dns1", WallTime{}).value();
        auto* const opened = new sqlite::Database(sqlite::Database::open(path, sqlite::Database::Mode::Write).value());
        CENOTE_CHECK(opened->run("PRAGMA synchronous = OFF"));
        return opened;
    }();
    CENOTE_CHECK(
        database->run("BEGIN; DELETE FROM counts; DELETE FROM sketches; DELETE FROM signal; DELETE FROM gaps; "
                      "DELETE FROM ids; DELETE FROM notes; INSERT INTO ids VALUES (1, 'dns1'), (2, '');"));
    fuzz::Input input(data, size);
    while (!input.empty()) put_row(*database, input);
    CENOTE_CHECK(database->run("COMMIT"));
    scan(path, *database);
    read_rows(path);
    return 0;
}
