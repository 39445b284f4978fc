// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "resolver/base/clock.h"
#include "resolver/domainset/version1.h"

namespace cenote::domainset {
namespace {

using format::Header;
using format::Section;

constexpr std::string_view kCompileAgain = "compile it again";
constexpr std::string_view kContradiction =
    "its table contradicts itself, it was not written by Cenote; compile it again";

/// The header, once it, the places of the sections and all checksums are right.
Result<Header> check_frame(ByteView file) {
    if (file.empty()) return Error{fmt::format("it is empty; {}", kCompileAgain)};
    const auto magic = file.first(std::min(file.size(), format::kMagic.size()));
    if (!std::equal(magic.begin(), magic.end(), format::kMagic.begin()))
        return Error{"it is no set of Cenote; check the path, or compile one there"};
    if (file.size() < format::kHeaderBytes) return Error{fmt::format("it ends within its header; {}", kCompileAgain)};
    const Header header = format::decode_header(file);
    if (header.version != format::kVersion && header.version != format::kVersion1)
        return Error{
            fmt::format("it has format version {}, this program reads {} and {}; compile it with this "
                        "program's `cenote`",
                        header.version, format::kVersion1, format::kVersion)};
    if (format::stored_checksum(file) != format::computed_checksum(file))
        return Error{fmt::format("its header is damaged; {}", kCompileAgain)};
    const auto sections = std::span(header.sections).first(format::section_count(header.version));
    std::uint64_t end = format::kHeaderBytes;
    for (const auto& section : sections) {
        if (section.offset != end || section.size % format::kSectionAlignment != 0 || section.size > file.size() ||
            section.offset > file.size() - section.size)
            return Error{fmt::format("it is cut short, or its table of sections is wrong; {}", kCompileAgain)};
        end = section.offset + section.size;
    }
    if (end != file.size()) return Error{fmt::format("something follows its end; {}", kCompileAgain)};
    for (const auto& section : sections)
        if (format::checksum(file.subspan(section.offset, section.size)) != section.checksum)
            return Error{fmt::format("it is damaged (a checksum is wrong); {}", kCompileAgain)};
    return header;
}

bool decode_descriptions(const Header& header, ByteView file, Loaded& loaded) {
    const auto bytes = [&](Section which) {
        return file.subspan(header.section(which).offset, header.section(which).size);
    };
    auto sources = format::decode_sources(bytes(Section::Sources));
    if (!sources) return false;
    auto tags = format::decode_tags(bytes(Section::Tags), sources->size());
    if (!tags) return false;
    auto source_sets = format::decode_source_sets(bytes(Section::SourceSets), tags->size());
    if (!source_sets) return false;
    auto payloads = format::decode_payloads(bytes(Section::Payloads), source_sets->size(), header.delta_of != 0);
    if (!payloads) return false;
    if (header.version != format::kVersion1) {
        auto addresses = format::decode_addresses(bytes(Section::Addresses), tags->size());
        if (!addresses || (header.delta_of != 0 && !addresses->empty())) return false;
        loaded.addresses = std::move(*addresses);
    }
    loaded.sources = std::move(*sources);
    loaded.tags = std::move(*tags);
    loaded.source_sets = std::move(*source_sets);
    loaded.table.payloads = std::move(*payloads);
    return true;
}

/// The number of labels of a name without its root byte; 0: it is not a name.
std::size_t count_labels(const std::uint8_t* name, std::size_t size) noexcept {
    std::size_t labels = 0;
    if (size >= wire::Name::kBytesMax) return 0;
    for (std::size_t at = 0; at < size; ++labels) {
        const std::size_t length = name[at];
        if (length == 0 || length > 63) return 0;
        at += length + 1;
        if (at > size) return 0;
    }
    return labels;
}

/// One pass over all groups. Records must follow one another without a gap, in the order of their slots.
bool groups_are_in_order(const Table& table, std::uint64_t domains_said) {
    format::LabelCounts seen;
    std::uint64_t domains = 0;
    std::size_t next = 0;
    const std::size_t width = table.payload_bytes;
    for (std::size_t group = 0; group < table.group_count; ++group) {
        const std::uint8_t* tags = table.groups + group * format::kGroupBytes;
        const std::uint8_t* lengths = tags + format::kLengthsAt;
        if (load_u32(tags + format::kBaseAt) != next) return false;
        bool ended = false;
        for (std::size_t slot = 0; slot < format::kSlots; ++slot) {
            const std::size_t length = lengths[slot];
            if ((length == 0) != (tags[slot] == 0) || (ended && length != 0)) return false;
            if (length == 0) {
                ended = true;
                continue;
            }
            if (table.heap_bytes - next < width + length + format::kHeapSpare) return false;
            const std::uint8_t* record = table.heap + next;
            if (load_u32(record) >> (32 - 8 * width) >= table.payloads.size()) return false;
            const auto labels = count_labels(record + width, length);
            if (labels == 0) return false;
            seen.add(labels);
            next += width + length;
            ++domains;
        }
    }
    return domains == domains_said && seen == table.label_counts;
}

bool lay_table(const Header& header, ByteView file, Table& table) {
    const auto& groups = header.section(Section::Groups);
    const auto& heap = header.section(Section::Heap);
    const auto width = header.payload_bytes;
    if (header.groups == 0 || groups.size / format::kGroupBytes < header.groups || heap.size < format::kHeapSpare ||
        heap.size > 0xffffffffU || (width != 1 && width != 2 && width != 4))
        return false;
    table.groups = file.data() + groups.offset;
    table.heap = file.data() + heap.offset;
    table.heap_bytes = heap.size;
    table.group_count = header.groups;
    table.payload_bytes = width;
    table.secrets = hash_secrets(header.seed);
    table.label_counts = header.label_counts;
    table.deepest = static_cast<std::uint8_t>(header.label_counts.deepest());
    return true;
}

SetInfo describe(const Header& header, ByteView file, const std::vector<Source>& sources) {
    SetInfo info;
    info.version = header.version;
    info.seed = header.seed;
    info.domains = header.domains;
    info.bytes = file.size();
    info.built_at = WallTime(seconds(header.built_at));
    for (const auto& source : sources) {
        if (source.kind == SourceKind::Service) ++info.services;
        if (source.kind == SourceKind::List) ++info.lists;
    }
    info.checksum = format::stored_checksum(file);
    return info;
}

}  // namespace

Result<Loaded> load_set(ByteView file, std::string_view file_name) {
    const auto refuse = [&](std::string_view why) { return Error{fmt::format("cannot use {}: {}", file_name, why)}; };
    const auto header = check_frame(file);
    if (!header) return refuse(header.error().text);
    Loaded loaded;
    if (!decode_descriptions(*header, file, loaded))
        return refuse("its descriptions contradict themselves, it was not written by Cenote; compile it again");
    if (!lay_table(*header, file, loaded.table)) return refuse(kContradiction);
    loaded.info = describe(*header, file, loaded.sources);
    loaded.delta_of = header->delta_of;
    if (header->version == format::kVersion1 && header->delta_of == 0) {
        auto read = read_version1_rules(loaded.table, loaded.source_sets);
        if (!read) return refuse(kContradiction);
        loaded.addresses = std::move(read->rules);
        loaded.hidden_names = read->names;
    }
    return loaded;
}

Status check_table(const Loaded& loaded, std::string_view file_name) {
    if (groups_are_in_order(loaded.table, loaded.info.domains)) return Done{};
    return Error{fmt::format("cannot use {}: {}", file_name, kContradiction)};
}

}  // namespace cenote::domainset
