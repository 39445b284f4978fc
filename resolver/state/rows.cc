// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "resolver/base/time_text.h"
#include "resolver/state/schema.h"

namespace cenote::state {
namespace {

constexpr std::string_view kRecordColumns =
    "number, at, actor, action, object, before, after, requester, ref, note, policy, chain";
constexpr std::string_view kRecordPlaces = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

Result<RuleKind> parse_kind(std::string_view text) {
    for (const RuleKind kind : {RuleKind::Directive, RuleKind::Allow, RuleKind::Suspension, RuleKind::Exception})
        if (rule_kind_to_text(kind) == text) return kind;
    return Error{fmt::format("a rule of unknown kind '{}'", text)};
}

/// The texts of a record in the order of the columns. `Text` is std::string or const std::string.
template <typename Text, typename Of>
std::array<Text*, 10> texts_of(Of& record) {
    return {&record.actor,     &record.action, &record.object, &record.before, &record.after,
            &record.requester, &record.ref,    &record.note,   &record.policy, &record.chain};
}

/// Reads a record from its columns, the first of which is `column`.
Result<Record> record_at(const Statement& row, int column) {
    Record record;
    record.number = static_cast<std::uint64_t>(row.number(column++));
    const auto at = parse_time(row.text(column++));
    if (!at) return Error{fmt::format("record {}: {}", record.number, at.error().text)};
    record.at = *at;
    for (std::string* field : texts_of<std::string>(record)) *field = row.text(column++);
    return record;
}

void bind_record(const Record& record, Statement& statement) {
    statement.bind(static_cast<std::int64_t>(record.number)).bind(format_time(record.at));
    for (const std::string* field : texts_of<const std::string>(record)) statement.bind(*field);
}

Status run(Statement& statement) {
    auto done = statement.next_row();
    if (!done) return std::move(done).error();
    return Done{};
}

std::optional<WallTime> time_or_none(const std::string& text) {
    const auto time = parse_time(text);
    return time ? std::optional(*time) : std::nullopt;
}
std::string text_of(const std::optional<WallTime>& time) { return time ? format_time(*time) : std::string(); }

Result<std::vector<Rule>> read_rule_rows(Statement rows) {
    std::vector<Rule> all;
    const auto read = each_row(std::move(rows), [&](const auto& row) {
        auto kind = parse_kind(row.text(0));
        if (!kind) return Status(std::move(kind).error());
        all.push_back({*kind, row.text(1), row.text(2), row.number(3) != 0});
        return Status(Done{});
    });
    if (!read) return read.error();
    return all;
}

Result<std::vector<Record>> read_records(Statement rows) {
    std::vector<Record> all;
    const auto read = each_row(std::move(rows), [&](const auto& row) {
        auto record = record_at(row, 0);
        if (!record) return Status(std::move(record).error());
        all.push_back(std::move(*record));
        return Status(Done{});
    });
    if (!read) return read.error();
    return all;
}

/// Rows of a node and a record.
Result<std::vector<std::pair<std::string, Record>>> read_records_of_nodes(Statement rows) {
    std::vector<std::pair<std::string, Record>> all;
    const auto read = each_row(std::move(rows), [&](const auto& row) {
        auto record = record_at(row, 1);
        if (!record) return Status(std::move(record).error());
        all.emplace_back(row.text(0), std::move(*record));
        return Status(Done{});
    });
    if (!read) return read.error();
    return all;
}

constexpr std::string_view kSelectUse = "SELECT id, queries, first, last FROM exception_use";

Use use_at(const Statement& row) {
    return {row.text(0), static_cast<std::uint64_t>(row.number(1)), time_or_none(row.text(2)),
            time_or_none(row.text(3))};
}

Statement select_rules(const Database& database, std::string_view clause) {
    return database.prepare(fmt::format("SELECT kind, id, text, lifted FROM rule {}", clause));
}

}  // namespace

Result<std::vector<Rule>> rules_of(const Database& database, std::string_view clause) {
    return read_rule_rows(select_rules(database, clause));
}

Result<std::vector<Rule>> rules_of(const Database& database, std::string_view clause, std::string_view bound) {
    Statement rows = select_rules(database, clause);
    rows.bind(bound);
    return read_rule_rows(std::move(rows));
}

Result<std::vector<Use>> uses_of(const Database& database) {
    std::vector<Use> all;
    const auto read = each_row(database.prepare(fmt::format("{} ORDER BY id", kSelectUse)), [&](const auto& row) {
        all.push_back(use_at(row));
        return Status(Done{});
    });
    if (!read) return read.error();
    return all;
}

Result<Use> use_of(const Database& database, const std::string& id) {
    Statement row = database.prepare(fmt::format("{} WHERE id = ?", kSelectUse));
    auto found = row.bind(id).next_row();
    if (!found) return std::move(found).error();
    return *found ? use_at(row) : Use{.id = id, .queries = 0, .first = {}, .last = {}};
}

Result<std::vector<Record>> trail_of(const Database& database) {
    return read_records(database.prepare(fmt::format("SELECT {} FROM audit ORDER BY number", kRecordColumns)));
}

Result<std::vector<Record>> trail_after(const Database& database, std::uint64_t number, std::size_t limit) {
    Statement rows = database.prepare(
        fmt::format("SELECT {} FROM audit WHERE number > ? ORDER BY number LIMIT {}", kRecordColumns, limit));
    rows.bind(static_cast<std::int64_t>(number));
    return read_records(std::move(rows));
}

Result<std::vector<Record>> records_before(const Database& database, std::uint64_t number, Looks looks,
                                           std::size_t limit) {
    const std::string_view condition = looks == Looks::With   ? "?2 = ?2"
                                       : looks == Looks::Only ? "action = ?2"
                                                              : "action <> ?2";
    Statement rows =
        database.prepare(fmt::format("SELECT {} FROM audit WHERE number < ?1 AND {} ORDER BY number DESC LIMIT {}",
                                     kRecordColumns, condition, limit));
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    rows.bind(static_cast<std::int64_t>(std::min(number, kMost))).bind(kLookAction);
    return read_records(std::move(rows));
}

Result<std::optional<Record>> last_run_of(const Database& database) {
    auto found = read_records(database.prepare(fmt::format(
        "SELECT {} FROM audit WHERE action IN ('start', 'stop') ORDER BY number DESC LIMIT 1", kRecordColumns)));
    if (!found) return std::move(found).error();
    return found->empty() ? std::optional<Record>() : std::optional(std::move(found->front()));
}

Result<std::vector<std::pair<std::string, Record>>> imported_of(const Database& database) {
    return read_records_of_nodes(
        database.prepare(fmt::format("SELECT node, {} FROM imported ORDER BY node, number", kRecordColumns)));
}

Result<std::vector<std::pair<std::string, Record>>> records_of(const Database& database, const std::string& id) {
    Statement rows = database.prepare(
        fmt::format("SELECT '' AS node, {0} FROM audit WHERE object = ?1 UNION ALL SELECT node, {0} FROM imported "
                    "WHERE object = ?1 AND node NOT LIKE 'backup %' ORDER BY at, number",
                    kRecordColumns));
    rows.bind(id);
    return read_records_of_nodes(std::move(rows));
}

Result<std::vector<std::pair<std::string, Record>>> records_with_action(const Database& database,
                                                                        std::string_view action) {
    Statement rows = database.prepare(
        fmt::format("SELECT '' AS node, {0} FROM audit WHERE action = ?1 UNION ALL SELECT node, {0} FROM imported "
                    "WHERE action = ?1 AND node NOT LIKE 'backup %' ORDER BY node, number",
                    kRecordColumns));
    rows.bind(action);
    return read_records_of_nodes(std::move(rows));
}

Result<std::vector<std::pair<std::string, Record>>> imported_after(const Database& database, const std::string& node,
                                                                   std::uint64_t number, std::size_t limit) {
    Statement rows = database.prepare(
        fmt::format("SELECT node, {} FROM imported WHERE (node, number) > (?, ?) ORDER BY node, number LIMIT {}",
                    kRecordColumns, limit));
    rows.bind(node).bind(static_cast<std::int64_t>(number));
    return read_records_of_nodes(std::move(rows));
}

Result<TrailMark> trail_mark_of(const Database& database) {
    TrailMark mark;
    Statement until = database.prepare("SELECT at FROM trail_mark");
    const auto known = until.next_row();
    if (!known) return known.error();
    if (*known) mark.at = WallTime(seconds(until.number(0)));
    const auto read =
        each_row(database.prepare("SELECT kind, id, text FROM trail_document ORDER BY rowid"), [&](const auto& row) {
            mark.documents.push_back({row.text(0), row.text(1), row.text(2)});
            return Status(Done{});
        });
    if (!read) return read.error();
    return mark;
}

Result<std::optional<PolicyVersion>> policy_of(const Database& database, WallTime at) {
    Statement row = database.prepare(
        "SELECT version, at, policy.digest, text FROM policy JOIN policy_text ON policy_text.digest = policy.digest "
        "WHERE at <= ? ORDER BY at DESC, version DESC LIMIT 1");
    row.bind(at.time_since_epoch().count());
    auto found = row.next_row();
    if (!found) return std::move(found).error();
    if (!*found) return std::optional<PolicyVersion>();
    return std::optional(PolicyVersion{static_cast<std::uint32_t>(row.number(0)), WallTime(seconds(row.number(1))),
                                       row.text(2), row.text(3)});
}

Result<std::optional<StoredConfiguration>> configuration_of(const Database& database) {
    std::optional<StoredConfiguration> stored;
    const auto read =
        each_row(database.prepare("SELECT at, path, text FROM configuration ORDER BY number"), [&](const auto& row) {
            if (!stored) stored = StoredConfiguration{.at = WallTime(seconds(row.number(0))), .files = {}};
            stored->files.push_back({row.text(1), row.text(2)});
            return Status(Done{});
        });
    if (!read) return read.error();
    return stored;
}

Status put_rule(const Database& database, const Rule& rule) {
    Statement put = database.prepare(
        "INSERT INTO rule (kind, id, text, lifted) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "text = excluded.text, lifted = excluded.lifted WHERE kind = excluded.kind RETURNING number");
    put.bind(rule_kind_to_text(rule.kind)).bind(rule.id).bind(rule.text).bind(rule.lifted ? 1 : 0);
    auto written = put.next_row();
    if (!written) return std::move(written).error();
    if (!*written)
        return Error{fmt::format("'{}' is here already, and is no {}", rule.id, rule_kind_to_text(rule.kind))};
    return note_issued_id(database, rule.id);
}

Status put_record(const Database& database, const Record& record) {
    Statement append =
        database.prepare(fmt::format("INSERT INTO audit ({}) VALUES ({})", kRecordColumns, kRecordPlaces));
    bind_record(record, append);
    if (auto done = run(append); !done) return done;
    return put_seen(database, record.at);
}

Status put_imported(const Database& database, const std::string& node, const Record& record) {
    Statement put = database.prepare(
        fmt::format("INSERT OR IGNORE INTO imported (node, {}) VALUES (?, {})", kRecordColumns, kRecordPlaces));
    put.bind(node);
    bind_record(record, put);
    return run(put);
}

Status put_policy(const Database& database, const PolicyVersion& policy) {
    Statement text = database.prepare("INSERT OR IGNORE INTO policy_text (digest, text) VALUES (?, ?)");
    text.bind(policy.digest).bind(policy.text);
    if (auto put = run(text); !put) return put;
    Statement version = database.prepare("INSERT OR REPLACE INTO policy (version, at, digest) VALUES (?, ?, ?)");
    version.bind(std::int64_t{policy.version}).bind(policy.at.time_since_epoch().count()).bind(policy.digest);
    return run(version);
}

Status put_configuration(const Database& database, const StoredConfiguration& configuration) {
    if (auto emptied = database.run("DELETE FROM configuration"); !emptied) return emptied;
    for (const ConfigurationFile& file : configuration.files) {
        Statement put = database.prepare("INSERT INTO configuration (at, path, text) VALUES (?, ?, ?)");
        put.bind(configuration.at.time_since_epoch().count()).bind(file.path).bind(file.text);
        if (auto done = run(put); !done) return done;
    }
    return Done{};
}

Status put_trail_mark(const Database& database, const TrailMark& mark) {
    for (const TrailDocument& document : mark.documents) {
        Statement put = document.text.empty()
                            ? database.prepare("DELETE FROM trail_document WHERE kind = ? AND id = ?")
                            : database.prepare(
                                  "INSERT INTO trail_document (kind, id, text) VALUES (?, ?, ?) ON CONFLICT (kind, "
                                  "id) DO UPDATE SET text = excluded.text");
        put.bind(document.kind).bind(document.id);
        if (!document.text.empty()) put.bind(document.text);
        if (auto done = run(put); !done) return done;
    }
    if (!mark.at) return Done{};
    Statement until = database.prepare(
        "INSERT INTO trail_mark (one, at) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = excluded.at");
    until.bind(mark.at->time_since_epoch().count());
    return run(until);
}

Status add_use(const Database& database, const Use& use) {
    Statement put = database.prepare(
        "INSERT INTO exception_use (id, queries, first, last) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET queries = queries + excluded.queries, last = excluded.last");
    put.bind(use.id).bind(static_cast<std::int64_t>(use.queries)).bind(text_of(use.first)).bind(text_of(use.last));
    return run(put);
}

Status put_seen(const Database& database, WallTime at) {
    Statement put = database.prepare(
        "INSERT INTO seen (one, at) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = max(at, excluded.at)");
    put.bind(at.time_since_epoch().count());
    return run(put);
}

}  // namespace cenote::state
