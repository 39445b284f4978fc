// SPDX-License-Identifier: Apache-2.0
//
// Rows of other nodes' histories: a line is refused with a reason, or is a row that is written as it was read, that the
// store takes once and for all (a second import changes nothing), and whose digests can be computed.
//
// Input: lines of JSON.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/base/time_text.h"
#include "resolver/history/day_digests.h"
#include "resolver/report/history_rows.h"
#include "tests/fuzz/input.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace cenote;
using report::Json;

fuzz::Goal refused("a line is refused");
fuzz::Goal imported("rows are imported");

constexpr std::size_t kStoreMax = 20'000;  // rows, before a new file is begun

history::Imported read_lines(fuzz::Input lines) {
    history::Imported rows;
    while (!lines.empty()) {
        const Json line = Json::parse(lines.line(), nullptr, false);
        if (line.is_discarded()) continue;
        const std::size_t before = rows.size();
        history::Imported one;
        if (const Status read = report::read_history_row(line, one); !read) {
            refused.reach();
            CENOTE_CHECK(!read.error().text.empty());
            continue;
        }
        CENOTE_CHECK(one.size() == 1 && report::read_history_row(line, rows) && rows.size() == before + 1);
    }
    return rows;
}

void expect_same(const Json& written) {
    history::Imported again;
    CENOTE_CHECK(report::read_history_row(written, again) && again.size() == 1);
    Json rewritten;
    for (const auto& row : again.hours) rewritten = report::history_row_json(history::Span::Hour, row);
    for (const auto& row : again.days) rewritten = report::history_row_json(history::Span::Day, row);
    for (const auto& row : again.sketches) rewritten = report::history_row_json(row);
    for (const auto& row : again.signals) rewritten = report::history_row_json(row);
    for (const auto& gap : again.gaps) rewritten = report::history_row_json(gap);
    CENOTE_CHECK(rewritten == written);
}

void expect_written_as_read(const history::Imported& rows) {
    for (const auto& row : rows.hours) expect_same(report::history_row_json(history::Span::Hour, row));
    for (const auto& row : rows.days) expect_same(report::history_row_json(history::Span::Day, row));
    for (const auto& row : rows.sketches) expect_same(report::history_row_json(row));
    for (const auto& row : rows.signals) expect_same(report::history_row_json(row));
    for (const auto& gap : rows.gaps) expect_same(report::history_row_json(gap));
}

/// The store of this process; a new one when it has grown.
history::Store& store_for(std::size_t rows) {
    static const testing_support::TemporaryFolder folder;
    static std::unique_ptr<history::Store> store;
    static std::size_t stored = 0;
    stored += rows;
    if (store == nullptr || stored > kStoreMax) {
        store.reset();
        for (const auto& file : std::filesystem::directory_iterator(folder.path()))
            std::filesystem::remove(file.path());
        store = std::move(history::Store::open(folder / "history.db", "own-node", WallTime{}).value().store);
        stored = rows;
    }
    return *store;
}

void import_twice(const history::Imported& rows) {
    history::Store& store = store_for(rows.size());
    if (!store.import(rows)) return;  // rows of this node
    imported.reach();
    const WallTime from{};
    const WallTime to = from + seconds{std::int64_t{200} * 86400};
    const auto first = history::day_digests(store, from, to);
    CENOTE_CHECK(store.import(rows).ok());
    const auto second = history::day_digests(store, from, to);
    CENOTE_CHECK(first.ok() && second.ok() && *first == *second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const history::Imported rows = read_lines(fuzz::Input(data, size));
    if (rows.size() == 0) return 0;
    expect_written_as_read(rows);
    import_twice(rows);
    return 0;
}
