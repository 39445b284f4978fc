// SPDX-License-Identifier: Apache-2.0
//
// What must survive: the rules that were made at the command line, and the trail of who changed what, in one SQLite
// file. Control plane.
//
// A rule is kept as the document it would be in a file (TOML), so that it is read, checked and shown like one from a
// file. Each change writes the rule and its record in one transaction, which is on disk when the call returns (WAL,
// synchronous FULL). Records are chained: each holds the SHA-256 of the one before it and of its own fields.
//
// Threads:  one: the daemon is the only writer. copy_state() and read_audit() may be any process's.
// Time:     the caller passes it.
// Memory:   what is asked for.
// Failure:  Result with one line; a change that fails has changed nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::state {

enum class RuleKind : std::uint8_t { Directive, Allow, Suspension };

/// A rule as the command line made it.
struct Rule {
    RuleKind kind = RuleKind::Directive;
    std::string id;       // never used again, by nobody
    std::string text;     // TOML: one [[directive]], one [[allow]]; of a suspension its end
    bool lifted = false;  // kept for the record, in force no more
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
    std::string chain;  // hexadecimal SHA-256
};

/// Before the first record.
inline constexpr const char* kNoHead = "0000000000000000000000000000000000000000000000000000000000000000";

class State {
public:
    /// Makes the file, or brings one of an earlier schema up to date. A file that is damaged or of a later schema is
    /// refused and left as it is.
    static Result<std::unique_ptr<State>> open(const Path& path);
    virtual ~State() = default;

    /// All of them, in the order in which they were made.
    [[nodiscard]] virtual Result<std::vector<Rule>> rules() const = 0;
    /// `rule` new or changed, if there is one, and `record` (its number and chain are given here), both or neither.
    virtual Result<Record> change(const Rule* rule, Record record) = 0;
    /// The chain of the last record.
    [[nodiscard]] virtual const std::string& head() const noexcept = 0;
    /// "dns1-1", "dns1-2", …: the next id of this prefix.
    [[nodiscard]] virtual Result<std::string> next_id(const std::string& prefix) const = 0;
};

struct AuditFilter {
    std::optional<WallTime> since;
    std::optional<WallTime> until;
    std::string object;  // empty: all
};

/// The rules as a file has them.
Result<std::vector<Rule>> read_rules(const Path& path);

/// A copy of the file as it is at one moment, though the daemon may be writing to it. `copy` must not exist.
Status copy_state(const Path& path, const Path& copy);

/// The trail as a file has it.
Result<std::vector<Record>> read_audit(const Path& path, const AuditFilter& filter);

/// What is wrong with the chain; empty when nothing is. With `head`, that hash must be the chain of one of the records:
/// a trail that was cut, or written anew as a whole, does not have it.
[[nodiscard]] std::vector<std::string> find_breaks(std::span<const Record> all, const std::string& head);

/// The chain of a record behind one whose chain is `before`.
[[nodiscard]] std::string chain_of(const Record& record, const std::string& before);

[[nodiscard]] std::string_view rule_kind_to_text(RuleKind kind) noexcept;

}  // namespace cenote::state
