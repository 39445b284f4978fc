// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace cenote::history {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::int64_t kVersion = 2;

// secure_delete: what retention deletes is gone from the disk as well.
constexpr const char* kPragmas =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = OFF;";

constexpr const char* kSchema = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE ids (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE counts (
    span INTEGER NOT NULL, at INTEGER NOT NULL, node INTEGER NOT NULL, verdict INTEGER NOT NULL,
    service INTEGER NOT NULL, role INTEGER NOT NULL, directive INTEGER NOT NULL, client_group INTEGER NOT NULL,
    transport INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (span, at, node, verdict, service, role, directive, client_group, transport)
) STRICT, WITHOUT ROWID;
CREATE TABLE sketches (
    day INTEGER NOT NULL, node INTEGER NOT NULL, service INTEGER NOT NULL, directive INTEGER NOT NULL,
    client_group INTEGER NOT NULL, seed_id INTEGER NOT NULL, clients BLOB NOT NULL, episodes BLOB NOT NULL,
    PRIMARY KEY (day, node, service, directive, client_group, seed_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE gaps (
    node INTEGER NOT NULL, begins INTEGER NOT NULL, ends INTEGER NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (node, begins)
) STRICT, WITHOUT ROWID;
CREATE TABLE seeds (month INTEGER PRIMARY KEY, seed INTEGER NOT NULL) STRICT;
CREATE TABLE notes (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
COMMIT;
)sql";

/// From version 1 to 2. `signal` has the numbers of telemetry::Signal.
constexpr const char* kAddSignals = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE signal (
    day INTEGER NOT NULL, node INTEGER NOT NULL, signal INTEGER NOT NULL, client_group INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY (day, node, signal, client_group)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 2;
COMMIT;
)sql";

Status done_by(Statement& statement) {
    auto done = statement.next_row();
    return done ? Status(Done{}) : Status(std::move(done).error());
}

Result<std::int64_t> version_of(const Database& database) {
    Statement statement = database.prepare("PRAGMA user_version");
    auto row = statement.next_row();
    if (!row) return std::move(row).error();
    return statement.number(0);
}

Error later_version(const Path& path, std::int64_t version) {
    return Error{
        fmt::format("{} has version {} and this program reads version {}: it is of a later Cenote; install "
                    "that one, or name another file in [history]",
                    path.string(), version, kVersion)};
}

constexpr std::string_view kCounted = "counted";  // the latest time that was alive, also where the clock was set back

std::int64_t number_of(WallTime time) { return time.time_since_epoch().count(); }
WallTime time_of(std::int64_t number) { return WallTime(seconds(number)); }

}  // namespace

Result<std::unique_ptr<Store::Tables>> Store::Tables::open(const Path& path) {
    auto database = Database::open(path, Database::Mode::Create);
    if (!database) return std::move(database).error();
    const auto version = version_of(*database);
    if (!version) return version.error();
    if (*version > kVersion) return later_version(path, *version);
    if (*version == 0)
        if (auto set = database->run("PRAGMA auto_vacuum = INCREMENTAL"); !set) return std::move(set).error();
    if (auto set = database->run(kPragmas); !set) return std::move(set).error();
    if (auto migrated = migrate(*database, *version); !migrated) return std::move(migrated).error();
    Statement check = database->prepare("PRAGMA quick_check(1)");
    const auto row = check.next_row();
    if (!row) return row.error();
    if (const std::string text = check.text(0); text != "ok") return Error{text};
    return std::make_unique<Tables>(std::move(*database), kVersion);
}

Status Store::Tables::migrate(const Database& database, std::int64_t from) {
    if (from < 1)
        if (auto made = database.run(kSchema); !made) return made;
    return from < 2 ? database.run(kAddSignals) : Status(Done{});
}

Result<std::unique_ptr<Store::Tables>> Store::Tables::open_read_only(const Path& path) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    const auto version = version_of(*database);
    if (!version) return version.error();
    if (*version > kVersion) return later_version(path, *version);
    return std::make_unique<Tables>(std::move(*database), *version);
}

bool Store::Tables::is_damaged(const Path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return false;
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return false;  // a matter of rights
    const auto version = version_of(*database);
    if (!version) return true;
    if (*version > kVersion) return false;
    Statement check = database->prepare("PRAGMA quick_check(1)");
    const auto row = check.next_row();
    return !row || check.text(0) != "ok";
}

Result<std::int64_t> Store::Tables::id_of(const std::string& text) {
    if (const auto known = ids_.find(text); known != ids_.end()) return known->second;
    Statement insert = database.prepare("INSERT INTO ids (text) VALUES (?) ON CONFLICT DO NOTHING");
    if (auto put = done_by(insert.bind(text)); !put) return std::move(put).error();
    Statement find = database.prepare("SELECT id FROM ids WHERE text = ?");
    auto found = find.bind(text).next_row();
    if (!found) return std::move(found).error();
    const std::int64_t id = find.number(0);
    ids_.emplace(text, id);
    return id;
}

Status Store::Tables::put_count(std::string_view on_conflict, Span span, WallTime at, const std::string& node,
                                const Series& series, std::uint64_t count) {
    const auto node_id = id_of(node);
    if (!node_id) return node_id.error();
    const auto service = id_of(series.service);
    if (!service) return service.error();
    const auto directive = id_of(series.directive);
    if (!directive) return directive.error();
    const auto group = id_of(series.group);
    if (!group) return group.error();
    Statement statement = database.prepare(fmt::format(
        "INSERT INTO counts (span, at, node, verdict, service, role, directive, client_group, transport, count) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = {}",
        on_conflict));
    statement.bind(static_cast<std::int64_t>(span)).bind(number_of(at)).bind(*node_id);
    statement.bind(static_cast<std::int64_t>(series.verdict)).bind(*service).bind(std::int64_t{series.role});
    statement.bind(*directive).bind(*group).bind(static_cast<std::int64_t>(series.transport));
    return done_by(statement.bind(static_cast<std::int64_t>(count)));
}

Status Store::Tables::add_count(Span span, WallTime at, const std::string& node, const Series& series,
                                std::uint64_t count) {
    return put_count("count + excluded.count", span, at, node, series, count);
}

Status Store::Tables::raise_count(Span span, const Row& row) {
    return put_count("max(count, excluded.count)", span, row.at, row.node, row.series, row.count);
}

Status Store::Tables::merge_sketches(const SketchRow& row) {
    const auto node = id_of(row.node);
    if (!node) return node.error();
    const auto service = id_of(row.key.service);
    if (!service) return service.error();
    const auto directive = id_of(row.key.directive);
    if (!directive) return directive.error();
    const auto group = id_of(row.key.group);
    if (!group) return group.error();
    const auto seed = static_cast<std::int64_t>(row.seed_id);
    Statement find = database.prepare(
        "SELECT clients, episodes FROM sketches WHERE day = ? AND node = ? AND service = ? AND directive = ? AND "
        "client_group = ? AND seed_id = ?");
    auto found =
        find.bind(number_of(row.day)).bind(*node).bind(*service).bind(*directive).bind(*group).bind(seed).next_row();
    if (!found) return std::move(found).error();
    SketchPair merged = row.sketches;
    if (*found) {
        if (const auto clients = Sketch::from_bytes(find.bytes(0))) merged.clients.merge(*clients);
        if (const auto episodes = Sketch::from_bytes(find.bytes(1))) merged.episodes.merge(*episodes);
    }
    Statement put = database.prepare(
        "INSERT OR REPLACE INTO sketches (day, node, service, directive, client_group, seed_id, clients, episodes) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    put.bind(number_of(row.day)).bind(*node).bind(*service).bind(*directive).bind(*group).bind(seed);
    return done_by(put.bind(merged.clients.bytes()).bind(merged.episodes.bytes()));
}

Status Store::Tables::put_signal(std::string_view on_conflict, const SignalRow& row) {
    const auto node = id_of(row.node);
    if (!node) return node.error();
    const auto group = id_of(row.key.group);
    if (!group) return group.error();
    Statement put = database.prepare(
        fmt::format("INSERT INTO signal (day, node, signal, client_group, count) VALUES (?, ?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET count = {}",
                    on_conflict));
    put.bind(number_of(row.day)).bind(*node).bind(static_cast<std::int64_t>(row.key.signal)).bind(*group);
    return done_by(put.bind(static_cast<std::int64_t>(row.count)));
}

Status Store::Tables::add_signal(const SignalRow& row) { return put_signal("count + excluded.count", row); }

Status Store::Tables::raise_signal(const SignalRow& row) { return put_signal("max(count, excluded.count)", row); }

Status Store::Tables::put_gap(const Gap& gap) {
    const auto node = id_of(gap.node);
    if (!node) return node.error();
    Statement put = database.prepare(
        "INSERT INTO gaps (node, begins, ends, why) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET ends = max(ends, excluded.ends)");
    return done_by(put.bind(*node).bind(number_of(gap.from)).bind(number_of(gap.to)).bind(gap.why));
}

Status Store::Tables::set_note(std::string_view name, std::int64_t value) {
    Statement put = database.prepare("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)");
    return done_by(put.bind(name).bind(value));
}

/// By the latest clock that there was.
Result<WallTime> Store::Tables::counted_until() const {
    const auto latest = note(kCounted);
    if (!latest) return latest.error();
    const auto alive = note(kAlive);  // a file of an earlier version has no other note
    if (!alive) return alive.error();
    return time_of(std::max(latest->value_or(0), alive->value_or(0)));
}

Status Store::Tables::put_own_gap(const std::string& node, const Gap& gap) {
    const auto counted = counted_until();
    if (!counted) return counted.error();
    const Gap rest{node, std::max(gap.from, *counted), gap.to, gap.why};
    return rest.from < rest.to ? put_gap(rest) : Status(Done{});
}

Status Store::Tables::note_written(const Minute& minute, WallTime now) {
    if (!minute.counts.empty() || !minute.signals.empty() || !minute.sketches.empty())
        if (auto noted = note_day(start_of(Span::Day, minute.at)); !noted) return noted;
    const auto counted = counted_until();
    if (!counted) return counted.error();
    if (auto put = set_note(kCounted, number_of(std::max(*counted, now))); !put) return put;
    return set_note(kAlive, number_of(now));
}

Status Store::Tables::note_day(WallTime day) {
    constexpr std::string_view kLatest = "latest day";
    const auto latest = note(kLatest);
    if (!latest) return latest.error();
    if (*latest && number_of(day) < **latest)
        return set_note(fmt::format("{}{}", kLateDay, number_of(day)), number_of(day));
    return set_note(kLatest, number_of(day));
}

Result<std::optional<std::int64_t>> Store::Tables::note(std::string_view name) const {
    Statement find = database.prepare("SELECT value FROM notes WHERE name = ?");
    auto found = find.bind(name).next_row();
    if (!found) return std::move(found).error();
    return *found ? std::optional(find.number(0)) : std::nullopt;
}

Status Store::Tables::read_counts(Span span, WallTime from, WallTime to, const OnRow& on_row) const {
    Statement rows = database.prepare(
        "SELECT at, n.text, verdict, role, transport, s.text, d.text, g.text, count FROM counts "
        "JOIN ids n ON n.id = node JOIN ids s ON s.id = service JOIN ids d ON d.id = directive "
        "JOIN ids g ON g.id = client_group WHERE span = ? AND at >= ? AND at < ? ORDER BY span, at");
    rows.bind(static_cast<std::int64_t>(span)).bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        const std::int64_t verdict = row.number(2);
        const std::int64_t role = row.number(3);
        const std::int64_t transport = row.number(4);
        constexpr auto kLast = static_cast<std::int64_t>(telemetry::QueryVerdict::Local);
        if (verdict < 0 || verdict > kLast || role < 0 || role > 15 || transport < 0 || transport > 15 ||
            row.number(8) < 0)
            return Status(Error{fmt::format("the history has a damaged row at {}", number_of(time_of(row.number(0))))});
        on_row({time_of(row.number(0)),
                row.text(1),
                {.verdict = static_cast<telemetry::QueryVerdict>(verdict),
                 .role = static_cast<telemetry::RoleNumber>(role),
                 .transport = static_cast<telemetry::QueryTransport>(transport),
                 .service = row.text(5),
                 .directive = row.text(6),
                 .group = row.text(7)},
                static_cast<std::uint64_t>(row.number(8))});
        return Status(Done{});
    });
}

Status Store::Tables::read_sketches(WallTime from, WallTime to, const OnSketch& on_sketch) const {
    Statement rows = database.prepare(
        "SELECT day, n.text, s.text, d.text, g.text, seed_id, clients, episodes FROM sketches "
        "JOIN ids n ON n.id = node JOIN ids s ON s.id = service JOIN ids d ON d.id = directive "
        "JOIN ids g ON g.id = client_group WHERE day >= ? AND day < ? ORDER BY day");
    rows.bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        const auto clients = Sketch::from_bytes(row.bytes(6));
        const auto episodes = Sketch::from_bytes(row.bytes(7));
        if (!clients || !episodes)
            return Status(Error{fmt::format("the history has a damaged sketch of day {}", row.number(0))});
        on_sketch({time_of(row.number(0)),
                   row.text(1),
                   {row.text(2), row.text(3), row.text(4)},
                   static_cast<std::uint64_t>(row.number(5)),
                   {*clients, *episodes}});
        return Status(Done{});
    });
}

Status Store::Tables::read_signals(WallTime from, WallTime to, const OnSignal& on_signal) const {
    if (version_ < 2) return Done{};
    Statement rows = database.prepare(
        "SELECT day, n.text, signal, g.text, count FROM signal JOIN ids n ON n.id = node "
        "JOIN ids g ON g.id = client_group WHERE day >= ? AND day < ? ORDER BY day");
    rows.bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        const std::int64_t signal = row.number(2);
        if (signal <= 0 || signal >= static_cast<std::int64_t>(telemetry::kSignalCount) || row.number(4) < 0)
            return Status(Error{fmt::format("the history has a damaged signal of day {}", row.number(0))});
        on_signal({time_of(row.number(0)),
                   row.text(1),
                   {static_cast<telemetry::Signal>(signal), row.text(3)},
                   static_cast<std::uint64_t>(row.number(4))});
        return Status(Done{});
    });
}

Status Store::Tables::read_group_days(WallTime from, WallTime to, const OnGroupDay& on_group_day) const {
    Statement rows = database.prepare(
        "SELECT at, n.text, g.text, sum(count) FROM counts JOIN ids n ON n.id = node "
        "JOIN ids g ON g.id = client_group WHERE span = ? AND at >= ? AND at < ? "
        "GROUP BY at, node, client_group ORDER BY at");
    rows.bind(static_cast<std::int64_t>(Span::Day)).bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        on_group_day({time_of(row.number(0)), row.text(1), row.text(2), static_cast<std::uint64_t>(row.number(3))});
        return Status(Done{});
    });
}

Result<std::vector<Gap>> Store::Tables::gaps(WallTime from, WallTime to) const {
    Statement rows = database.prepare(
        "SELECT n.text, begins, ends, why FROM gaps JOIN ids n ON n.id = node WHERE begins < ? AND ends > ? "
        "ORDER BY begins, n.text");
    rows.bind(number_of(to)).bind(number_of(from));
    std::vector<Gap> gaps;
    auto read = sqlite::each_row(std::move(rows), [&](const Statement& row) {
        gaps.push_back({row.text(0), time_of(row.number(1)), time_of(row.number(2)), row.text(3)});
        return Status(Done{});
    });
    if (!read) return std::move(read).error();
    return gaps;
}

}  // namespace cenote::history
