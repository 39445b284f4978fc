// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/state.h"

#include <fmt/format.h>

#include <utility>

#include "resolver/base/time_text.h"
#include "resolver/state/database.h"

namespace cenote::state {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr const char* kTables = R"sql(
CREATE TABLE rule (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, lifted INTEGER NOT NULL
) STRICT;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, requester TEXT NOT NULL, ref TEXT NOT NULL, note TEXT NOT NULL,
    chain TEXT NOT NULL
) STRICT;
PRAGMA user_version = 1;
)sql";

Result<RuleKind> parse_kind(std::string_view text) {
    for (const RuleKind kind : {RuleKind::Directive, RuleKind::Allow, RuleKind::Suspension})
        if (rule_kind_to_text(kind) == text) return kind;
    return Error{fmt::format("a rule of unknown kind '{}'", text)};
}

Result<Record> record_at(const Statement& row) {
    const auto at = parse_time(row.text(1));
    if (!at) return Error{fmt::format("record {}: {}", row.number(0), at.error().text)};
    Record record;
    record.number = static_cast<std::uint64_t>(row.number(0));
    record.at = *at;
    int column = 2;
    for (std::string* field : {&record.actor, &record.action, &record.object, &record.before, &record.after,
                               &record.requester, &record.ref, &record.note, &record.chain})
        *field = row.text(column++);
    return record;
}

constexpr std::string_view kAuditColumns =
    "number, at, actor, action, object, before, after, requester, ref, note, chain";

Result<std::vector<Rule>> rules_of(const Database& database, const Path& path) {
    const auto refuse = [&path](const Error& why) {
        return Error{fmt::format("cannot use {}: {}", path.string(), why.text)};
    };
    std::vector<Rule> all;
    Statement rows = database.prepare("SELECT kind, id, text, lifted FROM rule ORDER BY number");
    for (;;) {
        auto more = rows.step();
        if (!more) return refuse(more.error());
        if (!*more) return all;
        auto kind = parse_kind(rows.text(0));
        if (!kind) return refuse(kind.error());
        all.push_back({*kind, rows.text(1), rows.text(2), rows.number(3) != 0});
    }
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
        if (*schema > kSchema)
            return refuse(Error{fmt::format("it has schema {}, this program knows {}; use the program that wrote it",
                                            *schema, kSchema)});
        if (*schema == 0)
            if (auto made = make_tables(); !made) return refuse(made.error());
        auto last = last_of_trail();
        if (!last) return refuse(last.error());
        return Done{};
    }

    Result<std::vector<Rule>> rules() const override { return rules_of(database_, path_); }

    Result<Record> change(const Rule* rule, Record record) override {
        record.number = last_ + 1;
        record.chain = chain_of(record, head_);
        auto written = write(rule, record);
        if (!written)
            return Error{
                fmt::format("cannot write to {}: {}; nothing has changed", path_.string(), written.error().text)};
        last_ = record.number;
        head_ = record.chain;
        return record;
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
    Status refuse(const Error& why) const { return Error{fmt::format("cannot use {}: {}", path_.string(), why.text)}; }

    Result<std::int64_t> number_of(std::string_view sql) const {
        Statement row = database_.prepare(sql);
        auto found = row.step();
        if (!found) return std::move(found).error();
        return *found ? row.number(0) : 0;
    }

    Status make_tables() {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        if (auto made = database_.run(kTables); !made) return made;
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

    Status write(const Rule* rule, const Record& record) {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        if (rule != nullptr) {
            Statement put = database_.prepare(
                "INSERT INTO rule (kind, id, text, lifted) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET text = excluded.text, lifted = excluded.lifted");
            put.bind(rule_kind_to_text(rule->kind)).bind(rule->id).bind(rule->text).bind(rule->lifted ? 1 : 0);
            if (auto done = put.step(); !done) return std::move(done).error();
        }
        Statement append = database_.prepare(
            fmt::format("INSERT INTO audit ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kAuditColumns));
        append.bind(static_cast<std::int64_t>(record.number)).bind(format_time(record.at));
        for (const std::string* field : {&record.actor, &record.action, &record.object, &record.before, &record.after,
                                         &record.requester, &record.ref, &record.note, &record.chain})
            append.bind(*field);
        if (auto done = append.step(); !done) return std::move(done).error();
        return transaction->commit();
    }

    Path path_;
    Database database_;
    std::uint64_t last_ = 0;
    std::string head_ = kNoHead;
};

}  // namespace

Result<std::unique_ptr<State>> State::open(const Path& path) {
    auto database = Database::open(path, Database::Mode::Create);
    if (!database) return std::move(database).error();
    auto state = std::make_unique<SqliteState>(path, std::move(*database));
    if (auto ready = state->prepare(); !ready) return std::move(ready).error();
    return std::unique_ptr<State>(std::move(state));
}

Result<std::vector<Rule>> read_rules(const Path& path) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    return rules_of(*database, path);
}

Status copy_state(const Path& path, const Path& copy) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    Statement into = database->prepare("VACUUM INTO ?");
    if (auto made = into.bind(copy.string()).step(); !made)
        return Error{fmt::format("cannot copy {}: {}", path.string(), made.error().text)};
    return Done{};
}

Result<std::vector<Record>> read_audit(const Path& path, const AuditFilter& filter) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    std::vector<Record> records;
    Statement rows = database->prepare(fmt::format("SELECT {} FROM audit ORDER BY number", kAuditColumns));
    for (;;) {
        auto more = rows.step();
        if (!more) return Error{fmt::format("cannot read {}: {}", path.string(), more.error().text)};
        if (!*more) return records;
        auto record = record_at(rows);
        if (!record) return Error{fmt::format("cannot read {}: {}", path.string(), record.error().text)};
        if (filter.since && record->at < *filter.since) continue;
        if (filter.until && record->at >= *filter.until) continue;
        if (!filter.object.empty() && record->object != filter.object) continue;
        records.push_back(std::move(*record));
    }
}

}  // namespace cenote::state
