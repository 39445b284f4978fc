// SPDX-License-Identifier: Apache-2.0
//
// The compiled set of all services and lists: "which tag-set holds for this name", answered from one
// read-only file (docs/DOMAINSET_FORMAT.md).
//
// A tag says whose entry it is: a service's in some role, or a list's. A tag-set is all tags that hold for a
// name, inheritance included, so the deepest entry that matches is the whole answer. Names are compared in
// full: there are no false positives.
//
// A small file, the delta, may stand beside the large one (delta_path(), written by delta.h): where it knows a
// name, the large one is not asked. To whoever looks the two are one set.
//
// Threads:  built or opened once, then read by any thread. match() is data plane, the rest control plane.
// Memory:   the mapping (shared between processes) and a few kilobytes of source descriptions.
// Failure:  open() checks everything that a hostile file could get wrong and refuses it with one line; after
//           that nothing can fail. A mapped file must never be changed in place: publish a new one.
//           open_unread() leaves the reading of all names to check(), for a start that shall not wait for it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/digest.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/wire/name.h"

namespace cenote::domainset {

using TagSetId = std::uint32_t;

enum class SourceKind : std::uint8_t { Service = 0, List = 1, Names = 2 };  // Names: single names that policy brings
enum class Role : std::uint8_t { Web = 0, App, Api, Sdk, Cdn, Login, Telemetry };
inline constexpr std::size_t kRoleCount = 7;
enum class MatchKind : std::uint8_t { Exact, Suffix, Below };  // the name; and all below it; only what is below it

/// What the set knows of a service or list.
struct Source {
    SourceKind kind = SourceKind::List;
    bool by_default = true;     // false: a strict service, off in wildcards
    std::uint32_t entries = 0;  // names it brought
    Sha256Digest digest{};      // of the text it was compiled from
    std::string id;
    std::string name;
    std::string vendor;
    std::string jurisdiction;  // ISO 3166-1 alpha-2
    std::string format;        // of a list, as detected
    std::vector<std::string> aliases;
    std::vector<std::string> categories;
    std::vector<std::string> shared_names;  // never sinkholed
    std::string note;
};

struct Tag {
    std::uint32_t source = 0;  // index into sources()
    Role role = Role::Web;
    bool strict = false;  // a strict host of a service

    friend auto operator<=>(const Tag&, const Tag&) noexcept = default;
};

struct Hit {
    TagSetId tags = 0;
    std::uint8_t labels = 0;  // of the deepest entry that matches
    bool exact = false;       // that entry is the name asked itself
};

/// The hashes of all suffixes of a name, by their number of labels. Sets with the same seed share them.
using NameHashes = std::array<std::uint64_t, wire::Name::kLabelsMax + 1>;

struct SetInfo {
    std::uint64_t seed = 0;  // of the hash
    std::uint64_t domains = 0;
    std::uint64_t bytes = 0;
    std::chrono::sys_seconds built_at{};
    std::uint32_t services = 0;
    std::uint32_t lists = 0;
    std::uint64_t checksum = 0;  // of the header, which holds those of all sections: tells sets apart
    std::uint64_t delta = 0;     // names in the small file beside it; domains, bytes and checksum are of both
    Sha256Digest digest{};       // of the whole large file; zero after open_unread(), or where `known` had it open
};

/// One name of a set, for export and comparison.
struct Entry {
    wire::Name name;
    TagSetId own = 0;               // holds at the name itself
    std::optional<TagSetId> below;  // holds below it; nullopt: what holds above it goes on
};

/// Hit::labels counts the labels of the entry that gave the tags: an entry that says nothing about the names below it
/// (a single host) is stepped over when one of those is asked.
class DomainSet {
public:
    /// `known`: a checked set; a file that it has open already is shared and not read again.
    static Result<DomainSet> open(const Path& path, const DomainSet* known = nullptr);
    /// Checksums and descriptions only: any damage is found. Of a file that was made to deceive, lookups may give wrong
    /// answers until check() has refused it.
    static Result<DomainSet> open_unread(const Path& path, const DomainSet* known = nullptr);
    /// open_unread() without the delta beside it.
    static Result<DomainSet> open_alone(const Path& path, const DomainSet* known = nullptr);
    [[nodiscard]] Status check() const;
    /// The same checks on bytes in memory, which the set then owns (overlays, tests, fuzzing).
    static Result<DomainSet> from_bytes(std::vector<std::uint8_t> bytes);
    /// This set's large file, shared, with this delta beside it instead of its own.
    [[nodiscard]] Result<DomainSet> with_delta(std::vector<std::uint8_t> bytes) const;
    DomainSet(DomainSet&&) noexcept;
    DomainSet& operator=(DomainSet&&) noexcept;
    ~DomainSet();

    [[nodiscard]] std::optional<Hit> match(const wire::Name& name) const noexcept;

    /// The same in steps, for whoever has several names at hand and takes each step for all of them: what one of them
    /// waits for in memory comes while the others have their turn. prefetch_record() may be left out.
    void hash(const wire::Name& name, NameHashes& hashes) const noexcept;
    void prefetch_groups(const wire::Name& name, const NameHashes& hashes) const noexcept;
    void prefetch_record(const wire::Name& name, const NameHashes& hashes) const noexcept;
    [[nodiscard]] std::optional<Hit> match(const wire::Name& name, const NameHashes& hashes) const noexcept;

    /// What holds for the names below the suffix of so many labels that are no entries themselves. Control plane.
    [[nodiscard]] std::optional<Hit> match_below(const wire::Name& name, std::uint8_t labels) const noexcept;
    /// Whether for some names nothing holds: what their lists except.
    [[nodiscard]] bool has_exceptions() const noexcept;
    /// Every name, in no order that means anything. Control plane.
    void for_each(const std::function<void(const Entry&)>& visit) const;

    /// Tag-set 0 is the empty one; a Hit never has it.
    [[nodiscard]] std::uint32_t tag_set_count() const noexcept;
    /// Indices into tags(), ascending.
    [[nodiscard]] std::vector<std::uint32_t> tag_set(TagSetId id) const;
    [[nodiscard]] const std::vector<Tag>& tags() const noexcept;
    [[nodiscard]] const std::vector<Source>& sources() const noexcept;
    [[nodiscard]] const SetInfo& info() const noexcept;

private:
    friend class DeltaWriter;
    struct State;
    explicit DomainSet(std::unique_ptr<State> state) noexcept;
    [[nodiscard]] Status check_delta() const;
    std::unique_ptr<State> state_;
};

/// `path` with ".previous" behind it: where publish_set() keeps the set that was there before.
[[nodiscard]] Path previous_path(const Path& path);
/// Where the delta of the set at `path`, or at its previous_path(), is: the set's checksum is in the name.
[[nodiscard]] Path delta_path(const Path& path, std::uint64_t checksum);

struct Opened {
    DomainSet set;
    Path path;            // which of the two it is
    std::string problem;  // why the first could not be used, empty when it could
};

/// The set at `path`, else the same without its delta, else the previous one; the error names what cannot be used.
Result<Opened> open_with_fallback(const Path& path, const DomainSet* known = nullptr);
/// The same with open_unread().
Result<Opened> open_unread_with_fallback(const Path& path);

[[nodiscard]] std::string_view role_to_text(Role role) noexcept;
[[nodiscard]] std::optional<Role> parse_role(std::string_view text) noexcept;

}  // namespace cenote::domainset
