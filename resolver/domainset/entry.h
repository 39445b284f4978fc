// SPDX-License-Identifier: Apache-2.0
//
// What a set holds and what a lookup in it gives: entries, hits, and the facts about the set itself.
//
// Threads:  plain values.   Memory: none beyond the values.   Failure: none.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "resolver/base/digest.h"
#include "resolver/wire/name.h"

namespace cenote::domainset {

/// The number of a source set: all tags that hold somewhere. Source set 0 is empty.
using SourceSetId = std::uint32_t;

/// One name of a set, for export and comparison.
struct Entry {
    wire::Name name;
    SourceSetId own = 0;               // holds at the name itself
    std::optional<SourceSetId> below;  // holds below it; nullopt: what holds above it continues
};

struct Hit {
    SourceSetId tags = 0;
    std::uint8_t labels = 0;  // number of labels of the deepest entry that matches
    bool exact = false;       // that entry is the name looked up
};

/// The hashes of all suffixes of a name, by their number of labels. Sets with the same seed share them.
using NameHashes = std::array<std::uint64_t, wire::Name::kLabelsMax + 1>;

struct SetInfo {
    std::uint32_t version = 0;  // of the format of the file
    std::uint64_t seed = 0;     // seed of the hash
    std::uint64_t domains = 0;
    std::uint64_t bytes = 0;
    std::chrono::sys_seconds built_at{};
    std::uint32_t services = 0;
    std::uint32_t lists = 0;
    std::uint64_t checksum = 0;  // checksum of the header, which covers those of all sections: identifies the set
    std::uint64_t delta = 0;     // names in the delta; domains, bytes and checksum count both files
    Sha256Digest digest{};  // SHA-256 of the large file; zero after open_unverified(), or where `known` had it open
};

}  // namespace cenote::domainset
