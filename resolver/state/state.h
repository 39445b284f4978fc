// SPDX-License-Identifier: Apache-2.0
//
// The state file: the rules and exceptions that were made at the command line, the audit trail, every policy that was
// in force, and the files of the last configuration that was, in one SQLite database. Control plane.
//
// A rule is kept as the document that it would be in a file (TOML), so that it is read, checked and shown like a rule
// from a file. Each change writes the rule and its record in one transaction, which is on the disk when the call
// returns (WAL, synchronous FULL). Records are chained: each holds the SHA-256 of the record before it and of its own
// fields, among which is the digest of the policy that the change brought into force; that policy is kept whole.
//
// The trail of a file only grows: a restore appends to it. Where a backup has another trail, its records are kept
// beside this one, under a name that the record of the restore contains.
//
// From the first record on there is a file "….made" beside the state file, so that a state file that is missing or
// empty later is an error, and not a first start.
//
// Threads:  one: the daemon is the only writer. The free functions that read may be called by any process.
// Time:     an argument; the latest one is kept.
// Memory:   the rows that a function returns.
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
#include "resolver/base/sentence.h"

namespace cenote::state {

enum class RuleKind : std::uint8_t { Directive, Allow, Suspension, Exception };

/// A rule as the command line made it.
struct Rule {
    RuleKind kind = RuleKind::Directive;
    std::string id;       // never used again
    std::string text;     // TOML: one [[directive]], [[allow]] or [[exception]]; a suspension: its end
    bool lifted = false;  // kept for the record, no longer in force

    friend bool operator==(const Rule&, const Rule&) = default;
};

/// One record of the audit trail. Every field is text for people.
struct Record {
    std::uint64_t number = 0;  // 1 for the first
    WallTime at{};
    std::string actor;   // the user who did it, by the kernel's credentials
    std::string action;  // "directive add", "reload", …
    std::string object;  // the id of the rule, or a path
    std::string before;
    std::string after;
    std::string requester;  // requester, reference and reason, as the actor gave them
    std::string ref;
    std::string note;
    std::string policy;  // "version 17 digest …": the policy that it brought into force; empty: none
    std::string chain;   // hexadecimal SHA-256
};

/// A policy that was in force, whole.
struct PolicyVersion {
    std::uint32_t version = 0;
    WallTime at{};       // when it came into force
    std::string digest;  // hexadecimal SHA-256 of the text
    std::string text;
};

/// A file of a configuration, as it was when the configuration came into force.
struct ConfigurationFile {
    std::string path;
    std::string text;

    friend bool operator==(const ConfigurationFile&, const ConfigurationFile&) = default;
};

/// The files of the last configuration that was in force.
struct StoredConfiguration {
    WallTime at{};  // when it was read
    std::vector<ConfigurationFile> files;
};

/// How much an exception was used.
struct Use {
    std::string id;
    std::uint64_t queries = 0;
    std::optional<WallTime> first;
    std::optional<WallTime> last;
};

/// What is written together. `record` gets its number and chain then. A rule whose id is there already keeps its kind.
struct Change {
    const Rule* rule = nullptr;             // new or changed; nullptr: none
    const PolicyVersion* policy = nullptr;  // in force from now on; nullptr: as before
    Record record;
};

/// A part of the policy as the trail has recorded it last: a table of its files, or a rule of the command line.
struct TrailDocument {
    std::string kind;
    std::string id;
    std::string text;  // in a change: empty where it is gone

    friend bool operator==(const TrailDocument&, const TrailDocument&) = default;
};

/// How far the trail has recorded the policy. In a change: what is new since.
struct TrailMark {
    std::optional<WallTime> at;  // edges of the calendar up to here have their records; nullopt: nothing was recorded
    std::vector<TrailDocument> documents;
};

/// Rules of another node with their history.
struct Import {
    std::vector<Rule> rules;
    std::vector<std::pair<std::string, Record>> history;  // node, record: as numbered there
};

/// The chain before the first record.
inline constexpr const char* kNoHead = "0000000000000000000000000000000000000000000000000000000000000000";

/// The action of the record of a look at clients or single queries.
inline constexpr std::string_view kLookAction = "look";
/// Which records: all, those of looks, or all others.
enum class Looks : std::uint8_t { With, Only, Without };

/// What a state file holds, for reading.
class StateReader {
public:
    virtual ~StateReader() = default;

    /// All rules, in the order in which they were made.
    [[nodiscard]] virtual Result<std::vector<Rule>> rules() const = 0;
    /// Rules that may still have an effect: not lifted, not closed; and the last suspension.
    [[nodiscard]] virtual Result<std::vector<Rule>> open_rules() const = 0;
    [[nodiscard]] virtual Result<std::optional<Rule>> rule(const std::string& id) const = 0;
    /// At most `limit` exceptions, open or closed, that were made after the one with the id `after`; empty: the first.
    [[nodiscard]] virtual Result<std::vector<Rule>> exceptions(const std::string& after, std::size_t limit) const = 0;
    /// The records about an id, the earliest first, each with its node as in history(). Those of backups are left out.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, Record>>> records_of(
        const std::string& id) const = 0;
    [[nodiscard]] virtual Result<std::vector<Use>> uses() const = 0;
    [[nodiscard]] virtual Result<Use> use(const std::string& id) const = 0;
    /// The policy in force at a time; nullopt: none is known that early.
    [[nodiscard]] virtual Result<std::optional<PolicyVersion>> policy_at(WallTime at) const = 0;
    /// The highest version that was in force here; 0: none was.
    [[nodiscard]] virtual Result<std::uint32_t> highest_version() const = 0;
    /// All records, each with the node on which it was written: "" is this one, others were imported.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, Record>>> history() const = 0;
    /// At most `limit` records of history() behind the one with this node and number; "" and 0: the first.
    [[nodiscard]] virtual Result<std::vector<std::pair<std::string, Record>>> history_after(
        const std::string& node, std::uint64_t number, std::size_t limit) const = 0;
    /// The last `limit` records of this node before the one with this number, the newest first.
    [[nodiscard]] virtual Result<std::vector<Record>> records_before(std::uint64_t number, Looks looks,
                                                                     std::size_t limit) const = 0;
    /// At most `limit` rules, open or closed, that were made after the one with the id `after`; empty: the first.
    [[nodiscard]] virtual Result<std::vector<Rule>> rules_after(const std::string& after, std::size_t limit) const = 0;
    [[nodiscard]] virtual Result<TrailMark> trail_mark() const = 0;
    /// The last record of a start or a stop of the daemon.
    [[nodiscard]] virtual Result<std::optional<Record>> last_start_or_stop() const = 0;
    /// "dns1-1", "dns1-2", …: the next id of this prefix, above every one that was ever given out or imported here.
    [[nodiscard]] virtual Result<std::string> next_id(const std::string& prefix) const = 0;
    /// The last configuration that was in force here; nullopt: none is known.
    [[nodiscard]] virtual Result<std::optional<StoredConfiguration>> configuration() const = 0;
    /// The latest time that was passed; nullopt: none.
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
    /// Writes the changes in their order, what came from another node, and how far the policy is recorded: all of it or
    /// nothing. Returns the records as they were written. Imported records that are there already stay as they are.
    virtual Result<std::vector<Record>> commit(std::vector<Change> changes, const Import& import,
                                               const TrailMark& mark) = 0;
    Result<std::vector<Record>> commit(std::vector<Change> changes, const Import& import);
    /// commit() of one change.
    Result<Record> change(Change change);
    /// Adds to the numbers of each exception.
    virtual Status add_uses(std::span<const Use> uses) = 0;
    /// Keeps a policy that came into force without a record: at an edge of the calendar, or at a start. A version that
    /// is there already stays as it is.
    virtual Status keep_version(const PolicyVersion& policy) = 0;
    /// Keeps the files of a configuration in the place of the ones before, where they differ.
    virtual Status keep_configuration(const StoredConfiguration& configuration) = 0;
    virtual Status note_time(WallTime at) = 0;
    /// Makes the time of `record` the latest, though a later one was passed.
    virtual Result<Record> set_back_time(Record record) = 0;
    /// Puts the rules of a backup in the place of the rules here, in one transaction. `adapt` may change them first.
    /// The backup must have the tables that this program makes and nothing else, and its trail must be whole. Its uses,
    /// policies and records are added to those here. `record` is appended to the trail; a copy of the file as it was
    /// stays beside it as "….before-restore", "….before-restore.2", ….
    virtual Result<Record> restore(const Path& backup, const std::function<void(std::vector<Rule>&)>& adapt,
                                   Record record) = 0;
};

/// A reader in the place of a state that cannot be opened: every function fails with `why`.
[[nodiscard]] std::unique_ptr<const StateReader> unusable_state(std::string why);

/// The same, read from a file without the daemon.
Result<std::vector<Rule>> read_rules(const Path& path);
Result<std::vector<Use>> read_uses(const Path& path);
Result<std::vector<std::pair<std::string, Record>>> read_history(const Path& path);
Result<std::optional<PolicyVersion>> read_policy_at(const Path& path, WallTime at);

/// Copies the file as it is at one moment, though the daemon may be writing to it. The copy has mode 0600 and belongs
/// to this process's user; it must not exist before.
Status copy_state(const Path& path, const Path& copy);

/// Such a copy as an open file without a name, for reading.
Result<UniqueFd> copy_without_name(const Path& path);

/// State::restore() without the daemon, also where the file is missing or cannot be used. A kill at any time leaves the
/// file from before or the restored one.
Result<Record> restore_state(const Path& backup, const Path& path, const std::function<void(std::vector<Rule>&)>& adapt,
                             Record record);

/// The trail of a file.
Result<std::vector<Record>> read_audit(const Path& path);

/// The name in the place of the node for records of a restored backup, by the head of its trail.
[[nodiscard]] std::string backup_node(const std::string& head);
/// Whether a node is such a name.
[[nodiscard]] bool is_backup_node(std::string_view node) noexcept;

/// The breaks in a chain, each as a sentence; empty: it is whole. `head`, where it is given, must be the chain of one
/// of the records: a trail that was cut, or written anew as a whole, does not have it.
[[nodiscard]] std::vector<std::string> find_breaks(std::span<const Record> all, const std::string& head);
/// The same for all records of a file: its own, and the trails of backups, which its own records must name.
[[nodiscard]] std::vector<std::string> find_breaks(std::span<const std::pair<std::string, Record>> history,
                                                   const std::string& head);

/// The same by kinds and values, with their words: "break.KIND".
[[nodiscard]] std::vector<Sentence> break_sentences(std::span<const std::pair<std::string, Record>> history,
                                                    const std::string& head);
[[nodiscard]] std::span<const Phrase> break_phrases() noexcept;

/// The chain of a record that follows one with the chain `before`.
[[nodiscard]] std::string chain_of(const Record& record, const std::string& before);

[[nodiscard]] std::string_view rule_kind_to_text(RuleKind kind) noexcept;

}  // namespace cenote::state
