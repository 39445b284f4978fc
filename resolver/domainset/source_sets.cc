// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/source_sets.h"

#include <algorithm>
#include <utility>

namespace cenote::domainset {

SourceSetTable::SourceSetTable(std::vector<std::uint32_t> sources) : sources_(std::move(sources)) {
    ids_.emplace(std::vector<std::uint32_t>{}, 0);
}

SourceSetId SourceSetTable::apply(SourceSetId inherited, std::span<const Statement> statements) {
    if (statements.empty()) return inherited;
    if (statements.size() > 1) return work_out(inherited, statements);
    const Statement& only = statements.front();
    const std::uint64_t key = only.exception ? std::uint64_t{only.source} << 1 | 1 : std::uint64_t{only.tag} << 1;
    const auto [known, fresh] = single_.try_emplace(std::uint64_t{inherited} << 32 | (key & 0xffffffff), 0);
    if (fresh) known->second = work_out(inherited, statements);
    return known->second;
}

SourceSetId SourceSetTable::work_out(SourceSetId inherited, std::span<const Statement> statements) {
    const auto is_stated = [&](std::uint32_t source) {
        return std::any_of(statements.begin(), statements.end(),
                           [&](const Statement& s) { return s.source == source; });
    };
    const auto excepted = [&](std::uint32_t source) {
        return std::any_of(statements.begin(), statements.end(),
                           [&](const Statement& s) { return s.source == source && s.exception; });
    };
    std::vector<std::uint32_t> tags;
    for (auto item = sets_.starts[inherited]; item < sets_.starts[inherited + 1]; ++item)
        if (!is_stated(sources_[sets_.items[item]])) tags.push_back(sets_.items[item]);
    for (const auto& statement : statements)
        if (!statement.exception && !excepted(statement.source)) tags.push_back(statement.tag);
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return intern(std::move(tags));
}

SourceSetId SourceSetTable::intern(std::vector<std::uint32_t> tags) {
    const auto [place, fresh] = ids_.try_emplace(std::move(tags), static_cast<SourceSetId>(sets_.size()));
    if (fresh) {
        sets_.items.insert(sets_.items.end(), place->first.begin(), place->first.end());
        sets_.starts.push_back(static_cast<std::uint32_t>(sets_.items.size()));
    }
    return place->second;
}

}  // namespace cenote::domainset
