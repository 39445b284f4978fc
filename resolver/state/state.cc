// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/state.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "resolver/sqlite/database.h"
#include "resolver/state/backup.h"
#include "resolver/state/place.h"
#include "resolver/state/rows.h"
#include "resolver/state/schema.h"

namespace cenote::state {
namespace {

Error in_file(const Path& path, const Error& why) {
    return Error{fmt::format("cannot use {}: {}", path.string(), why.text)};
}

Error lost_state(const Path& path, std::string_view what, const Path& trace) {
    return Error{fmt::format("{} is {}, and {} shows that there was one; restore a backup, or remove {} to begin anew",
                             path.string(), what, trace.string(), trace.string())};
}

Result<std::vector<std::pair<std::string, Record>>> history_of(const Database& database) {
    auto own = trail_of(database);
    if (!own) return std::move(own).error();
    auto others = imported_of(database);
    if (!others) return std::move(others).error();
    std::vector<std::pair<std::string, Record>> all;
    for (Record& record : *own) all.emplace_back(std::string(), std::move(record));
    for (auto& other : *others) all.push_back(std::move(other));
    return all;
}

Result<std::vector<std::pair<std::string, Record>>> history_part(const Database& database, const std::string& node,
                                                                 std::uint64_t number, std::size_t limit) {
    std::vector<std::pair<std::string, Record>> part;
    if (node.empty()) {
        auto own = trail_after(database, number, limit);
        if (!own) return std::move(own).error();
        for (Record& record : *own) part.emplace_back(std::string(), std::move(record));
        if (part.size() == limit) return part;
    }
    auto others = imported_after(database, node, node.empty() ? 0 : number, limit - part.size());
    if (!others) return std::move(others).error();
    for (auto& other : *others) part.push_back(std::move(other));
    return part;
}

/// What a file has, for reading.
class SqliteReads : public State {
public:
    SqliteReads(Path path, Database database) : path_(std::move(path)), database_(std::move(database)) {}

    Result<std::vector<Rule>> rules() const override { return with_path(rules_of(database_, "ORDER BY number")); }
    Result<std::vector<Rule>> open_rules() const override {
        return with_path(rules_of(database_,
                                  "WHERE lifted = 0 AND kind <> 'suspension' OR number = (SELECT max(number) FROM rule "
                                  "WHERE kind = 'suspension') ORDER BY number"));
    }
    Result<std::optional<Rule>> rule(const std::string& id) const override {
        auto found = with_path(rules_of(database_, "WHERE id = ?", id));
        if (!found) return std::move(found).error();
        return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
    }
    Result<std::vector<Rule>> exceptions(const std::string& after, std::size_t limit) const override {
        const auto clause = fmt::format(
            "WHERE kind = 'exception' AND number > coalesce((SELECT number FROM rule WHERE id = ?), 0) ORDER BY number "
            "LIMIT {}",
            limit);
        return with_path(rules_of(database_, clause, after));
    }
    Result<std::vector<std::pair<std::string, Record>>> records_of(const std::string& id) const override {
        return with_path(state::records_of(database_, id));
    }
    Result<std::vector<Use>> uses() const override { return with_path(uses_of(database_)); }
    Result<Use> use(const std::string& id) const override { return with_path(use_of(database_, id)); }
    Result<std::optional<PolicyVersion>> policy_at(WallTime at) const override {
        return with_path(policy_of(database_, at));
    }
    Result<std::uint32_t> highest_version() const override {
        const auto highest = number_of(database_, "SELECT max(version) FROM policy");
        if (!highest) return in_file(path_, highest.error());
        return static_cast<std::uint32_t>(*highest);
    }
    Result<std::vector<std::pair<std::string, Record>>> history() const override {
        return with_path(history_of(database_));
    }

    Result<std::vector<std::pair<std::string, Record>>> history_after(const std::string& node, std::uint64_t number,
                                                                      std::size_t limit) const override {
        return with_path(history_part(database_, node, number, limit));
    }
    Result<std::vector<Record>> records_before(std::uint64_t number, Looks looks, std::size_t limit) const override {
        return with_path(state::records_before(database_, number, looks, limit));
    }
    Result<std::vector<Rule>> rules_after(const std::string& after, std::size_t limit) const override {
        const auto clause = fmt::format(
            "WHERE number > coalesce((SELECT number FROM rule WHERE id = ?), 0) ORDER BY number LIMIT {}", limit);
        return with_path(rules_of(database_, clause, after));
    }
    Result<TrailMark> trail_mark() const override { return with_path(trail_mark_of(database_)); }
    Result<std::optional<Record>> last_start_or_stop() const override { return with_path(last_run_of(database_)); }

    Result<std::string> next_id(const std::string& prefix) const override {
        Statement known = database_.prepare("SELECT highest FROM given WHERE prefix = ?");
        auto row = known.bind(prefix).next_row();
        if (!row) return in_file(path_, row.error());
        return fmt::format("{}-{}", prefix, (*row ? known.number(0) : 0) + 1);
    }

    Result<std::optional<StoredConfiguration>> configuration() const override {
        return with_path(configuration_of(database_));
    }

    Result<std::optional<WallTime>> latest_time() const override {
        Statement known = database_.prepare("SELECT at FROM seen");
        auto row = known.next_row();
        if (!row) return in_file(path_, row.error());
        if (!*row) return std::optional<WallTime>();
        return std::optional(WallTime(seconds(known.number(0))));
    }

protected:
    template <typename T>
    Result<T> with_path(Result<T> read) const {
        if (!read) return in_file(path_, read.error());
        return read;
    }

    Path path_;
    Database database_;
};

class SqliteState final : public SqliteReads {
public:
    using SqliteReads::SqliteReads;

    Status prepare(const Path& trace) {
        // FULL: a committed transaction survives a power cut.
        if (auto set = database_.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
            !set)
            return refuse(set.error());
        const auto schema = number_of(database_, "PRAGMA user_version");
        if (!schema) return refuse(schema.error());
        if (*schema == 0 && !trace.empty()) return lost_state(path_, "empty", trace);
        if (auto migrated = migrate(database_); !migrated) return refuse(migrated.error());
        if (auto last = last_of_trail(); !last) return refuse(last.error());
        if (last_ == 0 && !trace.empty()) return lost_state(path_, "without a record", trace);
        if (last_ > 0) leave_trace(path_);
        return Done{};
    }

    Status keep_version(const PolicyVersion& policy) override {
        Statement row = database_.prepare("SELECT 1 FROM policy WHERE version = ?");
        row.bind(std::int64_t{policy.version});
        const auto known = row.next_row();
        if (!known) return with_path(Status(known.error()));
        return *known ? Status(Done{}) : with_path(write_policy(policy));
    }

    Status keep_configuration(const StoredConfiguration& configuration) override {
        const auto known = configuration_of(database_);
        if (known && *known && (*known)->files == configuration.files) return Done{};
        return in_transaction([&] { return put_configuration(database_, configuration); });
    }

    Result<std::vector<Record>> commit(std::vector<Change> changes, const Import& import,
                                       const TrailMark& mark) override {
        std::vector<Record> records;
        auto written = in_transaction([&] {
            for (const Rule& rule : import.rules)
                if (auto put = put_rule(database_, rule); !put) return put;
            for (const auto& [node, other] : import.history)
                if (auto put = put_imported(database_, node, other); !put) return put;
            for (Change& change : changes) {
                if (auto put = put_change(change, change.record); !put) return put;
                records.push_back(std::move(change.record));
            }
            return put_trail_mark(database_, mark);
        });
        if (!written) return std::move(written).error();
        return records;
    }

    Status add_uses(std::span<const Use> uses) override {
        return in_transaction([&] {
            for (const Use& use : uses)
                if (auto added = add_use(database_, use); !added) return added;
            return Status(Done{});
        });
    }

    const std::string& head() const noexcept override { return head_; }

    Status note_time(WallTime at) override {
        return in_transaction([&] { return put_seen(database_, at); });
    }

    Result<Record> set_back_time(Record record) override {
        auto written = in_transaction([&] {
            if (auto forgotten = database_.run("DELETE FROM seen"); !forgotten) return forgotten;
            return append(record);
        });
        if (!written) return std::move(written).error();
        return record;
    }

    Result<Record> restore(const Path& backup, const std::function<void(std::vector<Rule>&)>& adapt,
                           Record record) override {
        auto copy = BackupCopy::of(backup, path_);
        if (!copy) return std::move(copy).error();
        if (last_ > 0)
            if (auto kept = copy_state(path_, free_place_beside(path_)); !kept) return std::move(kept).error();
        auto written = in_transaction([&] {
            auto taken = copy->put_into(database_, adapt);
            if (!taken) return Status(std::move(taken).error());
            record.after = std::move(*taken);
            if (auto last = last_of_trail(); !last) return last;
            return append(record);
        });
        if (!written) return std::move(written).error();
        return record;
    }

private:
    Status refuse(const Error& why) const { return in_file(path_, why); }
    Status last_of_trail() {
        Statement row = database_.prepare("SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1");
        auto found = row.next_row();
        if (!found) return std::move(found).error();
        if (!*found) return Done{};
        last_ = static_cast<std::uint64_t>(row.number(0));
        head_ = row.text(1);
        return Done{};
    }

    /// Runs `write` in a transaction; an Error of it undoes all.
    template <typename Write>
    Status in_transaction(Write write) {
        const std::uint64_t last = last_;
        const std::string head = head_;
        const Status done = commit(write);
        if (done) {
            if (last == 0 && last_ > 0) leave_trace(path_);
            return done;
        }
        last_ = last;
        head_ = head;
        return Error{fmt::format("cannot write to {}: {}; nothing has changed", path_.string(), done.error().text)};
    }

    template <typename Write>
    Status commit(Write write) {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        if (auto written = write(); !written) return written;
        return transaction->commit();
    }

    Status write_policy(const PolicyVersion& policy) {
        auto transaction = Transaction::begin(database_);
        if (!transaction) return std::move(transaction).error();
        if (auto put = put_policy(database_, policy); !put) return put;
        return transaction->commit();
    }

    Status put_change(const Change& change, Record& record) {
        if (auto put = change.rule != nullptr ? put_rule(database_, *change.rule) : Done{}; !put) return put;
        if (auto put = change.policy != nullptr ? put_policy(database_, *change.policy) : Done{}; !put) return put;
        return append(record);
    }

    /// Appends a record to the trail and sets its number and chain.
    Status append(Record& record) {
        record.number = last_ + 1;
        record.chain = chain_of(record, head_);
        if (auto put = put_record(database_, record); !put) return put;
        last_ = record.number;
        head_ = record.chain;
        return Done{};
    }

    std::uint64_t last_ = 0;
    std::string head_ = kNoHead;
};

/// Reads a file that another process may be writing to.
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
    const bool missing = ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
    const Path trace = trace_of(path, missing);
    if (missing) {
        if (!trace.empty()) return lost_state(path, "missing", trace);
        if (auto made = make_file(path, 0640); !made) return std::move(made).error();
    }
    auto database = Database::open(path, Database::Mode::Write);
    if (!database) return std::move(database).error();
    auto state = std::make_unique<SqliteState>(path, std::move(*database));
    if (auto ready = state->prepare(trace); !ready) return std::move(ready).error();
    return std::unique_ptr<State>(std::move(state));
}

Result<std::vector<Record>> State::commit(std::vector<Change> changes, const Import& import) {
    return commit(std::move(changes), import, {});
}

Result<Record> State::change(Change change) {
    std::vector<Change> changes;
    changes.push_back(std::move(change));
    auto written = commit(std::move(changes), {}, {});
    if (!written) return std::move(written).error();
    return std::move(written->front());
}

Result<std::vector<Rule>> read_rules(const Path& path) {
    return read_with<std::vector<Rule>>(path,
                                        [](const Database& database) { return rules_of(database, "ORDER BY number"); });
}

Result<std::vector<Use>> read_uses(const Path& path) { return read_with<std::vector<Use>>(path, uses_of); }

Result<std::vector<std::pair<std::string, Record>>> read_history(const Path& path) {
    return read_with<std::vector<std::pair<std::string, Record>>>(path, history_of);
}

Result<std::optional<PolicyVersion>> read_policy_at(const Path& path, WallTime at) {
    return read_with<std::optional<PolicyVersion>>(path,
                                                   [at](const Database& database) { return policy_of(database, at); });
}

Result<std::vector<Record>> read_audit(const Path& path) { return read_with<std::vector<Record>>(path, trail_of); }

}  // namespace cenote::state
