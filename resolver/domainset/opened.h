// SPDX-License-Identifier: Apache-2.0
//
// The parts of an open set: the large file, and optionally its delta, whose entries replace those of the large file.
//
// Threads:  built once, then read by any thread.
// Memory:   the mappings or bytes of the files, shared by all sets that use them.
// Failure:  open_set_file() and attach_delta() return an Error of one line.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "resolver/domainset/domain_set.h"
#include "resolver/domainset/load.h"

namespace cenote::domainset {

/// One file, and the table that refers to its bytes.
struct SetFile {
    Loaded loaded;
    std::string name;
    MappedFile file;  // one of these two holds the bytes
    std::vector<std::uint8_t> owned;

    [[nodiscard]] ByteView bytes() const noexcept { return owned.empty() ? file.bytes() : ByteView(owned); }
};
using SharedSetFile = std::shared_ptr<const SetFile>;

Result<std::shared_ptr<SetFile>> open_set_file(const Path& path);
Result<std::shared_ptr<SetFile>> set_file_of(std::vector<std::uint8_t> bytes, std::string name);

struct DomainSet::State {
    explicit State(SharedSetFile file) : table(file->loaded.table), large(std::move(file)), info(large->loaded.info) {
        info.domains -= std::min(info.domains, large->loaded.hidden_names);
    }

    Table table;  // a copy of that of `large`, to save an indirection
    SharedSetFile large;
    SharedSetFile small;  // nullptr: no delta
    SetInfo info;         // describes both files

    /// A lookup in both files: an entry of the delta replaces that of the large file. Starts at the suffix of `from`
    /// labels and goes up; for the suffix of `own` labels Payload::own counts, for others Payload::below.
    [[nodiscard]] std::optional<Hit> match(const wire::Name& name, const NameHashes& hashes, std::uint8_t from,
                                           std::uint8_t own) const noexcept;
    /// Once at most. Refuses the delta of another set. Its source sets are numbered after those of the large file.
    Status attach_delta(std::shared_ptr<SetFile> delta);
};

/// The payload of the suffix of `labels` labels; nullptr: the table does not have it.
[[nodiscard]] const format::Payload* find_name(const Table& table, const wire::Name& name, const NameHashes& hashes,
                                               std::uint8_t labels) noexcept;

}  // namespace cenote::domainset
