// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/opened.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "resolver/base/hash.h"

namespace cenote::domainset {
namespace {

Result<std::shared_ptr<SetFile>> finish(std::shared_ptr<SetFile> file) {
    auto loaded = load_set(file->bytes(), file->name);
    if (!loaded) return std::move(loaded).error();
    file->loaded = *std::move(loaded);
    return file;
}

/// A checksum of both files together, because either of them can change.
std::uint64_t checksum_of(const SetInfo& large, const SetInfo& small) {
    std::array<std::uint8_t, 16> both{};
    std::memcpy(both.data(), &large.checksum, sizeof large.checksum);
    std::memcpy(&both[8], &small.checksum, sizeof small.checksum);
    return hash64(both, large.seed);
}

}  // namespace

Result<std::shared_ptr<SetFile>> open_set_file(const Path& path) {
    auto mapped = MappedFile::open(path);
    if (!mapped) return std::move(mapped).error();
    auto file = std::make_shared<SetFile>();
    file->name = path.string();
    file->file = *std::move(mapped);
    return finish(std::move(file));
}

Result<std::shared_ptr<SetFile>> set_file_of(std::vector<std::uint8_t> bytes, std::string name) {
    auto file = std::make_shared<SetFile>();
    file->name = std::move(name);
    file->owned = std::move(bytes);
    return finish(std::move(file));
}

std::optional<Hit> DomainSet::State::match(const wire::Name& name, const NameHashes& hashes, std::uint8_t from,
                                           std::uint8_t own) const noexcept {
    const std::uint8_t deepest =
        small == nullptr ? table.deepest : std::max(table.deepest, small->loaded.table.deepest);
    for (std::uint8_t count = std::min(from, deepest); count != 0; --count) {
        const format::Payload* found = small == nullptr ? nullptr : find_name(small->loaded.table, name, hashes, count);
        if (found == nullptr) found = find_name(table, name, hashes, count);
        if (found == nullptr) continue;
        const SourceSetId tags = count == own ? found->own : found->below;
        if (tags == format::kInherit) continue;
        if (tags == 0) return std::nullopt;
        return Hit{tags, count, count == own};
    }
    return std::nullopt;
}

Status DomainSet::State::attach_delta(std::shared_ptr<SetFile> delta) {
    const auto refuse = [&](std::string_view why) {
        return Error{fmt::format("cannot use {}: {}; cenote update compiles all of it", delta->name, why)};
    };
    Loaded& loaded = delta->loaded;
    const Loaded& base = large->loaded;
    const auto same_source = [](const Source& a, const Source& b) { return a.id == b.id && a.kind == b.kind; };
    if (loaded.delta_of != base.info.checksum) return refuse("it is the delta of another set");
    if (loaded.info.version != base.info.version || loaded.info.seed != base.info.seed || loaded.tags != base.tags ||
        !std::equal(loaded.sources.begin(), loaded.sources.end(), base.sources.begin(), base.sources.end(),
                    same_source))
        return refuse("it contradicts the set that it changes, it was not written by Cenote");

    const auto ahead = static_cast<SourceSetId>(base.source_sets.size() - 1);  // set 0 is common to both
    for (format::Payload& payload : loaded.table.payloads)
        for (SourceSetId* id : {&payload.own, &payload.below})
            if (*id != 0 && *id != format::kInherit) *id += ahead;

    info.bytes += loaded.info.bytes;
    info.built_at = loaded.info.built_at;
    info.checksum = checksum_of(base.info, loaded.info);
    info.delta = loaded.info.domains;
    for_each_name(loaded.table, [&](const wire::Name& name, const format::Payload& payload) {
        NameHashes hashes;
        table.hash(name, hashes);
        const bool was = find_name(table, name, hashes, name.labels()) != nullptr;
        const bool is = payload.own != format::kInherit;
        info.domains = info.domains + static_cast<std::uint64_t>(is) - static_cast<std::uint64_t>(was);
    });
    small = std::move(delta);
    return Done{};
}

const format::Payload* find_name(const Table& table, const wire::Name& name, const NameHashes& hashes,
                                 std::uint8_t labels) noexcept {
    if (!table.label_counts.has(labels)) return nullptr;
    const ByteView suffix = name.suffix(labels);
    return table.find(hashes[labels], suffix.first(suffix.size() - 1));
}

}  // namespace cenote::domainset
