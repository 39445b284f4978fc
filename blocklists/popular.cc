// SPDX-License-Identifier: Apache-2.0
#include "blocklists/popular.h"

#include <array>

#include "blocklists/lines.h"
#include "blocklists/list_copy.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;

std::string key(ByteView wire) { return {reinterpret_cast<const char*>(wire.data()), wire.size()}; }

/// The rules of a copy at one suffix, by MatchKind.
struct SuffixRules {
    std::array<bool, 3> sinkholed{};
    std::array<bool, 3> exceptions{};

    [[nodiscard]] static bool covers(const std::array<bool, 3>& kinds, bool itself) noexcept {
        using domainset::MatchKind;
        return kinds[static_cast<std::size_t>(MatchKind::Suffix)] ||
               kinds[static_cast<std::size_t>(itself ? MatchKind::Exact : MatchKind::Below)];
    }
};

}  // namespace

Result<Popular> Popular::load(const Path& file) {
    const auto text = read_file(file, kFileBytesMax);
    if (!text) return text.error();
    std::vector<wire::Name> names;
    for_each_line(*text, [&](std::string_view line, std::uint32_t) {
        line = trim(line.substr(0, line.find('#')));
        line = line.substr(line.find_last_of(",\t ") + 1);  // npos + 1 is 0
        if (const auto name = wire::Name::parse(line); name && name->labels() != 0) names.push_back(*name);
        return names.size() < kNamesMax;
    });
    return of(std::move(names));
}

Result<Popular> Popular::of(const Manifest& manifest) {
    return manifest.popular.empty() ? of(manifest.popular_names) : load(manifest.popular);
}

Popular Popular::of(std::vector<wire::Name> names) {
    Popular popular;
    for (wire::Name& name : names) {
        if (!popular.ranks_.emplace(key(name.wire()), static_cast<std::uint32_t>(popular.names_.size()) + 1).second)
            continue;
        for (std::uint8_t labels = name.labels(); labels > 0; --labels)
            popular.suffixes_.emplace(key(name.suffix(labels)), static_cast<std::uint32_t>(popular.suffixes_.size()));
        popular.names_.push_back(std::move(name));
    }
    return popular;
}

std::optional<std::uint32_t> Popular::rank_of(const wire::Name& name) const {
    const auto found = ranks_.find(key(name.wire()));
    return found == ranks_.end() ? std::nullopt : std::optional(found->second);
}

bool Popular::is_or_covers(const wire::Name& name) const { return suffixes_.contains(key(name.wire())); }

std::vector<bool> Popular::sinkholed_by(const ListCopy& copy) const {
    std::vector<SuffixRules> rules_at(suffixes_.size());
    copy.for_each([&](const Rule& rule) {
        const auto found = suffixes_.find(key(rule.name.wire()));
        if (found == suffixes_.end() || rule.trigger != Rule::Trigger::Name) return;
        auto& kinds = rule.exception ? rules_at[found->second].exceptions : rules_at[found->second].sinkholed;
        kinds[static_cast<std::size_t>(rule.kind)] = true;
    });
    std::vector<bool> sinkholed;
    for (const wire::Name& name : names_) {
        bool is_sinkholed = false;
        for (std::uint8_t labels = name.labels(); labels > 0; --labels) {
            const SuffixRules& here = rules_at[suffixes_.at(key(name.suffix(labels)))];
            const bool itself = labels == name.labels();
            if (SuffixRules::covers(here.exceptions, itself)) break;
            is_sinkholed = SuffixRules::covers(here.sinkholed, itself);
            if (is_sinkholed) break;
        }
        sinkholed.push_back(is_sinkholed);
    }
    return sinkholed;
}

}  // namespace cenote::blocklists
