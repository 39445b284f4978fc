// SPDX-License-Identifier: Apache-2.0
//
// Publishing a set: its lock, a compilation or a delta, the copies of its lists and the notes beside it, in this order.
//
// A Publisher holds the lock of one set from lock() to its end. The set is replaced whole (domainset/publish.h), and
// the copies and notes follow: an update that is killed in between leaves either the old set, or the new one with notes
// of the old one, which the next update replaces. It also removes the temporary files of the killed one, where they
// belong to the same user.
//
// Threads:  one; other processes get an Error from lock().
// Time:     the wall clock, for the notes.
// Memory:   that of a compilation (compile.h) or of an increment (increment.h).
// Failure:  Result; the set is as it was. What fails after the set is replaced is in Published::problems.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blocklists/compile.h"
#include "blocklists/increment.h"
#include "blocklists/list_store.h"
#include "resolver/base/fd.h"

namespace cenote::blocklists {

class Publisher {
public:
    /// For the notes of what is published.
    struct Author {
        std::string actor;
        std::string action;  // "update", "update --force", "update --rollback"
    };
    struct Published {
        CompileReport report;
        std::vector<Error> problems;  // files beside the new set that could not be written
    };

    /// Waits so long for another publisher. The folder of the set must exist.
    static Result<Publisher> lock(const Path& set, Author author, milliseconds patience);

    /// Notes that an update has begun; note_end() replaces the note. `why`: empty after a success.
    [[nodiscard]] Status note_begin() const;
    [[nodiscard]] Status note_end(const std::string& why) const;

    /// Compiles all, keeps the copies of the lists that were taken, and notes the errors of the others.
    [[nodiscard]] Result<Published> publish(const Manifest& manifest, Diagnostics& diagnostics) const;
    /// Publishes a change of one list as a delta of `known`, the set as it is, and gives the changed set. nullopt: all
    /// must be compiled. keep_copy() completes it after the daemon has loaded the set: until then the copy is older
    /// than its list, a sign that the change may not be in force.
    [[nodiscard]] Result<std::optional<domainset::DomainSet>> publish_delta(const domainset::DomainSet& known,
                                                                            const Increment& change,
                                                                            const Manifest& manifest) const;
    [[nodiscard]] Status keep_copy(const std::string& list, ByteView text) const;
    /// Exchanges the set and the previous one; gives what failed afterwards.
    [[nodiscard]] Result<std::vector<Error>> restore_previous() const;

private:
    Publisher(Path set, Author author, UniqueFd lock)
        : set_(std::move(set)), store_(set_), author_(std::move(author)), lock_(std::move(lock)) {}
    [[nodiscard]] Status keep_list(const Manifest::List& list, const ListReport& report, std::size_t bytes_max) const;
    [[nodiscard]] Status note_change(const domainset::DomainSet& set) const;

    Path set_;
    ListStore store_;
    Author author_;
    UniqueFd lock_;
};

}  // namespace cenote::blocklists
