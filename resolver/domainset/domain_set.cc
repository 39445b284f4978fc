// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/domain_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "resolver/base/mapping_guard.h"
#include "resolver/domainset/opened.h"
#include "resolver/domainset/version1.h"

namespace cenote::domainset {
namespace {

constexpr std::uint8_t kNoName = 0xff;  // more labels than any name has: only what holds below a suffix counts

/// Whether the file at `path` is the one that `known` has open, by the checksum of the header. The mapped bytes of
/// `known` may have been changed in place since, so they are not compared.
bool is_same_file(const Path& path, const SetFile& known) {
    if (is_mapping_lost(known.file.bytes())) return false;
    const auto file = MappedFile::open(path);
    return file && file->bytes().size() == known.loaded.info.bytes && file->bytes().size() >= format::kHeaderBytes &&
           format::stored_checksum(file->bytes()) == known.loaded.info.checksum &&
           format::computed_checksum(file->bytes()) == known.loaded.info.checksum;
}

}  // namespace

DomainSet::DomainSet(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
DomainSet::DomainSet(DomainSet&&) noexcept = default;
DomainSet& DomainSet::operator=(DomainSet&&) noexcept = default;
DomainSet::~DomainSet() = default;

Result<DomainSet> DomainSet::open_alone(const Path& path, const DomainSet* known) {
    if (known != nullptr && is_same_file(path, *known->state_->large))
        return DomainSet(std::make_unique<State>(known->state_->large));
    auto file = open_set_file(path);
    if (!file) return std::move(file).error();
    if ((*file)->loaded.delta_of != 0)
        return Error{fmt::format("cannot use {}: it is the delta of another set; open that one", path.string())};
    return DomainSet(std::make_unique<State>(*std::move(file)));
}

Result<DomainSet> DomainSet::open_unverified(const Path& path, const DomainSet* known) {
    auto set = open_alone(path, known);
    if (!set) return set;
    const Path beside = delta_path(path, set->info().checksum);
    std::error_code none;
    if (!std::filesystem::exists(beside, none)) return set;
    auto delta = open_set_file(beside);
    if (!delta) return std::move(delta).error();
    if (auto put = set->state_->attach_delta(*std::move(delta)); !put) return std::move(put).error();
    return set;
}

Result<DomainSet> DomainSet::open(const Path& path, const DomainSet* known) {
    auto set = open_unverified(path, known);
    if (!set) return set;
    const bool shared = known != nullptr && known->state_->large == set->state_->large;
    if (auto checked = shared ? set->check_delta() : set->check(); !checked) return std::move(checked).error();
    if (!shared) set->state_->info.digest = sha256(set->state_->large->bytes());
    return set;
}

Result<DomainSet> DomainSet::from_bytes(std::vector<std::uint8_t> bytes) {
    auto file = set_file_of(std::move(bytes), "a set in memory");
    if (!file) return std::move(file).error();
    if ((*file)->loaded.delta_of != 0) return Error{"cannot use a set in memory: it is the delta of another set"};
    DomainSet set(std::make_unique<State>(*std::move(file)));
    if (auto checked = set.check(); !checked) return std::move(checked).error();
    set.state_->info.digest = sha256(set.state_->large->bytes());
    return set;
}

Result<DomainSet> DomainSet::with_delta(std::vector<std::uint8_t> bytes) const {
    auto delta = set_file_of(std::move(bytes), "a delta in memory");
    if (!delta) return std::move(delta).error();
    DomainSet set(std::make_unique<State>(state_->large));
    if (auto put = set.state_->attach_delta(*std::move(delta)); !put) return std::move(put).error();
    if (auto checked = set.check_delta(); !checked) return std::move(checked).error();
    set.state_->info.digest = state_->info.digest;
    return set;
}

Status DomainSet::check() const {
    if (auto checked = check_table(state_->large->loaded, state_->large->name); !checked) return checked;
    return check_delta();
}

Status DomainSet::check_delta() const {
    return state_->small == nullptr ? Done{} : check_table(state_->small->loaded, state_->small->name);
}

std::optional<Hit> DomainSet::match(const wire::Name& name) const noexcept {
    NameHashes hashes;
    hash(name, hashes);
    prefetch_groups(name, hashes);
    return match(name, hashes);
}

void DomainSet::hash(const wire::Name& name, NameHashes& hashes) const noexcept { state_->table.hash(name, hashes); }

/// The small table stays in the CPU cache without a prefetch.
void DomainSet::prefetch_groups(const wire::Name& name, const NameHashes& hashes) const noexcept {
    state_->table.prefetch_groups(name, hashes);
}

void DomainSet::prefetch_record(const wire::Name& name, const NameHashes& hashes) const noexcept {
    state_->table.prefetch_record(name, hashes);
}

std::optional<Hit> DomainSet::match(const wire::Name& name, const NameHashes& hashes) const noexcept {
    const State& state = *state_;
    return state.small == nullptr ? state.table.match(name, hashes)
                                  : state.match(name, hashes, name.labels(), name.labels());
}

std::optional<Hit> DomainSet::match_below(const wire::Name& name, std::uint8_t labels) const noexcept {
    NameHashes hashes;
    hash(name, hashes);
    return state_->match(name, hashes, labels, kNoName);
}

std::span<const AddressRule> DomainSet::addresses(AddressUse use) const noexcept {
    const std::span<const AddressRule> all = state_->large->loaded.addresses;
    const auto clients = std::partition_point(all.begin(), all.end(),
                                              [](const AddressRule& rule) { return rule.use == AddressUse::Response; });
    const auto responses = static_cast<std::size_t>(clients - all.begin());
    return use == AddressUse::Response ? all.first(responses) : all.subspan(responses);
}

void DomainSet::for_each(const std::function<void(const Entry&)>& visit) const {
    const bool hides = state_->large->loaded.hidden_names != 0;
    const auto report = [&](const wire::Name& name, const format::Payload& payload) {
        if (hides && is_version1_address_name(name)) return;
        visit({name, payload.own,
               payload.below == format::kInherit ? std::nullopt : std::optional<SourceSetId>(payload.below)});
    };
    const SharedSetFile& small = state_->small;
    for_each_name(state_->table, [&](const wire::Name& name, const format::Payload& payload) {
        NameHashes hashes;
        if (small != nullptr) hash(name, hashes);
        if (small == nullptr || find_name(small->loaded.table, name, hashes, name.labels()) == nullptr)
            report(name, payload);
    });
    if (small == nullptr) return;
    for_each_name(small->loaded.table, [&](const wire::Name& name, const format::Payload& payload) {
        if (payload.own != format::kInherit) report(name, payload);
    });
}

bool DomainSet::has_exceptions() const noexcept {
    const auto any = [](const Table& table) {
        return std::ranges::any_of(table.payloads, [](const auto& payload) { return payload.own == 0; });
    };
    return any(state_->table) || (state_->small != nullptr && any(state_->small->loaded.table));
}

std::uint32_t DomainSet::source_set_count() const noexcept {
    const std::size_t more = state_->small == nullptr ? 0 : state_->small->loaded.source_sets.size() - 1;
    return static_cast<std::uint32_t>(state_->large->loaded.source_sets.size() + more);
}

std::vector<std::uint32_t> DomainSet::source_set(SourceSetId id) const {
    CENOTE_CHECK(id < source_set_count());
    const auto& of_large = state_->large->loaded.source_sets;
    const bool first = id < of_large.size();
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): without a delta all source sets are those of the large file
    const auto& sets = first ? of_large : state_->small->loaded.source_sets;
    const std::size_t at = first ? id : id - (of_large.size() - 1);
    return {sets.items.begin() + sets.starts[at], sets.items.begin() + sets.starts[at + 1]};
}

const std::vector<Tag>& DomainSet::tags() const noexcept { return state_->large->loaded.tags; }
const std::vector<Source>& DomainSet::sources() const noexcept {
    return (state_->small != nullptr ? state_->small : state_->large)->loaded.sources;
}
const SetInfo& DomainSet::info() const noexcept { return state_->info; }

std::string checksum_text(const DomainSet& set) { return fmt::format("{:016x}", set.info().checksum); }

}  // namespace cenote::domainset
