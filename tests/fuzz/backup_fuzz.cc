// SPDX-License-Identifier: Apache-2.0
//
// A backup of state.db with any rows: it is read or refused with a reason; a restore of it is done as a whole, or
// changes neither the rules nor the trail.
//
// Input: rows, each a byte that chooses the table, then its columns.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/rules/rules.h"
#include "resolver/sqlite/database.h"
#include "resolver/state/state.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace cenote;
using sqlite::Database;

/// A table and what its columns are: n a number, t a time as text, w one of a few words, s any text.
struct Table {
    const char* name;
    const char* columns;
    const char* kinds;
};
constexpr std::array<Table, 9> kTables{{
    {"rule", "number, kind, id, text, lifted", "nwssn"},
    {"audit", "number, at, actor, action, object, before, after, requester, ref, note, chain, policy", "ntswssssssss"},
    {"imported", "node, number, at, actor, action, object, before, after, requester, ref, note, policy, chain",
     "sntswssssssss"},
    {"policy_text", "digest, text", "ss"},
    {"policy", "version, at, digest", "nns"},
    {"exception_use", "id, queries, first, last", "sntt"},
    {"given", "prefix, highest", "sn"},
    {"configuration", "number, at, path, text", "nnss"},
    {"trail_document", "kind, id, text", "wss"},
}};
constexpr std::array<std::string_view, 10> kWords{"directive", "allow",  "suspension", "exception", "start",
                                                  "stop",      "reload", "restore",    "dns1-1",    "x"};
constexpr std::array<std::string_view, 4> kTimes{"2026-03-02T12:00:00Z", "", "9999-12-31T23:59:59Z", "tomorrow"};

std::int64_t number_of(ByteReader& reader) {
    const std::uint8_t first = reader.u8();
    if (first < 0xf0) return first % 16;
    const std::uint64_t high = reader.u32();
    return static_cast<std::int64_t>(high << 32U | reader.u32());
}

std::string text_of(ByteReader& reader) {
    const std::uint8_t size = reader.u8();
    if (size >= 0xe0) return std::string(kWords[size % kWords.size()]);
    const ByteView bytes = reader.bytes(std::min<std::size_t>(size % 64, reader.left()));
    return {bytes.begin(), bytes.end()};
}

void put_row(const Database& database, ByteReader& reader) {
    const Table& table = kTables[reader.u8() % kTables.size()];
    std::string places;
    for (const char* kind = table.kinds; *kind != '\0'; ++kind) places += places.empty() ? "?" : ", ?";
    sqlite::Statement put = database.prepare("INSERT OR IGNORE INTO " + std::string(table.name) + " (" + table.columns +
                                             ") VALUES (" + places + ")");
    for (const char* kind = table.kinds; *kind != '\0'; ++kind) {
        if (*kind == 'n')
            put.bind(number_of(reader));
        else if (*kind == 't')
            put.bind(kTimes[reader.u8() % kTimes.size()]);
        else if (*kind == 'w')
            put.bind(kWords[reader.u8() % kWords.size()]);
        else
            put.bind(text_of(reader));
    }
    CENOTE_CHECK(put.next_row().ok());
}

void read_all(const Path& backup) {
    const auto rules = state::read_rules(backup);
    if (rules)
        for (const state::Rule& rule : *rules) (void)rules::parse_rule(rule);
    (void)state::read_uses(backup);
    (void)state::read_policy_at(backup, WallTime{seconds{1'800'000'000}});
    if (const auto history = state::read_history(backup)) (void)state::find_breaks(*history, {});
    if (const auto audit = state::read_audit(backup)) (void)state::find_breaks(*audit, {});
}

/// The file into which backups are restored, with a rule of its own.
class Target {
public:
    explicit Target(const Path& path) : path_(path), state_(state::State::open(path).value()) {
        const state::Rule rule{state::RuleKind::Allow, "own-1", "[[allow]]\n", false};
        CENOTE_CHECK(state_->change({.rule = &rule, .policy = nullptr, .record = record("allow add")}).ok());
    }
    void restore(const Path& backup) {
        const auto rules = state::read_rules(path_).value();
        const std::string head = state_->head();
        const auto restored = state_->restore(
            backup, [](std::vector<state::Rule>& all) { rules::unconfirm_exceptions(all); }, record("restore"));
        if (restored) {
            CENOTE_CHECK(restored->chain == state_->head() && state_->head() != head);
            const auto now = state::read_rules(path_).value();
            for (const state::Rule& rule : now)
                CENOTE_CHECK(rules::runtime_rules(std::vector{rule}).exceptions.empty());
        } else {
            CENOTE_CHECK(!restored.error().text.empty() && state_->head() == head);
            CENOTE_CHECK(state::read_rules(path_).value() == rules);
        }
        CENOTE_CHECK(state::find_breaks(state::read_audit(path_).value(), state_->head()).empty());
    }

private:
    static state::Record record(std::string action) {
        state::Record made;
        made.at = WallTime{seconds{1'800'000'000}};
        made.actor = "kim";
        made.action = std::move(action);
        made.object = "own-1";
        return made;
    }

    Path path_;
    std::unique_ptr<state::State> state_;
};

void remove_all_but(const Path& folder, const std::string& kept) {
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (!file.path().filename().string().starts_with(kept)) std::filesystem::remove(file.path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const testing_support::TemporaryFolder folder;
    static const Path backup = folder / "backup.db";
    static const Database* const database = [] {
        (void)state::State::open(backup).value();
        auto* const opened = new Database(Database::open(backup, Database::Mode::Write).value());
        CENOTE_CHECK(opened->run("PRAGMA synchronous = OFF"));
        return opened;
    }();
    std::string emptied = "BEGIN;";
    for (const Table& table : kTables) emptied += " DELETE FROM " + std::string(table.name) + ";";
    CENOTE_CHECK(database->run(emptied.c_str()));
    ByteReader reader(ByteView(data, size));
    while (reader.ok() && reader.left() > 0) put_row(*database, reader);
    CENOTE_CHECK(database->run("COMMIT"));
    read_all(backup);
    remove_all_but(folder.path(), "backup.db");
    Target(folder / "state.db").restore(backup);
    return 0;
}
