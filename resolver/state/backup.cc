// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/backup.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "resolver/state/place.h"
#include "resolver/state/rows.h"
#include "resolver/state/schema.h"

namespace cenote::state {
namespace {

constexpr std::int64_t kIdsSkipped =
    1000;  // at most so many ids were given out between the backup and the loss of the disk

Error no_backup(const Path& path, const Error& why) {
    return Error{fmt::format("cannot use {} as a backup: {}; nothing has changed", path.string(), why.text)};
}

/// How many records two trails have in common, from the first on.
std::size_t common_length(const std::vector<Record>& a, const std::vector<Record>& b) {
    const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(),
                                            [](const Record& x, const Record& y) { return x.chain == y.chain; });
    static_cast<void>(in_b);
    return static_cast<std::size_t>(in_a - a.begin());
}

/// Copies the rows of `from` into the same table of `into`, but for those that are there already.
Status copy_rows(const Database& from, const Database& into, std::string_view table, std::string_view columns) {
    return each_row(from.prepare(fmt::format("SELECT {} FROM {}", columns, table)), [&](const Statement& row) {
        const auto count = std::count(columns.begin(), columns.end(), ',') + 1;
        std::string places = "?";
        for (auto i = count; i > 1; --i) places += ", ?";
        Statement put = into.prepare(fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})", table, columns, places));
        for (int i = 0; i < count; ++i) row.is_number(i) ? put.bind(row.number(i)) : put.bind(row.text(i));
        auto done = put.next_row();
        return done ? Status(Done{}) : Status(std::move(done).error());
    });
}

}  // namespace

Status copy_state(const Path& path, const Path& copy) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    if (auto made = make_file(copy, 0600); !made) return made;
    Statement into = database->prepare("VACUUM INTO ?");
    const auto written = into.bind(copy.string()).next_row();
    const auto synced = written ? sync_file(copy) : Status(written.error());
    if (synced) return Done{};
    remove_all_pieces(copy);
    return Error{fmt::format("cannot copy {}: {}", path.string(), synced.error().text)};
}

Result<UniqueFd> copy_without_name(const Path& path) {
    const Path copy = with_ending(path, ".leaving");
    remove_all_pieces(copy);  // of a process that was killed at this point
    if (auto copied = copy_state(path, copy); !copied) return std::move(copied).error();
    UniqueFd fd(::open(copy.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    const int reason = errno;
    remove_all_pieces(copy);
    if (!fd.valid()) return Error{fmt::format("cannot read {}: {}", copy.string(), std::strerror(reason))};
    return fd;
}

Result<BackupCopy> BackupCopy::of(const Path& backup, const Path& state) {
    {
        const auto there = Database::open(backup, Database::Mode::ReadOnly);
        if (!there) return there.error();
        if (auto own = require_own_schema(*there); !own) return no_backup(backup, own.error());
    }
    const Path path = with_ending(state, ".restoring");
    remove_all_pieces(path);
    if (auto copied = copy_state(backup, path); !copied) return std::move(copied).error();
    auto opened = Database::open(path, Database::Mode::Write);
    if (!opened) return std::move(opened).error();
    BackupCopy copy(path, std::move(*opened));
    if (auto own = require_own_schema(copy.database_); !own) return no_backup(backup, own.error());
    if (auto migrated = migrate(copy.database_); !migrated) return no_backup(backup, migrated.error());
    const auto history = imported_of(copy.database_);
    const auto trail = trail_of(copy.database_);
    if (!history) return no_backup(backup, history.error());
    if (!trail) return no_backup(backup, trail.error());
    if (const auto breaks = find_breaks(*trail, {}); !breaks.empty())
        return Error{
            fmt::format("the audit trail of the backup is not whole: {}; nothing has changed", breaks.front())};
    return copy;
}

BackupCopy::BackupCopy(BackupCopy&& other) noexcept
    : path_(std::exchange(other.path_, Path())), database_(std::move(other.database_)) {}

BackupCopy::~BackupCopy() {
    if (!path_.empty()) remove_all_pieces(path_);
}

Result<std::string> BackupCopy::put_into(const Database& into,
                                         const std::function<void(std::vector<Rule>&)>& adapt) const {
    auto rules = rules_of(database_, "ORDER BY number");
    if (!rules) return std::move(rules).error();
    adapt(*rules);
    if (auto emptied = into.run("DELETE FROM rule"); !emptied) return std::move(emptied).error();
    for (const Rule& rule : *rules)
        if (auto put = put_rule(into, rule); !put) return std::move(put).error();
    if (auto put = put_rest(into); !put) return std::move(put).error();
    return put_trail(into);
}

Status BackupCopy::put_rest(const Database& into) const {
    for (const auto& [table, columns] :
         {std::pair("policy_text", "digest, text"),
          {"policy", "version, at, digest"},
          {"exception_use", "id, queries, first, last"},
          {"imported", "node, number, at, actor, action, object, before, after, requester, ref, note, policy, chain"}})
        if (auto copied = copy_rows(database_, into, table, columns); !copied) return copied;
    const auto latest = number_of(database_, "SELECT at FROM seen");
    if (!latest) return latest.error();
    if (*latest != 0)
        if (auto put = put_seen(into, WallTime(seconds(*latest))); !put) return put;
    return each_row(database_.prepare("SELECT prefix, highest FROM given"), [&](const Statement& row) {
        return note_issued_id(into, fmt::format("{}-{}", row.text(0), row.number(1)));
    });
}

/// The trail of this file stays. Where it is the beginning of the backup's trail, the rest of that is appended; else
/// the backup's trail is kept beside it. Either way ids continue further up: more of them may have been given out than
/// the two files contain.
Result<std::string> BackupCopy::put_trail(const Database& into) const {
    const auto here = trail_of(into);
    const auto there = trail_of(database_);
    if (!here) return here.error();
    if (!there) return there.error();
    const std::string head = there->empty() ? kNoHead : there->back().chain;
    std::string summary = fmt::format("backup of {} records, head {}", there->size(), head);
    const std::size_t common = common_length(*here, *there);
    if (common == there->size()) return summary;
    if (common == here->size()) {
        for (std::size_t i = common; i < there->size(); ++i)
            if (auto put = put_record(into, (*there)[i]); !put) return std::move(put).error();
    } else {
        for (const Record& record : *there)
            if (auto put = put_imported(into, backup_node(head), record); !put) return std::move(put).error();
        summary += fmt::format("{}{}", kKeptAs, backup_node(head));
    }
    if (auto raised = into.run(fmt::format("UPDATE given SET highest = highest + {}", kIdsSkipped).c_str()); !raised)
        return std::move(raised).error();
    return summary;
}

}  // namespace cenote::state
