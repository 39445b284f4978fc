// SPDX-License-Identifier: Apache-2.0
//
// What an open set is made of: a large file, and perhaps its delta, of which every name goes before
// the same name in the large one.
//
// Threads:  built once, then read by any thread.
// Memory:   the files' mappings or bytes, shared by all sets that are open on them.
// Failure:  open_set_file() and put_beside() give one line.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "resolver/domainset/domain_set.h"
#include "resolver/domainset/load.h"

namespace cenote::domainset {

/// One file, and the table that lies over its bytes.
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
    explicit State(SharedSetFile file) : table(file->loaded.table), large(std::move(file)), info(large->loaded.info) {}

    Table table;  // of the large file, at hand
    SharedSetFile large;
    SharedSetFile small;  // nullptr: there is no delta
    SetInfo info;         // of both

    /// Of both: where the delta knows a suffix, what the large table says of it does not count. Looks from the suffix
    /// of `from` labels upwards; what is said of a name itself counts for the one of `own` labels.
    [[nodiscard]] std::optional<Hit> match(const wire::Name& name, const NameHashes& hashes, std::uint8_t from,
                                           std::uint8_t own) const noexcept;
    /// Refuses that of another set. Its tag-sets get numbers behind those of the large file.
    Status put_beside(std::shared_ptr<SetFile> delta);
};

/// What a table says of the suffix of so many labels; nullptr: it does not have it.
[[nodiscard]] const format::Payload* find_name(const Table& table, const wire::Name& name, const NameHashes& hashes,
                                               std::uint8_t labels) noexcept;

/// The names of one table with what they say, in no order that means anything.
void for_each_name(const Table& table, const std::function<void(const wire::Name&, const format::Payload&)>& visit);

}  // namespace cenote::domainset
