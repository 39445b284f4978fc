// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "resolver/domainset/layout.h"
#include "resolver/domainset/nodes.h"

namespace cenote::domainset {

struct DomainSetWriter::State {
    State(WallTime built, std::uint64_t set_seed) : built_at(built), seed(set_seed), entries(set_seed) {}

    WallTime built_at;
    std::uint64_t seed;
    std::vector<Source> sources;
    std::map<Tag, std::uint32_t> tag_indices;  // in the order of their first use
    EntryStore entries;
    std::vector<AddressRule> addresses;  // with the indices of tag_indices
    Status input = Done{};               // the first error in what was added; finish() returns it

    std::uint32_t index_of(const Tag& tag) {
        return tag_indices.try_emplace(tag, static_cast<std::uint32_t>(tag_indices.size())).first->second;
    }
    void reject(Error error) {
        if (input) input = std::move(error);
    }
    void store(const wire::Name& name, const Statement& statement) {
        if (name.labels() == 0) {
            reject(Error{fmt::format("source '{}' names the root, which would be every name; take that entry out",
                                     sources[statement.source].id)});
        } else if (!entries.add(name, statement)) {
            reject(Error{"the sources hold more than 4 GiB of names; take some lists out"});
        }
    }
};

namespace {

/// The sorted tags, and for each index of first use the index in this order.
struct SortedTags {
    std::vector<Tag> tags;
    std::vector<std::uint32_t> now;
};

SortedTags sort_tags(const std::map<Tag, std::uint32_t>& indices) {
    SortedTags sorted;
    sorted.now.resize(indices.size());
    for (const auto& [tag, index] : indices) {
        sorted.now[index] = static_cast<std::uint32_t>(sorted.tags.size());
        sorted.tags.push_back(tag);
    }
    return sorted;
}

}  // namespace

DomainSetWriter::DomainSetWriter(std::chrono::sys_seconds built_at, std::uint64_t seed)
    : state_(std::make_unique<State>(built_at, seed)) {}
DomainSetWriter::~DomainSetWriter() = default;

std::uint32_t DomainSetWriter::add_source(Source source) {
    source.entries = 0;
    if (auto checked = format::check_source(source); !checked) state_->reject(std::move(checked).error());
    state_->sources.push_back(std::move(source));
    return static_cast<std::uint32_t>(state_->sources.size() - 1);
}

void DomainSetWriter::add(const wire::Name& name, const Tag& tag, MatchKind kind) {
    CENOTE_CHECK(tag.source < state_->sources.size());
    ++state_->sources[tag.source].entries;
    state_->store(name, {tag.source, state_->index_of(tag), kind, false});
}

void DomainSetWriter::add_exception(const wire::Name& name, std::uint32_t source, MatchKind kind) {
    CENOTE_CHECK(source < state_->sources.size());
    state_->store(name, {source, 0, kind, true});
}

void DomainSetWriter::add_address(AddressUse use, const Prefix& prefix, const Tag& tag, bool sinkholes) {
    CENOTE_CHECK(tag.source < state_->sources.size());
    if (sinkholes) ++state_->sources[tag.source].entries;
    state_->addresses.push_back({use, prefix, state_->index_of(tag), sinkholes});
}

Result<std::vector<std::uint8_t>> DomainSetWriter::finish() {
    if (!state_->input) return Error{fmt::format("cannot build the set: {}", state_->input.error().text)};
    const auto sorted = sort_tags(state_->tag_indices);
    std::vector<std::uint32_t> sources;
    for (const auto& tag : sorted.tags) sources.push_back(tag.source);
    SourceSetTable source_sets(std::move(sources));

    const auto names = resolve(state_->entries, sorted.now, source_sets);
    Layout layout;
    layout.seed = state_->seed;
    layout.built_at = state_->built_at;
    layout.sources = &state_->sources;
    layout.tags = &sorted.tags;
    layout.source_sets = &source_sets.all();
    layout.addresses = state_->addresses;
    for (AddressRule& rule : layout.addresses) rule.tag = sorted.now[rule.tag];
    arrange(layout.addresses);
    return lay_out(layout, names);
}

Result<SetInfo> DomainSetWriter::finish_to(const Path& path) {
    auto bytes = finish();
    if (!bytes) return std::move(bytes).error();
    if (auto done = publish_file(path, *bytes, 0644); !done) return std::move(done).error();
    auto set = DomainSet::from_bytes(*std::move(bytes));
    if (!set) return std::move(set).error();
    return set->info();
}

}  // namespace cenote::domainset
