// SPDX-License-Identifier: Apache-2.0
//
// The hash table of a set file as match() reads it. The places of records and payloads are checked at each read, so
// that no file leads a lookup out of its bytes; load.h checks everything else.
//
// A miss touches one cache line for each suffix of the name, and all of them are fetched together; a hit also touches
// its record.
//
// Threads:  pure reads, data plane.
// Memory:   the payloads; groups and heap belong to the file.
// Failure:  none.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "resolver/domainset/format.h"
#include "resolver/domainset/suffix_hash.h"

#ifdef __SSE2__
#include "resolver/domainset/group_sse2.h"
namespace cenote::domainset {
namespace lanes = sse2;
}
#else
#include "resolver/domainset/group_portable.h"
namespace cenote::domainset {
namespace lanes = portable;
}
#endif

namespace cenote::domainset {

/// The upper half of a hash selects the group, the lower bits the fingerprint byte and the bit of the overflow byte.
[[nodiscard]] inline std::uint32_t home_group(std::uint64_t hash, std::uint32_t groups) noexcept {
    return static_cast<std::uint32_t>(((hash >> 32) * groups) >> 32);
}
[[nodiscard]] inline std::uint8_t fingerprint_of(std::uint64_t hash) noexcept {
    const auto fingerprint = static_cast<std::uint8_t>(hash);
    return fingerprint == 0 ? std::uint8_t{1} : fingerprint;  // 0 is an empty slot
}
[[nodiscard]] inline std::uint8_t overflow_bit(std::uint64_t hash) noexcept {
    return static_cast<std::uint8_t>(1U << ((hash >> 8) & 7));
}

struct Table {
    const std::uint8_t* groups = nullptr;
    const std::uint8_t* heap = nullptr;
    std::size_t heap_bytes = 0;
    std::uint32_t group_count = 1;
    std::uint32_t payload_bytes = 1;
    HashSecrets secrets;
    format::LabelCounts label_counts;
    std::uint8_t deepest = 0;
    std::vector<format::Payload> payloads;

    /// The hash of every suffix of the name.
    void hash(const wire::Name& name, NameHashes& hashes) const noexcept;
    /// Prefetches what match() will read: the groups, then the record of the deepest slot whose fingerprint and length
    /// match.
    void prefetch_groups(const wire::Name& name, const NameHashes& hashes) const noexcept;
    void prefetch_record(const wire::Name& name, const NameHashes& hashes) const noexcept;
    [[nodiscard]] std::optional<Hit> match(const wire::Name& name, const NameHashes& hashes) const noexcept;
    /// The payload of exactly this name; nullptr: the table does not have it.
    [[nodiscard]] const format::Payload* find(std::uint64_t hash, ByteView name) const noexcept;

    /// The record of a slot that is not empty: the number of its payload, then the name of `length` bytes. nullptr: its
    /// offset is out of bounds.
    [[nodiscard]] const std::uint8_t* record_at(const std::uint8_t* group, std::uint32_t slot,
                                                std::size_t length) const noexcept {
        const std::size_t at = std::size_t{load_u32(group + format::kBaseAt)} + lanes::sum_of_lengths(group, slot) +
                               std::size_t{slot} * payload_bytes;
        return at + payload_bytes + length + format::kHeapSpare <= heap_bytes ? heap + at : nullptr;
    }
    /// nullptr: the number of the payload is out of range.
    [[nodiscard]] const format::Payload* payload_of(const std::uint8_t* record) const noexcept {
        const std::size_t number = load_u32(record) >> (32 - 8 * payload_bytes);
        return number < payloads.size() ? &payloads[number] : nullptr;
    }

private:
    [[nodiscard]] const std::uint8_t* home_of(std::uint64_t hash) const noexcept {
        return groups + std::size_t{home_group(hash, group_count)} * format::kGroupBytes;
    }
};

/// The names of a table with their payloads, in unspecified order. Control plane.
void for_each_name(const Table& table, const std::function<void(const wire::Name&, const format::Payload&)>& visit);

inline void Table::hash(const wire::Name& name, NameHashes& hashes) const noexcept {
    const std::uint8_t labels = name.labels();
    const std::uint8_t* bytes = name.wire().data();
    std::array<std::uint8_t, wire::Name::kBytesMax + kHashReadsBehind> padded;
    if (name.wire().size() + kHashReadsBehind > wire::Name::kBytesMax) {  // a Name has space for the longest name only
        std::memcpy(padded.data(), bytes, name.wire().size());
        bytes = padded.data();
    }
    std::uint64_t hash = secrets.root;
    std::size_t end = name.wire().size() - 1;
    for (std::uint8_t count = 1; count <= labels; ++count) {
        const std::size_t begin = name.offset(static_cast<std::uint8_t>(labels - count));
        hash = hash_label(hash, bytes + begin, end - begin, secrets.word);
        hashes[count] = hash;
        end = begin;
    }
}

inline void Table::prefetch_groups(const wire::Name& name, const NameHashes& hashes) const noexcept {
    for (std::uint8_t count = std::min(name.labels(), deepest); count != 0; --count)
        if (label_counts.has(count)) touch(home_of(hashes[count]));
}

inline void Table::prefetch_record(const wire::Name& name, const NameHashes& hashes) const noexcept {
    for (std::uint8_t count = std::min(name.labels(), deepest); count != 0; --count) {
        if (!label_counts.has(count)) continue;
        const std::uint8_t* group = home_of(hashes[count]);
        const auto length = static_cast<std::uint8_t>(name.suffix(count).size() - 1);
        const std::uint32_t slots = lanes::slots_with(group, fingerprint_of(hashes[count]), length);
        if (slots == 0) continue;
        const std::uint8_t* record = record_at(group, static_cast<std::uint32_t>(std::countr_zero(slots)), length);
        if (record == nullptr) return;
        touch(record);
        touch(record + payload_bytes + length - 1);  // it may be in the next cache line
        return;
    }
}

/// Not inlined: on its own it gets a better register allocation (3 % of a match, bench/compare).
[[gnu::noinline]] inline std::optional<Hit> Table::match(const wire::Name& name,
                                                         const NameHashes& hashes) const noexcept {
    const std::uint8_t labels = name.labels();
    for (std::uint8_t count = std::min(labels, deepest); count != 0; --count) {
        if (!label_counts.has(count)) continue;
        const ByteView suffix = name.suffix(count);
        const format::Payload* found = find(hashes[count], suffix.first(suffix.size() - 1));
        if (found == nullptr) continue;
        const SourceSetId tags = count == labels ? found->own : found->below;
        if (tags == format::kInherit) continue;
        if (tags == 0) return std::nullopt;
        return Hit{tags, count, count == labels};
    }
    return std::nullopt;
}

inline const format::Payload* Table::find(std::uint64_t hash, ByteView name) const noexcept {
    std::uint32_t at = home_group(hash, group_count);
    const std::uint8_t fingerprint = fingerprint_of(hash);
    const auto length = static_cast<std::uint8_t>(name.size());
    for (std::size_t probe = 0; probe < format::kProbesMax; ++probe) {
        const std::uint8_t* group = groups + std::size_t{at} * format::kGroupBytes;
        for (std::uint32_t slots = lanes::slots_with(group, fingerprint, length); slots != 0; slots &= slots - 1) {
            const std::uint8_t* record = record_at(group, static_cast<std::uint32_t>(std::countr_zero(slots)), length);
            if (record != nullptr && std::memcmp(record + payload_bytes, name.data(), length) == 0)
                return payload_of(record);
        }
        if ((group[format::kOverflowAt] & overflow_bit(hash)) == 0) return nullptr;
        at = at + 1 == group_count ? 0 : at + 1;
    }
    return nullptr;
}

}  // namespace cenote::domainset
