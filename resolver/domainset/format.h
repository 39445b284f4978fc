// SPDX-License-Identifier: Apache-2.0
//
// The layout of a set file, shared by reader and writer only (docs/DOMAINSET_FORMAT.md). Numbers are in network byte
// order.
//
// Threads:  pure.
// Memory:   the result.
// Failure:  decoding gives nullopt; the caller reports the error.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/result.h"
#include "resolver/domainset/address_rule.h"
#include "resolver/domainset/entry.h"
#include "resolver/domainset/source.h"

namespace cenote::domainset::format {

inline constexpr std::array<std::uint8_t, 8> kMagic{'C', 'E', 'N', 'O', 'T', 'E', 0x1a, '\n'};
inline constexpr std::uint32_t kVersion = 2;   // what the writer writes
inline constexpr std::uint32_t kVersion1 = 1;  // read too; it has no section of address rules (version1.h)
inline constexpr std::size_t kHeaderBytes = 256;
inline constexpr std::size_t kSectionAlignment = 64;

// A group is one cache line: a fingerprint byte for each slot, the overflow byte, a length for each slot, the base of
// its records.
inline constexpr std::size_t kSlots = 28;
inline constexpr std::size_t kGroupBytes = 64;
inline constexpr std::size_t kOverflowAt = 28;  // a filter of eight bits: hashes whose entry is in a later group
inline constexpr std::size_t kLengthsAt = 32;
inline constexpr std::size_t kBaseAt = 60;
inline constexpr std::size_t kProbesMax = 32;  // groups that are searched for one name
inline constexpr std::size_t kHeapSpare = 4;   // zero bytes after the last record, so that a payload number is one load

inline constexpr std::uint32_t kInherit = 0xffffffff;  // in a payload: what the name inherits holds
inline constexpr std::size_t kTextBytesMax = 8192;
inline constexpr std::size_t kTextsMax = 16384;

enum class Section : std::uint8_t { Sources, Tags, SourceSets, Payloads, Groups, Heap, Addresses };
inline constexpr std::size_t kSections = 7;
/// The sections of a file of this format version: the first ones of the enumeration.
[[nodiscard]] constexpr std::size_t section_count(std::uint32_t version) noexcept {
    return version == kVersion1 ? kSections - 1 : kSections;
}

struct SectionEntry {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // padding included
    std::uint64_t checksum = 0;
};

/// The numbers of labels that names of a set have: bit n for n labels.
class LabelCounts {
public:
    void add(std::size_t labels) noexcept { bits_[labels >> 6] |= std::uint64_t{1} << (labels & 63); }
    [[nodiscard]] bool has(std::size_t labels) const noexcept {
        return ((bits_[labels >> 6] >> (labels & 63)) & 1) != 0;
    }
    [[nodiscard]] std::size_t deepest() const noexcept;
    [[nodiscard]] std::uint64_t word(std::size_t index) const noexcept { return bits_[index]; }
    void set_word(std::size_t index, std::uint64_t bits) noexcept { bits_[index] = bits; }

    friend bool operator==(const LabelCounts&, const LabelCounts&) noexcept = default;

private:
    std::array<std::uint64_t, 2> bits_{};
};

struct Header {
    std::uint32_t version = kVersion;
    std::uint64_t seed = 0;
    std::int64_t built_at = 0;
    std::uint64_t domains = 0;
    std::uint32_t groups = 0;
    std::uint32_t payload_bytes = 1;  // 1, 2 or 4
    LabelCounts label_counts;
    std::array<SectionEntry, kSections> sections{};
    std::uint64_t delta_of = 0;  // delta only: the checksum of its set; 0: a set

    [[nodiscard]] const SectionEntry& section(Section which) const noexcept {
        return sections[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] SectionEntry& section(Section which) noexcept { return sections[static_cast<std::size_t>(which)]; }
};

/// The content of a record: the source set of the name itself, and that of the names below it or kInherit. In a delta,
/// twice kInherit marks a name that is removed from the set.
struct Payload {
    SourceSetId own = 0;
    SourceSetId below = 0;

    friend auto operator<=>(const Payload&, const Payload&) noexcept = default;
};

/// All source sets in one array; set i is items[starts[i]] up to items[starts[i + 1]]. Set 0 is the empty one.
struct SourceSets {
    std::vector<std::uint32_t> starts{0, 0};
    std::vector<std::uint32_t> items;

    [[nodiscard]] std::size_t size() const noexcept { return starts.size() - 1; }
};

[[nodiscard]] std::uint64_t checksum(ByteView bytes) noexcept;  // XXH3, 64 bits, no seed

/// The header with its checksum, in the layout of `header.version`; its sections must be complete.
[[nodiscard]] std::array<std::uint8_t, kHeaderBytes> encode(const Header& header);
/// Reads the fields only; the caller checks magic, version and checksum.
[[nodiscard]] Header decode_header(ByteView bytes) noexcept;
[[nodiscard]] std::uint64_t stored_checksum(ByteView header) noexcept;
[[nodiscard]] std::uint64_t computed_checksum(ByteView header) noexcept;

[[nodiscard]] std::vector<std::uint8_t> encode(const std::vector<Source>& sources);
[[nodiscard]] std::vector<std::uint8_t> encode(const std::vector<Tag>& tags);
[[nodiscard]] std::vector<std::uint8_t> encode(const SourceSets& sets);
[[nodiscard]] std::vector<std::uint8_t> encode(const std::vector<Payload>& payloads);
[[nodiscard]] std::vector<std::uint8_t> encode(const std::vector<AddressRule>& addresses);

/// Each refuses an index that is out of range, so that no later use needs a check.
[[nodiscard]] std::optional<std::vector<Source>> decode_sources(ByteView section);
[[nodiscard]] std::optional<std::vector<Tag>> decode_tags(ByteView section, std::size_t sources);
[[nodiscard]] std::optional<SourceSets> decode_source_sets(ByteView section, std::size_t tags);
[[nodiscard]] std::optional<std::vector<Payload>> decode_payloads(ByteView section, std::size_t source_sets,
                                                                  bool of_delta);
/// Refuses rules that are not in the order of stands_before() too.
[[nodiscard]] std::optional<std::vector<AddressRule>> decode_addresses(ByteView section, std::size_t tags);

/// Refuses a source that exceeds the bounds of the format.
[[nodiscard]] Status check_source(const Source& source);
/// UTF-8 without control characters, because texts of a set may be shown on a terminal.
[[nodiscard]] bool is_clean_text(std::string_view text) noexcept;

}  // namespace cenote::domainset::format
