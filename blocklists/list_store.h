// SPDX-License-Identifier: Apache-2.0
//
// The files beside a set: the last good copy of each list with what is known of it, and the notes of updates.
//
//   lists/ID.list           text of the last copy that was taken; its modification time is when
//   lists/ID.sha256         digests of that copy and of the one before it, whichever a kill has left, a line each
//   lists/ID.error          why the last copy was refused; absent after a success
//   lists/ID.signed         public key and time of the signature of that copy
//   lists/ID.origin         URL, key, ETag, Last-Modified and time of the last complete download
//   lists/ID.zone           zone as transferred last, as a master file; ID.expired beside it: the zone has expired
//   lists/catalogue.names   names of the catalogue that was taken last
//   SET.changes             one line for each publication: time, actor, action, checksum of the set
//   SET.failed              time and reason of the last failed update; absent after a success
//
// The set itself, its previous version, its delta and its lock are files of domainset/publish.h.
//
// Threads:  pure. One process at a time writes, the holder of the set's lock; any reads.
// Memory:   the last hundred changes at most.
// Failure:  Status with one sentence; a file that cannot be read counts as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blocklists/manifest.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::blocklists {

struct ListStatus {
    std::optional<WallTime> last_good;  // when the copy was taken; nullopt: there is none
    std::string error;                  // of the last update; empty: none
    WallTime failed_at{};               // time of that update, if there is an error
};

enum class SourceKind : std::uint8_t { File, Url, Zone };

class ListStore {
public:
    /// `set`: path of the set.
    explicit ListStore(const Path& set) : folder_(set.parent_path() / "lists") {}

    [[nodiscard]] Path copy_path(std::string_view id) const { return file(id, ".list"); }
    [[nodiscard]] Path error_path(std::string_view id) const { return file(id, ".error"); }
    [[nodiscard]] Path zone_path(std::string_view id) const { return file(id, ".zone"); }
    [[nodiscard]] Path zone_expired_path(std::string_view id) const { return file(id, ".expired"); }
    [[nodiscard]] Path catalogue_names_path() const { return file("catalogue", ".names"); }

    [[nodiscard]] ListStatus status(std::string_view id) const;
    /// Adds to an entry, whose id, path and key are set, what the store has of it: the text of a zone or of a URL, the
    /// last good copy, or the reason why there is no text. A damaged copy is none.
    void complete(Manifest::List& entry, SourceKind kind) const;

    /// Whether the last good copy is not as it was written: a disk or a hand has changed it.
    [[nodiscard]] bool is_damaged(std::string_view id) const;

    /// Replaces the last good copy and removes the error.
    [[nodiscard]] Status keep_copy(std::string_view id, ByteView text) const;
    /// The source still has the text of the copy: the copy counts as taken now.
    [[nodiscard]] Status confirm_copy(std::string_view id) const;
    [[nodiscard]] Status note_error(std::string_view id, const std::string& error) const;
    /// Failing to unlink is harmless: the next update tries again.
    void clear_error(std::string_view id) const;
    [[nodiscard]] Status keep_catalogue_names(const std::string& names) const;

    /// When the last good copy was signed with `key`, in seconds since 1970; 0: unknown.
    [[nodiscard]] std::int64_t signed_since(std::string_view id, std::string_view key) const;
    [[nodiscard]] Status note_signed(std::string_view id, std::string_view key, std::int64_t time) const;
    /// Empty fields: unknown.
    [[nodiscard]] ListOrigin origin(std::string_view id) const;
    [[nodiscard]] Status note_origin(std::string_view id, const ListOrigin& origin) const;

private:
    [[nodiscard]] Path file(std::string_view id, std::string_view ending) const;
    [[nodiscard]] Status write(const Path& path, ByteView content) const;

    Path folder_;
};

/// One publication, so that the audit trail can name the actor of an update that was made while no daemon ran.
struct SetChange {
    WallTime at{};
    std::string actor;
    std::string action;  // "update", "update --force", "update --rollback"
    std::string set;     // domainset::checksum_text()
};

/// The checksum of a set as policy documents and the audit trail have it.
[[nodiscard]] Status note_set_change(const Path& set, const SetChange& change);
/// Oldest first.
[[nodiscard]] std::vector<SetChange> set_changes(const Path& set);

struct UpdateFailure {
    WallTime at{};
    std::string text;
};

/// An update notes at its beginning that it was interrupted, and replaces that at its end: a killed one leaves the
/// note.
[[nodiscard]] Status note_update_begins(const Path& set, WallTime at);
[[nodiscard]] Status note_update_failure(const Path& set, const UpdateFailure& failure);
[[nodiscard]] Status clear_update_failure(const Path& set);
/// nullopt also while an update is running.
[[nodiscard]] std::optional<UpdateFailure> update_failure(const Path& set);

}  // namespace cenote::blocklists
