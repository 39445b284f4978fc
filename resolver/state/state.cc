// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/state.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "resolver/base/time_text.h"
#include "resolver/state/database.h"

namespace cenote::state {
namespace {

/// What brings a file from each schema to the next.
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
)sql"};

Result<RuleKind> parse_kind(std::string_view text) {
    for (const RuleKind kind : {RuleKind::Directive, RuleKind::Allow, RuleKind::Suspension, RuleKind::Exception})
        if (rule_kind_to_text(kind) == text) return kind;
    return Error{fmt::format("a rule of unknown kind '{}'", text)};
}

constexpr std::string_view kRecordColumns =
    "number, at, actor, action, object, before, after, requester, ref, note, policy, chain";
constexpr std::string_view kRecordPlaces = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

/// The texts of a record in the order of the columns. Of `Text` std::string or const std::string.
template <typename Text, typename Of>
std::array<Text*, 10> texts_of(Of& record) {
    return {&record.actor,     &record.action, &record.object, &record.before, &record.after,
            &record.requester, &record.ref,    &record.note,   &record.policy, &record.chain};
}

/// From the columns of a record, the first of which is `column`.
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

/// Runs a statement for each of its rows; the first Error ends it.
template <typename OnRow>
Status each_row(Statement rows, OnRow on_row) {
    for (;;) {
        auto more = rows.step();
        if (!more) return std::move(more).error();
        if (!*more) return Done{};
        if (Status status = on_row(rows); !status) return status;
    }
}

Status run(Statement& statement) {
    auto done = statement.step();
    if (!done) return std::move(done).error();
    return Done{};
}

std::optional<WallTime> time_or_none(const std::string& text) {
    const auto time = parse_time(text);
    return time ? std::optional(*time) : std::nullopt;
}
std::string text_of(const std::optional<WallTime>& time) { return time ? format_time(*time) : std::string(); }

Error in_file(const Path& path, const Error& why) {
    return Error{fmt::format("cannot use {}: {}", path.string(), why.text)};
}

Result<std::vector<Rule>> rules_of(const Database& database) {
    std::vector<Rule> all;
    const auto read =
        each_row(database.prepare("SELECT kind, id, text, lifted FROM rule ORDER BY number"), [&](const auto& row) {
            auto kind = parse_kind(row.text(0));
            if (!kind) return Status(std::move(kind).error());
            all.push_back({*kind, row.text(1), row.text(2), row.number(3) != 0});
            return Status(Done{});
        });
    if (!read) return read.error();
    return all;
}

Result<std::vector<Use>> uses_of(const Database& database) {
    std::vector<Use> all;
    const auto read = each_row(database.prepare("SELECT id, queries, first, last FROM exception_use ORDER BY id"),
                               [&](const auto& row) {
                                   all.push_back({row.text(0), static_cast<std::uint64_t>(row.number(1)),
                                                  time_or_none(row.text(2)), time_or_none(row.text(3))});
                                   return Status(Done{});
                               });
    if (!read) return read.error();
    return all;
}

Result<std::optional<PolicyVersion>> policy_of(const Database& database, WallTime at) {
    Statement row = database.prepare(
        "SELECT version, at, policy.digest, text FROM policy JOIN policy_text ON policy_text.digest = policy.digest "
        "WHERE at <= ? ORDER BY at DESC, version DESC LIMIT 1");
    row.bind(at.time_since_epoch().count());
    auto found = row.step();
    if (!found) return std::move(found).error();
    if (!*found) return std::optional<PolicyVersion>();
    return std::optional(PolicyVersion{static_cast<std::uint32_t>(row.number(0)), WallTime(seconds(row.number(1))),
                                       row.text(2), row.text(3)});
}

Result<std::vector<std::pair<std::string, Record>>> history_of(const Database& database) {
    std::vector<std::pair<std::string, Record>> all;
    for (const std::string_view from :
         {"SELECT '', {} FROM audit ORDER BY number", "SELECT node, {} FROM imported ORDER BY node, number"}) {
        const auto read =
            each_row(database.prepare(fmt::format(fmt::runtime(from), kRecordColumns)), [&](const auto& row) {
                auto record = record_at(row, 1);
                if (!record) return Status(std::move(record).error());
                all.emplace_back(row.text(0), std::move(*record));
                return Status(Done{});
            });
        if (!read) return read.error();
    }
    return all;
}

class SqliteState final : public State {
public:
    SqliteState(Path path, Database database) : path_(std::move(path)), database_(std::move(database)) {}

    Status prepare() {
        // FULL: a transaction that was committed survives a power cut.
        if (auto set = database_.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
            !set)
            return refuse(set.error());
        auto schema = number_of("PRAGMA user_version");
        if (!schema) return refuse(schema.error());
        if (*schema > std::ssize(kMigrations))
            return refuse(Error{fmt::format("it has schema {}, this program knows {}; use the program that wrote it",
                                            *schema, kMigrations.size())});
        for (auto next = static_cast<std::size_t>(*schema); next < kMigrations.size(); ++next)
            if (auto made = migrate(kMigrations[next]); !made) return refuse(made.error());
        auto last = last_of_trail();
        if (!last) return refuse(last.error());
        return Done{};
    }

    Result<std::vector<Rule>> rules() const override { return with_path(rules_of(database_)); }
    Result<std::vector<Use>> uses() const override { return with_path(uses_of(database_)); }
    Result<std::optional<PolicyVersion>> policy_at(WallTime at) const override {
        return with_path(policy_of(database_, at));
    }

    Status keep_version(const PolicyVersion& policy) override {
        Statement row = database_.prepare("SELECT 1 FROM policy WHERE version = ?");
        row.bind(std::int64_t{policy.version});
        const auto known = row.step();
        if (!known) return with_path(Status(known.error()));
        return *known ? Status(Done{}) : with_path(write_policy(policy));
    }

    Result<std::uint32_t> last_version() const override {
        Statement row = database_.prepare("SELECT ifnull(max(version), 0) FROM policy");
        const auto found = row.step();
        if (!found) return with_path(Result<std::uint32_t>(found.error()));
        return static_cast<std::uint32_t>(row.number(0));
    }

    Result<std::vector<std::pair<std::string, Record>>> history() const override {
        return with_path(history_of(database_));
    }

    Result<Record> change(Change change) override { return import({}, std::move(change)); }

    Result<Record> import(const Import& import, Change change) override {
        Record& record = change.record;
        record.number = last_ + 1;
        record.chain = chain_of(record, head_);
        auto written = write(import, change);
        if (!written)
            return Error{
                fmt::format("cannot write to {}: {}; nothing has changed", path_.string(), written.error().text)};
        last_ = record.number;
        head_ = record.chain;
        return std::move(record);
    }

    Status add_uses(std::span<const Use> uses) override {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        for (const Use& use : uses) {
            Statement add = database_.prepare(
                "INSERT INTO exception_use (id, queries, first, last) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET queries = queries + excluded.queries, last = excluded.last");
            add.bind(use.id)
                .bind(static_cast<std::int64_t>(use.queries))
                .bind(text_of(use.first))
                .bind(text_of(use.last));
            if (auto added = run(add); !added) return refuse(added.error());
        }
        return transaction->commit();
    }

    const std::string& head() const noexcept override { return head_; }

    Result<std::string> next_id(const std::string& prefix) const override {
        Statement known = database_.prepare("SELECT id FROM rule");
        std::uint64_t highest = 0;
        for (;;) {
            auto more = known.step();
            if (!more) return refuse(more.error()).error();
            if (!*more) return fmt::format("{}-{}", prefix, highest + 1);
            const std::string id = known.text(0);
            if (id.size() <= prefix.size() + 1 || !id.starts_with(prefix + "-")) continue;
            const std::string number = id.substr(prefix.size() + 1);
            if (number.find_first_not_of("0123456789") == std::string::npos && number.size() < 19)
                highest = std::max<std::uint64_t>(highest, std::stoull(number));
        }
    }

private:
    Status refuse(const Error& why) const { return in_file(path_, why); }
    template <typename T>
    Result<T> with_path(Result<T> read) const {
        if (!read) return in_file(path_, read.error());
        return read;
    }

    Result<std::int64_t> number_of(std::string_view sql) const {
        Statement row = database_.prepare(sql);
        auto found = row.step();
        if (!found) return std::move(found).error();
        return *found ? row.number(0) : 0;
    }

    Status migrate(const char* sql) {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        if (auto made = database_.run(sql); !made) return made;
        return transaction->commit();
    }

    Status last_of_trail() {
        Statement row = database_.prepare("SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1");
        auto found = row.step();
        if (!found) return std::move(found).error();
        if (!*found) return Done{};
        last_ = static_cast<std::uint64_t>(row.number(0));
        head_ = row.text(1);
        return Done{};
    }

    Status write(const Import& import, const Change& change) {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        if (auto put = change.rule != nullptr ? put_rule(*change.rule) : Done{}; !put) return put;
        for (const Rule& rule : import.rules)
            if (auto put = put_rule(rule); !put) return put;
        for (const auto& [node, record] : import.history)
            if (auto put = put_imported(node, record); !put) return put;
        if (auto put = change.policy != nullptr ? put_policy(*change.policy) : Done{}; !put) return put;
        Statement append =
            database_.prepare(fmt::format("INSERT INTO audit ({}) VALUES ({})", kRecordColumns, kRecordPlaces));
        bind_record(change.record, append);
        if (auto done = run(append); !done) return done;
        return transaction->commit();
    }

    Status write_policy(const PolicyVersion& policy) {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        if (auto put = put_policy(policy); !put) return put;
        return transaction->commit();
    }

    Status put_rule(const Rule& rule) {
        Statement put = database_.prepare(
            "INSERT INTO rule (kind, id, text, lifted) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET text = excluded.text, lifted = excluded.lifted");
        put.bind(rule_kind_to_text(rule.kind)).bind(rule.id).bind(rule.text).bind(rule.lifted ? 1 : 0);
        return run(put);
    }

    Status put_imported(const std::string& node, const Record& record) {
        Statement put = database_.prepare(
            fmt::format("INSERT OR IGNORE INTO imported (node, {}) VALUES (?, {})", kRecordColumns, kRecordPlaces));
        put.bind(node);
        bind_record(record, put);
        return run(put);
    }

    Status put_policy(const PolicyVersion& policy) {
        Statement text = database_.prepare("INSERT OR IGNORE INTO policy_text (digest, text) VALUES (?, ?)");
        text.bind(policy.digest).bind(policy.text);
        if (auto put = run(text); !put) return put;
        Statement version = database_.prepare("INSERT OR REPLACE INTO policy (version, at, digest) VALUES (?, ?, ?)");
        version.bind(std::int64_t{policy.version}).bind(policy.at.time_since_epoch().count()).bind(policy.digest);
        return run(version);
    }

    Path path_;
    Database database_;
    std::uint64_t last_ = 0;
    std::string head_ = kNoHead;
};

/// Of a file that somebody else may be writing to.
template <typename T, typename Read>
Result<T> read_with(const Path& path, Read read) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    Result<T> found = read(*database);
    if (!found) return Error{fmt::format("cannot read {}: {}", path.string(), found.error().text)};
    return found;
}

}  // namespace

Result<std::unique_ptr<State>> State::open(const Path& path) {
    auto database = Database::open(path, Database::Mode::Create);
    if (!database) return std::move(database).error();
    auto state = std::make_unique<SqliteState>(path, std::move(*database));
    if (auto ready = state->prepare(); !ready) return std::move(ready).error();
    return std::unique_ptr<State>(std::move(state));
}

Result<std::vector<Rule>> read_rules(const Path& path) { return read_with<std::vector<Rule>>(path, rules_of); }

Result<std::vector<Use>> read_uses(const Path& path) { return read_with<std::vector<Use>>(path, uses_of); }

Result<std::vector<std::pair<std::string, Record>>> read_history(const Path& path) {
    return read_with<std::vector<std::pair<std::string, Record>>>(path, history_of);
}

Result<std::optional<PolicyVersion>> read_policy_at(const Path& path, WallTime at) {
    return read_with<std::optional<PolicyVersion>>(path,
                                                   [at](const Database& database) { return policy_of(database, at); });
}

Status copy_state(const Path& path, const Path& copy) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    Statement into = database->prepare("VACUUM INTO ?");
    if (auto made = into.bind(copy.string()).step(); !made)
        return Error{fmt::format("cannot copy {}: {}", path.string(), made.error().text)};
    return Done{};
}

Result<std::vector<Record>> read_audit(const Path& path) {
    return read_with<std::vector<Record>>(path, [](const Database& database) -> Result<std::vector<Record>> {
        std::vector<Record> records;
        const auto read =
            each_row(database.prepare(fmt::format("SELECT {} FROM audit ORDER BY number", kRecordColumns)),
                     [&](const auto& row) {
                         auto record = record_at(row, 0);
                         if (!record) return Status(std::move(record).error());
                         records.push_back(std::move(*record));
                         return Status(Done{});
                     });
        if (!read) return read.error();
        return records;
    });
}

}  // namespace cenote::state
