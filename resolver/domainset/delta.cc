// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/delta.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "resolver/domainset/layout.h"
#include "resolver/domainset/opened.h"

namespace cenote::domainset {
namespace {

std::string key_of(const wire::Name& name) {
    return {reinterpret_cast<const char*>(name.wire().data()), name.wire().size()};
}

wire::Name name_from(const std::string& key) {
    wire::Name name;
    std::size_t end = 0;
    CENOTE_CHECK(name.read_uncompressed(bytes_of(key), end));
    return name;
}

/// Each source set once; the first is the empty one.
class SourceSetNumbers {
public:
    SourceSetId of(const TagList& tags) {
        const auto [known, fresh] = numbers_.try_emplace(tags, static_cast<SourceSetId>(sets_.size()));
        if (fresh) {
            sets_.items.insert(sets_.items.end(), tags.begin(), tags.end());
            sets_.starts.push_back(static_cast<std::uint32_t>(sets_.items.size()));
        }
        return known->second;
    }
    [[nodiscard]] const format::SourceSets& all() const noexcept { return sets_; }

private:
    std::map<TagList, SourceSetId> numbers_{{{}, 0}};
    format::SourceSets sets_;
};

}  // namespace

bool DeltaWriter::fits(const DomainSet& set) noexcept { return set.info().version == format::kVersion; }

DeltaWriter::DeltaWriter(const DomainSet& set) : set_(set) {
    CENOTE_CHECK(fits(set));
    const SharedSetFile& small = set.state_->small;
    if (small == nullptr) return;
    for_each_name(small->loaded.table, [&](const wire::Name& name, const format::Payload& payload) {
        Changed changed;
        changed.gone = payload.own == format::kInherit;
        changed.inherits = payload.below == format::kInherit;
        if (!changed.gone) changed.own = set.source_set(payload.own);
        if (!changed.inherits) changed.below = set.source_set(payload.below);
        changed_.emplace(key_of(name), std::move(changed));
    });
}

/// The same rule as in nodes.cc: a name that changes nothing is not in the set.
void DeltaWriter::put(const wire::Name& name, TagList own, TagList below, const TagList& from_above) {
    Changed changed;
    changed.gone = own == from_above && below == from_above;
    changed.inherits = changed.gone || (below == from_above && !from_above.empty());
    if (!changed.gone) changed.own = std::move(own);
    if (!changed.inherits) changed.below = std::move(below);
    NameHashes hashes;
    set_.hash(name, hashes);
    const bool was = find_name(set_.state_->table, name, hashes, name.labels()) != nullptr;
    if (changed.gone && !was)
        changed_.erase(key_of(name));
    else
        changed_.insert_or_assign(key_of(name), std::move(changed));
}

Result<std::vector<std::uint8_t>> DeltaWriter::finish(const std::vector<Source>& sources,
                                                      std::chrono::sys_seconds built_at) const {
    SourceSetNumbers numbers;
    std::vector<ResolvedName> names;
    names.reserve(changed_.size());
    for (const auto& [key, changed] : changed_) {
        const wire::Name name = name_from(key);
        NameHashes hashes;
        set_.hash(name, hashes);
        ResolvedName& resolved = names.emplace_back();
        resolved.hash = hashes[name.labels()];
        resolved.name = {reinterpret_cast<const std::uint8_t*>(key.data()), key.size() - 1};
        resolved.labels = name.labels();
        resolved.payload.own = changed.gone ? format::kInherit : numbers.of(changed.own);
        resolved.payload.below = changed.inherits ? format::kInherit : numbers.of(changed.below);
    }
    std::sort(names.begin(), names.end(), [](const ResolvedName& a, const ResolvedName& b) {
        return a.hash != b.hash
                   ? a.hash < b.hash
                   : std::lexicographical_compare(a.name.begin(), a.name.end(), b.name.begin(), b.name.end());
    });
    Layout layout;
    layout.seed = set_.info().seed;
    layout.delta_of = set_.state_->large->loaded.info.checksum;
    layout.built_at = built_at;
    layout.sources = &sources;
    layout.tags = &set_.tags();
    layout.source_sets = &numbers.all();
    return lay_out(layout, names);
}

}  // namespace cenote::domainset
