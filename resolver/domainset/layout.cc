// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/layout.h"

#include <algorithm>
#include <limits>
#include <map>

#include "resolver/domainset/table.h"

namespace cenote::domainset {
namespace {

using format::Section;

constexpr std::uint32_t kEmpty = 0xffffffff;
constexpr std::size_t kNamesAGroup = 24;  // on average; with more names the file is smaller, but more groups overflow

/// The name in each slot.
struct Grouping {
    std::uint32_t groups = 1;
    std::vector<std::uint32_t> slots;          // kSlots a group, index of a name or kEmpty
    std::vector<std::uint8_t> overflow_bytes;  // one a group
};

/// Places names in `groups` groups; false when one would be too far from its home group.
bool fill(Grouping& grouping, std::uint32_t groups, const std::vector<ResolvedName>& names) {
    grouping.groups = groups;
    grouping.slots.assign(groups * format::kSlots, kEmpty);
    grouping.overflow_bytes.assign(groups, 0);
    std::vector<std::uint8_t> used(groups, 0);
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::uint32_t at = home_group(names[i].hash, groups);
        std::size_t probe = 1;
        while (used[at] == format::kSlots) {
            if (++probe > std::min<std::size_t>(format::kProbesMax, groups)) return false;
            grouping.overflow_bytes[at] |= overflow_bit(names[i].hash);
            at = at + 1 == groups ? 0 : at + 1;
        }
        grouping.slots[at * format::kSlots + used[at]++] = static_cast<std::uint32_t>(i);
    }
    return true;
}

Grouping group(const std::vector<ResolvedName>& names) {
    Grouping grouping;
    std::size_t groups = names.size() / kNamesAGroup + 1;
    while (!fill(grouping, static_cast<std::uint32_t>(groups), names)) groups += groups / 8 + 1;
    return grouping;
}

/// Each payload once, in the order of first use.
struct Payloads {
    std::vector<format::Payload> all;
    std::vector<std::uint32_t> of_name;
    std::uint32_t bytes_each = 1;
};

Payloads number_payloads(const std::vector<ResolvedName>& names) {
    Payloads payloads;
    std::map<format::Payload, std::uint32_t> ids;
    payloads.of_name.reserve(names.size());
    for (const auto& name : names) {
        const auto [known, fresh] = ids.try_emplace(name.payload, static_cast<std::uint32_t>(payloads.all.size()));
        if (fresh) payloads.all.push_back(name.payload);
        payloads.of_name.push_back(known->second);
    }
    payloads.bytes_each = payloads.all.size() <= 0x100 ? 1 : payloads.all.size() <= 0x10000 ? 2 : 4;
    return payloads;
}

/// The file under construction, and the table of its sections.
class File {
public:
    explicit File(std::size_t bytes_expected) {
        bytes_.reserve(bytes_expected);
        bytes_.resize(format::kHeaderBytes);
    }

    [[nodiscard]] std::vector<std::uint8_t>& bytes() noexcept { return bytes_; }

    void begin(Section which) { header_.section(which).offset = bytes_.size(); }
    void end(Section which) {
        constexpr auto kAlignment = format::kSectionAlignment;
        bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment);
        auto& section = header_.section(which);
        section.size = bytes_.size() - section.offset;
        section.checksum = format::checksum(ByteView(bytes_).subspan(section.offset));
    }
    void add(Section which, const std::vector<std::uint8_t>& content) {
        begin(which);
        bytes_.insert(bytes_.end(), content.begin(), content.end());
        end(which);
    }
    [[nodiscard]] format::Header& header() noexcept { return header_; }
    [[nodiscard]] std::vector<std::uint8_t> finish() && {
        const auto header = format::encode(header_);
        std::copy(header.begin(), header.end(), bytes_.begin());
        return std::move(bytes_);
    }

private:
    format::Header header_;
    std::vector<std::uint8_t> bytes_;
};

void add_groups(File& file, const Grouping& grouping, const std::vector<ResolvedName>& names, std::uint32_t width) {
    file.begin(Section::Groups);
    std::uint32_t next = 0;
    for (std::size_t group = 0; group < grouping.groups; ++group) {
        std::array<std::uint8_t, format::kGroupBytes> bytes{};
        store_u32(&bytes[format::kBaseAt], next);
        for (std::size_t slot = 0; slot < format::kSlots; ++slot) {
            const auto index = grouping.slots[group * format::kSlots + slot];
            if (index == kEmpty) break;
            const auto length = names[index].name.size();
            bytes[slot] = fingerprint_of(names[index].hash);
            bytes[format::kLengthsAt + slot] = static_cast<std::uint8_t>(length);
            next += width + static_cast<std::uint32_t>(length);
        }
        bytes[format::kOverflowAt] = grouping.overflow_bytes[group];
        file.bytes().insert(file.bytes().end(), bytes.begin(), bytes.end());
    }
    file.end(Section::Groups);
}

void add_heap(File& file, const Grouping& grouping, const std::vector<ResolvedName>& names, const Payloads& payloads) {
    file.begin(Section::Heap);
    auto& bytes = file.bytes();
    for (const auto name : grouping.slots) {
        if (name == kEmpty) continue;
        std::array<std::uint8_t, 4> id{};
        store_u32(id.data(), payloads.of_name[name]);
        bytes.insert(bytes.end(), id.end() - payloads.bytes_each, id.end());
        bytes.insert(bytes.end(), names[name].name.begin(), names[name].name.end());
    }
    bytes.resize(bytes.size() + format::kHeapSpare);
    file.end(Section::Heap);
}

}  // namespace

Result<std::vector<std::uint8_t>> lay_out(const Layout& layout, const std::vector<ResolvedName>& names) {
    const auto payloads = number_payloads(names);
    std::uint64_t heap_bytes = format::kHeapSpare + format::kSectionAlignment;
    for (const auto& name : names) heap_bytes += payloads.bytes_each + name.name.size();
    if (heap_bytes > std::numeric_limits<std::uint32_t>::max())
        return Error{"cannot build the set: it would hold more than 4 GiB of names; take some lists out"};
    const auto grouping = group(names);

    File file(heap_bytes + grouping.groups * format::kGroupBytes + 65536);
    auto& header = file.header();
    header.seed = layout.seed;
    header.delta_of = layout.delta_of;
    header.built_at = layout.built_at.time_since_epoch().count();
    header.domains = names.size();
    header.groups = grouping.groups;
    header.payload_bytes = payloads.bytes_each;
    for (const auto& name : names) header.label_counts.add(name.labels);
    file.add(Section::Sources, format::encode(*layout.sources));
    file.add(Section::Tags, format::encode(*layout.tags));
    file.add(Section::SourceSets, format::encode(*layout.source_sets));
    file.add(Section::Payloads, format::encode(payloads.all));
    add_groups(file, grouping, names, payloads.bytes_each);
    add_heap(file, grouping, names, payloads);
    file.add(Section::Addresses, format::encode(layout.addresses));
    return std::move(file).finish();
}

}  // namespace cenote::domainset
