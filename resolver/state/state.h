// SPDX-License-Identifier: Apache-2.0
//
// What must survive: the rules and exceptions that were made at the command line, the trail of who changed what, and
// every policy that was in force, in one SQLite file. Control plane.
//
// A rule is kept as the document it would be in a file (TOML), so that it is read, checked and shown like one from a
// file. Each change writes the rule and its record in one transaction, which is on disk when the call returns (WAL,
// synchronous FULL). Records are chained: each holds the SHA-256 of the one before it and of its own fields, among
// which is the digest of the policy that the change brought about; that policy is kept whole.
//
// The trail of a file only grows: a restore adds to it, and what a backup's trail has that this one has not is kept
// beside it, named by its head in the record of the restore.
//
// Beside the file stands "….made" from the first record on, so that a file that is missing or empty later is an error
// and not a beginning.
//
// Threads:  one: the daemon is the only writer. copy_state() and read_audit() may be any process's.
// Time:     the caller passes it; the latest that was passed is kept.
// Memory:   what is asked for.
// Failure:  Result with one line; a change that fails has changed nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::state {

enum class RuleKind : std::uint8_t { Directive, Allow, Suspension, Exception };

/// A rule as the command line made it.
struct Rule {
    RuleKind kind = RuleKind::Directive;
    std::string id;       // never used again
    std::string text;     // TOML: one [[directive]], [[allow]] or [[exception]]; of a suspension its end
    bool lifted = false;  // kept for the record, in force no more

    friend bool operator==(const Rule&, const Rule&) = default;
};

/// One record of the trail. Every field is text for people.
struct Record {
    std::uint64_t number = 0;  // 1 for the first
    WallTime at{};
    std::string actor;   // who did it, as the kernel says
    std::string action;  // "directive add", "reload", …
    std::string object;  // the id it was done to
    std::string before;
    std::string after;
    std::string requester;  // who asked for it, a reference, why: as the actor says
    std::string ref;
    std::string note;
    std::string policy;  // "version 17 digest …": what was in force behind it; empty: as before
    std::string chain;   // hexadecimal SHA-256
};

/// A policy as it was in force, whole.
struct PolicyVersion {
    std::uint32_t version = 0;
    WallTime at{};       // from then on
    std::string digest;  // hexadecimal SHA-256 of the text
    std::string text;
};

/// How much an exception was used.
struct Use {
    std::string id;
    std::uint64_t queries = 0;
    std::optional<WallTime> first;
    std::optional<WallTime> last;
};

/// What goes into the file together. `record` gets its number and chain there. A known id keeps its kind.
struct Change {
    const Rule* rule = nullptr;             // new or changed
    const PolicyVersion* policy = nullptr;  // in force from now on
    Record record;
};

/// Rules of another node with their history.
struct Import {
    std::vector<Rule> rules;
    std::vector<std::pair<std::string, Record>> history;  // node, record: as numbered there
};

/// Before the first record.
inline constexpr const char* kNoHead = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a state file holds, for reading.
class StateReader {
public:
    virtual ~StateReader() = default;

    /// All of them, in the order in which they were made.
    [[nodiscard]] virtual Result<std::vector<Rule>> rules() const = 0;
    /// Those that something may still come of: not lifted, not closed; of suspensions the last.
    [[nodiscard]] virtual Result<std::vector<Rule>> open_rules() const = 0;
    [[nodiscard]] virtual Result<std::optional<Rule>> rule(const std::string& id) const = 0;
    /// At most `limit` exceptions, open or closed, that were made behind the one with the id `after`; empty: the first.
    [[nodiscard]] virtual Result<std::vector<Rule>> exceptions(const std::string& after, std::size_t limit) const = 0;
    /// How many records there are about an id, of this node and of others.
    [[nodiscard]] virtual Result<std::size_t> records_about(const std::string& id) const = 0;
    [[nodiscard]] virtual Result<std::vector<Use>> uses() const = 0;
    [[nodiscard]] virtual Result<Use> use(const std::string& id) const = 0;
    /// The one in force at a time; nullopt: none is known that early.
    [[nodiscard]] virtual Result<std::optional<PolicyVersion>> policy_at(WallTime at) const = 0;
    /// The highest version of a policy that was in force here; 0: none was.
    [[nodiscard]] virtual Result<std::uint32_t> highest_version() const = 0;
    /// All records with the node they were written on: "" is this one, others were imported.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, Record>>> history() const = 0;
    /// "dns1-1", "dns1-2", …: the next id of this prefix, above every one that was ever given out or imported here.
    [[nodiscard]] virtual Result<std::string> next_id(const std::string& prefix) const = 0;
    /// The latest time that was passed to this file; nullopt: none.
    [[nodiscard]] virtual Result<std::optional<WallTime>> latest_time() const = 0;
};

class State : public StateReader {
public:
    /// Makes the file (mode 0640; by root: of the folder's owner), or brings one of an earlier schema up to date. A
    /// file that is damaged or of a later schema is refused and left as it is, and so is one that is missing or empty
    /// where one was made before.
    static Result<std::unique_ptr<State>> open(const Path& path);

    /// The chain of the last record.
    [[nodiscard]] virtual const std::string& head() const noexcept = 0;
    /// The changes in their order and what came from another node, all of it or nothing. Returns the records as they
    /// were written. What is known of an import already is left as it is.
    virtual Result<std::vector<Record>> commit(std::vector<Change> changes, const Import& import) = 0;
    /// commit() of one change.
    Result<Record> change(Change change);
    /// Adds to what is known of each.
    virtual Status add_uses(std::span<const Use> uses) = 0;
    /// A policy that came into force without a record: its edge in the calendar, or a start. What is known of this
    /// version already stays.
    virtual Status keep_version(const PolicyVersion& policy) = 0;
    virtual Status note_time(WallTime at) = 0;
    /// Takes `record`'s time for the latest, though a later one was passed.
    virtual Result<Record> set_back_time(Record record) = 0;
    /// The rules of a backup in the place of these, in one transaction. `adapt` may change them. The backup must have
    /// the tables that this program makes and nothing else, and its trail must be whole. Its use, policies and records
    /// come in beside what is here. `record` is written behind the trail; what was here before stays beside the file as
    /// "….before-restore", "….before-restore.2", ….
    virtual Result<Record> restore(const Path& backup, const std::function<void(std::vector<Rule>&)>& adapt,
                                   Record record) = 0;
};

/// A reader in the place of a state that cannot be opened: every function fails with `why`.
[[nodiscard]] std::unique_ptr<const StateReader> unusable_state(std::string why);

/// The same as a file has it, without the daemon.
Result<std::vector<Rule>> read_rules(const Path& path);
Result<std::vector<Use>> read_uses(const Path& path);
Result<std::vector<std::pair<std::string, Record>>> read_history(const Path& path);
Result<std::optional<PolicyVersion>> read_policy_at(const Path& path, WallTime at);

/// A copy of the file as it is at one moment, though the daemon may be writing to it: of mode 0600, this process's own.
/// `copy` must not exist.
Status copy_state(const Path& path, const Path& copy);

/// State::restore() without the daemon; also where the file is missing or cannot be used. A kill at any time leaves
/// what was there or what is wanted.
Result<Record> restore_state(const Path& backup, const Path& path, const std::function<void(std::vector<Rule>&)>& adapt,
                             Record record);

/// The trail as a file has it.
Result<std::vector<Record>> read_audit(const Path& path);

/// The node of records that a restored backup brought in, by the head of its trail.
[[nodiscard]] std::string backup_node(const std::string& head);
/// Whether records of this node are those of a restored backup.
[[nodiscard]] bool is_backup_node(std::string_view node) noexcept;

/// What is wrong with the chain; empty when nothing is. With `head`, that hash must be the chain of one of the records:
/// a trail that was cut, or written anew as a whole, does not have it.
[[nodiscard]] std::vector<std::string> find_breaks(std::span<const Record> all, const std::string& head);
/// The same of all records of a file: its own, and the trails of backups, which records of its own must name.
[[nodiscard]] std::vector<std::string> find_breaks(std::span<const std::pair<std::string, Record>> history,
                                                   const std::string& head);

/// The chain of a record behind one whose chain is `before`.
[[nodiscard]] std::string chain_of(const Record& record, const std::string& before);

[[nodiscard]] std::string_view rule_kind_to_text(RuleKind kind) noexcept;

}  // namespace cenote::state
