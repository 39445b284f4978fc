// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/domain_set.h"

#include <algorithm>
#include <array>
#include <utility>

#include "resolver/domainset/load.h"

namespace cenote::domainset {
namespace {

constexpr std::array<std::string_view, kRoleCount> kRoles{"web", "app", "api", "sdk", "cdn", "login", "telemetry"};

}  // namespace

struct DomainSet::State {
    Loaded loaded;
    std::string name;
    MappedFile file;  // one of these two holds the bytes
    std::vector<std::uint8_t> owned;

    [[nodiscard]] ByteView bytes() const noexcept { return owned.empty() ? file.bytes() : ByteView(owned); }
};

DomainSet::DomainSet(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
DomainSet::DomainSet(DomainSet&&) noexcept = default;
DomainSet& DomainSet::operator=(DomainSet&&) noexcept = default;
DomainSet::~DomainSet() = default;

Result<DomainSet> DomainSet::open_unread(const Path& path) {
    auto file = MappedFile::open(path);
    if (!file) return std::move(file).error();
    auto loaded = load(file->bytes(), path.string());
    if (!loaded) return std::move(loaded).error();
    return DomainSet(std::make_unique<State>(State{*std::move(loaded), path.string(), *std::move(file), {}}));
}

Result<DomainSet> DomainSet::open(const Path& path) {
    auto set = open_unread(path);
    return set ? std::move(*set).whole() : std::move(set);
}

Result<DomainSet> DomainSet::from_bytes(std::vector<std::uint8_t> bytes) {
    auto loaded = load(bytes, "a set in memory");
    if (!loaded) return std::move(loaded).error();
    return DomainSet(std::make_unique<State>(State{*std::move(loaded), "a set in memory", {}, std::move(bytes)}))
        .whole();
}

Result<DomainSet> DomainSet::whole() && {
    if (auto checked = check(); !checked) return std::move(checked).error();
    state_->loaded.info.digest = sha256(state_->bytes());
    return std::move(*this);
}

Status DomainSet::check() const { return check_table(state_->loaded, state_->name); }

std::optional<Hit> DomainSet::match(const wire::Name& name) const noexcept {
    NameHashes hashes;
    hash(name, hashes);
    touch_groups(name, hashes);
    return match(name, hashes);
}

void DomainSet::hash(const wire::Name& name, NameHashes& hashes) const noexcept {
    state_->loaded.table.hash(name, hashes);
}

void DomainSet::touch_groups(const wire::Name& name, const NameHashes& hashes) const noexcept {
    state_->loaded.table.touch_groups(name, hashes);
}

void DomainSet::touch_record(const wire::Name& name, const NameHashes& hashes) const noexcept {
    state_->loaded.table.touch_record(name, hashes);
}

std::optional<Hit> DomainSet::match(const wire::Name& name, const NameHashes& hashes) const noexcept {
    return state_->loaded.table.match(name, hashes);
}

void DomainSet::for_each(const std::function<void(const Entry&)>& visit) const {
    const Table& table = state_->loaded.table;
    std::array<std::uint8_t, wire::Name::kBytesMax> bytes{};
    Entry entry;
    for (std::size_t group = 0; group < table.group_count; ++group) {
        const std::uint8_t* at = table.groups + group * format::kGroupBytes;
        for (std::uint32_t slot = 0; slot < format::kSlots && at[slot] != 0; ++slot) {
            const std::size_t length = at[format::kLengthsAt + slot];
            const std::uint8_t* record = table.record_at(at, slot, length);
            const format::Payload* payload = record != nullptr ? table.payload_of(record) : nullptr;
            if (payload == nullptr || length >= bytes.size()) continue;  // check() says so
            std::memcpy(bytes.data(), record + table.payload_bytes, length);
            bytes[length] = 0;
            std::size_t end = 0;
            if (!entry.name.read_uncompressed(ByteView(bytes).first(length + 1), end)) continue;
            entry.own = payload->own;
            entry.below = payload->below == format::kInherit ? std::nullopt : std::optional(payload->below);
            visit(entry);
        }
    }
}

bool DomainSet::has_exceptions() const noexcept {
    return std::ranges::any_of(state_->loaded.table.payloads, [](const auto& payload) { return payload.own == 0; });
}

std::uint32_t DomainSet::tag_set_count() const noexcept {
    return static_cast<std::uint32_t>(state_->loaded.tag_sets.size());
}

std::vector<std::uint32_t> DomainSet::tag_set(TagSetId id) const {
    const auto& sets = state_->loaded.tag_sets;
    CENOTE_CHECK(id < sets.size());
    return {sets.items.begin() + sets.starts[id], sets.items.begin() + sets.starts[id + 1]};
}

const std::vector<Tag>& DomainSet::tags() const noexcept { return state_->loaded.tags; }
const std::vector<Source>& DomainSet::sources() const noexcept { return state_->loaded.sources; }
const SetInfo& DomainSet::info() const noexcept { return state_->loaded.info; }

std::string_view role_to_text(Role role) noexcept { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> parse_role(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kRoles.size(); ++i)
        if (kRoles[i] == text) return static_cast<Role>(i);
    return std::nullopt;
}

}  // namespace cenote::domainset
