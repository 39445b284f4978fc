// SPDX-License-Identifier: Apache-2.0
//
// The compiled set of all services and lists: which source set holds for a name, from one read-only file
// (docs/DOMAINSET_FORMAT.md).
//
// A tag is a service in one role, or a list. A source set has all tags that hold for a name, inheritance included, so
// the deepest entry that matches decides alone. Names are compared in full: there are no false positives.
//
// The set also has the address rules of lists (address_rule.h), which no lookup of a name touches.
//
// A small file, the delta, may accompany the large one (delta_path(), written by delta.h): its entries replace those of
// the large file. Lookups see the two as one set.
//
// Threads:  built or opened once, then read by any thread. match() is data plane, the rest control plane.
// Memory:   the mapping (shared between processes) and a few kilobytes of source descriptions.
// Failure:  open() checks everything in a hostile file and refuses it with one line; after that nothing can fail. A
//           mapped file must never be changed in place: publish a new one. open_unverified() leaves the pass over all
//           names to check(), for a start that must not be delayed by it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/domainset/address_rule.h"
#include "resolver/domainset/entry.h"
#include "resolver/domainset/source.h"

namespace cenote::domainset {

/// Hit::labels counts the labels of the entry that gave the tags: an entry for a single name is skipped in a lookup of
/// a name below it.
class DomainSet {
public:
    /// `known`: a checked set, or nullptr; a file that it has open is shared and not read again.
    static Result<DomainSet> open(const Path& path, const DomainSet* known = nullptr);
    /// Checks checksums and descriptions only, which finds any damage. Lookups in a maliciously made file may give
    /// wrong answers until check() refuses it.
    static Result<DomainSet> open_unverified(const Path& path, const DomainSet* known = nullptr);
    /// open_unverified() without the delta beside it.
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

    /// match() in steps, for callers that take each step for several names: the cache lines of one name are fetched
    /// while the others are processed. prefetch_record() is optional.
    void hash(const wire::Name& name, NameHashes& hashes) const noexcept;
    void prefetch_groups(const wire::Name& name, const NameHashes& hashes) const noexcept;
    void prefetch_record(const wire::Name& name, const NameHashes& hashes) const noexcept;
    [[nodiscard]] std::optional<Hit> match(const wire::Name& name, const NameHashes& hashes) const noexcept;

    /// What holds for names below the suffix of `labels` labels that are not entries themselves. Control plane.
    [[nodiscard]] std::optional<Hit> match_below(const wire::Name& name, std::uint8_t labels) const noexcept;
    /// Whether any entry has an empty source set (an exception of a list).
    [[nodiscard]] bool has_exceptions() const noexcept;
    /// The address rules, in the order of stands_before(). A delta does not change them. Control plane.
    [[nodiscard]] std::span<const AddressRule> addresses(AddressUse use) const noexcept;
    /// Every name, in unspecified order. Control plane.
    void for_each(const std::function<void(const Entry&)>& visit) const;

    /// Source set 0 is empty; a Hit never has it.
    [[nodiscard]] std::uint32_t source_set_count() const noexcept;
    /// Indices into tags(), ascending.
    [[nodiscard]] std::vector<std::uint32_t> source_set(SourceSetId id) const;
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

/// The checksum of a set as policies and notes of updates name it: 16 hexadecimal digits.
[[nodiscard]] std::string checksum_text(const DomainSet& set);

/// `path` with ".previous" appended: where publish_set() keeps the previous set.
[[nodiscard]] Path previous_path(const Path& path);
/// The path of the delta of the set at `path` or at its previous_path(); the name contains the checksum of the set.
[[nodiscard]] Path delta_path(const Path& path, std::uint64_t checksum);

struct Opened {
    DomainSet set;
    Path path;            // the file in use
    std::string problem;  // why the preferred file could not be used; empty: it is in use
};

/// The set at `path`, else the same without its delta, else the previous set; an error names all that failed.
Result<Opened> open_with_fallback(const Path& path, const DomainSet* known = nullptr);
/// The same with open_unverified().
Result<Opened> open_unread_with_fallback(const Path& path);

}  // namespace cenote::domainset
