// SPDX-License-Identifier: Apache-2.0
//
// The middle step of the writer: the entries as they were added, and the names that remain after inheritance is
// resolved.
//
// Everything is sorted by hash: equal names are adjacent, an ancestor is found by its hash, and the table is filled in
// this order.
//
// Threads:  one.
// Memory:   24 bytes an entry and the bytes of its name; no allocation for a single entry.
// Failure:  add() returns false when the names exceed 4 GiB.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/domainset/source_sets.h"
#include "resolver/domainset/suffix_hash.h"

namespace cenote::domainset {

class EntryStore {
public:
    struct Item {
        std::uint64_t hash = 0;
        std::uint32_t at = 0;       // offset of the name in the store
        std::uint32_t subject = 0;  // entry: tag; exception: source
        std::uint8_t size = 0;      // size of the name without its root byte
        std::uint8_t labels = 0;
        MatchKind kind = MatchKind::Exact;
        bool exception = false;
    };

    explicit EntryStore(std::uint64_t seed) : secrets_(hash_secrets(seed)) {}

    [[nodiscard]] bool add(const wire::Name& name, const Statement& statement);
    /// By hash, then by name, so that the order of additions does not matter.
    void sort();

    [[nodiscard]] const std::vector<Item>& items() const noexcept { return items_; }
    [[nodiscard]] ByteView name(const Item& item) const noexcept {
        return ByteView(names_).subspan(item.at, item.size);
    }
    [[nodiscard]] const HashSecrets& secrets() const noexcept { return secrets_; }

private:
    HashSecrets secrets_;
    std::vector<Item> items_;
    std::vector<std::uint8_t> names_;
};

/// A name as the file will contain it.
struct ResolvedName {
    std::uint64_t hash = 0;
    ByteView name;  // in the store
    format::Payload payload;
    std::uint8_t labels = 0;
};

/// Resolves inheritance and leaves out names that change nothing; ascending by hash. `tag_now` gives a tag's
/// index in the file. Sorts the store, which must outlive the result.
[[nodiscard]] std::vector<ResolvedName> resolve(EntryStore& store, const std::vector<std::uint32_t>& tag_now,
                                                SourceSetTable& source_sets);

}  // namespace cenote::domainset
