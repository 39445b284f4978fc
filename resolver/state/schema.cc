// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace cenote::state {
namespace {

constexpr std::size_t kDigitsMax = 15;  // digits of the number in an id
constexpr std::size_t kIdsCounted = 2;  // index of the migration that introduces `given`

/// The statements that bring a file from each schema to the next.
constexpr std::array kMigrations = {
    R"sql(
CREATE TABLE rule (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, lifted INTEGER NOT NULL
) STRICT;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, requester TEXT NOT NULL, ref TEXT NOT NULL, note TEXT NOT NULL,
    chain TEXT NOT NULL
) STRICT;
PRAGMA user_version = 1;
)sql",
    R"sql(
ALTER TABLE audit ADD COLUMN policy TEXT NOT NULL DEFAULT '';
CREATE TABLE policy_text (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE policy (version INTEGER PRIMARY KEY, at INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE INDEX policy_by_time ON policy (at, version);
CREATE TABLE exception_use (id TEXT PRIMARY KEY, queries INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL)
    STRICT;
CREATE TABLE imported (
    node TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    object TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, requester TEXT NOT NULL, ref TEXT NOT NULL,
    note TEXT NOT NULL, policy TEXT NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (node, number)
) STRICT;
PRAGMA user_version = 2;
)sql",
    // given: the highest number of an id by its prefix. seen: the latest time that was passed to this state.
    R"sql(
CREATE TABLE given (prefix TEXT PRIMARY KEY, highest INTEGER NOT NULL) STRICT;
CREATE TABLE seen (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL) STRICT;
CREATE INDEX rule_open ON rule (number) WHERE lifted = 0;
CREATE INDEX rule_by_kind ON rule (kind, number);
CREATE INDEX audit_by_object ON audit (object);
CREATE INDEX imported_by_object ON imported (object);
PRAGMA user_version = 3;
)sql",
    // The files of the last configuration that was in force.
    R"sql(
CREATE TABLE configuration (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, path TEXT NOT NULL, text TEXT NOT NULL)
    STRICT;
PRAGMA user_version = 4;
)sql",
    // trail_document: the documents of the policy as the trail has recorded them. trail_mark: the time up to which the
    // edges of its calendar are recorded.
    R"sql(
CREATE TABLE trail_document (kind TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
CREATE TABLE trail_mark (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL) STRICT;
PRAGMA user_version = 5;
)sql"};

Status run_migration(const Database& database, std::size_t next) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return std::move(transaction).error();
    if (auto made = database.run(kMigrations[next]); !made) return made;
    if (next == kIdsCounted) {  // until then ids were counted by the rules alone
        Statement ids =
            database.prepare("SELECT id FROM rule UNION SELECT object FROM audit UNION SELECT object FROM imported");
        for (;;) {
            auto more = ids.next_row();
            if (!more) return std::move(more).error();
            if (!*more) break;
            if (auto noted = note_issued_id(database, ids.text(0)); !noted) return noted;
        }
    }
    return transaction->commit();
}

using Schema = std::vector<std::array<std::string, 3>>;  // type, name, SQL

Result<Schema> schema_of(const Database& database) {
    Schema all;
    Statement rows = database.prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name");
    for (;;) {
        auto more = rows.next_row();
        if (!more) return std::move(more).error();
        if (!*more) return all;
        all.push_back({rows.text(0), rows.text(1), rows.text(2)});
    }
}

}  // namespace

Result<std::int64_t> number_of(const Database& database, std::string_view sql) {
    Statement row = database.prepare(sql);
    auto found = row.next_row();
    if (!found) return std::move(found).error();
    return *found ? row.number(0) : 0;
}

IssuedId parse_issued_id(std::string_view id) noexcept {
    const auto dash = id.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return {};
    const std::string_view digits = id.substr(dash + 1);
    if (digits.empty() || digits.size() > kDigitsMax || digits.front() == '0') return {};
    IssuedId given{.prefix = id.substr(0, dash)};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), given.number);
    return error == std::errc() && end == digits.data() + digits.size() ? given : IssuedId{};
}

Status note_issued_id(const Database& database, std::string_view id) {
    const IssuedId given = parse_issued_id(id);
    if (given.number == 0) return Done{};
    Statement put = database.prepare(
        "INSERT INTO given (prefix, highest) VALUES (?, ?) ON CONFLICT (prefix) DO UPDATE SET highest = "
        "max(highest, excluded.highest)");
    auto done = put.bind(given.prefix).bind(static_cast<std::int64_t>(given.number)).next_row();
    if (!done) return std::move(done).error();
    return Done{};
}

Status migrate(const Database& database) {
    const auto schema = number_of(database, "PRAGMA user_version");
    if (!schema) return schema.error();
    if (*schema < 0 || *schema > std::ssize(kMigrations))
        return Error{fmt::format("it has schema {}, this program knows {}; use the program that wrote it", *schema,
                                 kMigrations.size())};
    for (auto next = static_cast<std::size_t>(*schema); next < kMigrations.size(); ++next)
        if (auto made = run_migration(database, next); !made) return made;
    return Done{};
}

Status require_own_schema(const Database& database) {
    const auto version = number_of(database, "PRAGMA user_version");
    if (!version) return version.error();
    if (*version < 1 || *version > std::ssize(kMigrations))
        return Error{fmt::format("it has schema {}, this program knows 1 to {}", *version, kMigrations.size())};
    const auto own = Database::open(":memory:", Database::Mode::Create);
    if (!own) return own.error();
    for (std::int64_t next = 0; next < *version; ++next)
        if (auto made = own->run(kMigrations[static_cast<std::size_t>(next)]); !made) return made;
    const auto expected = schema_of(*own);
    const auto found = schema_of(database);
    if (!expected) return expected.error();
    if (!found) return found.error();
    for (const auto& each : *found)
        if (std::find(expected->begin(), expected->end(), each) == expected->end())
            return Error{fmt::format(
                "it holds the {} '{}', which cenote did not make; remove it, or use another backup", each[0], each[1])};
    if (found->size() != expected->size()) return Error{"tables of it are missing"};
    Statement check = database.prepare("PRAGMA quick_check(1)");
    auto row = check.next_row();
    if (!row) return std::move(row).error();
    if (!*row || check.text(0) != "ok") return Error{fmt::format("it is damaged: {}", check.text(0))};
    return Done{};
}

}  // namespace cenote::state
