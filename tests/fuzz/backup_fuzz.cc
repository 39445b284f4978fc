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
#include "tests/fuzz/input.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace cenote;
using sqlite::Database;

fuzz::Goal restored_whole("a backup is restored");
fuzz::Goal rule_read("a backup has a rule that can be read");

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

std::int64_t number_of(fuzz::Input& input) {
    const std::uint8_t first = input.u8();
    if (first < 0xf0) return first % 16;
    const std::uint64_t high = input.u32();
    return static_cast<std::int64_t>(high << 32U | input.u32());
}

std::string text_of(fuzz::Input& input) {
    const std::uint8_t size = input.u8();
    if (size >= 0xe0) return std::string(kWords[size % kWords.size()]);
    const ByteView bytes = input.bytes(size % 64);
    return {bytes.begin(), bytes.end()};
}

void put_row(const Database& database, fuzz::Input& input) {
    const Table& table = kTables[input.u8() % kTables.size()];
    std::string places;
    for (const char* kind = table.kinds; *kind != '\0'; ++kind) places += places.empty() ? "?" : ", ?";
    sqlite::Statement put = database.prepare("INSERT OR IGNORE INTO " + std::string(table.name) + " (" + table.columns +
                                             ") VALUES (" + places + ")");
    for (const char* kind = table.kinds; *kind != '\0'; ++kind) {
        if (*kind == 'n')
            put.bind(number_of(input));
        else if (*kind == 't')
            put.bind(kTimes[input.u8() % kTimes.size()]);
        else if (*kind == 'w')
            put.bind(kWords[input.u8() % kWords.size()]);
        else
            put.bind(text_of(input));
    }
    CENOTE_CHECK(put.next_row().ok());
}

void read_all(const Path& backup) {
    const auto rules = state::read_rules(backup);
    if (rules)
        for (const state::Rule& rule : *rules) {
            (void)rules::parse_rule(rule);
            rule_read.reach();
        }
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
            restored_whole.reach();
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
    fuzz::Input input(data, size);
    while (!input.empty()) put_row(*database, input);
    CENOTE_CHECK(database->run("COMMIT"));
    read_all(backup);
    remove_all_but(folder.path(), "backup.db");
    Target(folder / "state.db").restore(backup);
    return 0;
}
