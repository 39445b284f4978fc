// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/local_names.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/base/hash.h"

namespace cenote::engine {
namespace {

struct Builtin {
    std::string_view name;
    LocalKind kind;
};

// Locally served zones and special-use names. An empty zone's apex is NODATA, all below is NXDOMAIN.
constexpr Builtin kBuiltins[] = {
    {"localhost", LocalKind::Loopback},    // RFC 6761 §6.3
    {"test", LocalKind::Nxdomain},         // RFC 6761 §6.2
    {"invalid", LocalKind::Nxdomain},      // RFC 6761 §6.4
    {"onion", LocalKind::Nxdomain},        // RFC 7686 §2
    {"local", LocalKind::Nxdomain},        // RFC 6762 §22.1
    {"home.arpa", LocalKind::EmptyZone},   // RFC 8375 §4
    {"resolver.arpa", LocalKind::Nodata},  // RFC 9462 §4
    {"_dns.resolver.arpa", LocalKind::Designation},
    {"0.in-addr.arpa", LocalKind::EmptyZone},  // RFC 6303 §4.2, §4.1
    {"10.in-addr.arpa", LocalKind::EmptyZone},
    {"127.in-addr.arpa", LocalKind::EmptyZone},
    {"254.169.in-addr.arpa", LocalKind::EmptyZone},
    {"168.192.in-addr.arpa", LocalKind::EmptyZone},
    {"2.0.192.in-addr.arpa", LocalKind::EmptyZone},
    {"100.51.198.in-addr.arpa", LocalKind::EmptyZone},
    {"113.0.203.in-addr.arpa", LocalKind::EmptyZone},
    {"255.255.255.255.in-addr.arpa", LocalKind::EmptyZone},
    {"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", LocalKind::EmptyZone},  // §4.3
    {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", LocalKind::EmptyZone},
    {"d.f.ip6.arpa", LocalKind::EmptyZone},    // §4.4
    {"8.e.f.ip6.arpa", LocalKind::EmptyZone},  // §4.5
    {"9.e.f.ip6.arpa", LocalKind::EmptyZone},
    {"a.e.f.ip6.arpa", LocalKind::EmptyZone},
    {"b.e.f.ip6.arpa", LocalKind::EmptyZone},
    {"8.b.d.0.1.0.0.2.ip6.arpa", LocalKind::EmptyZone},  // §4.6
    {"use-application-dns.net", LocalKind::Canary},      // Firefox: NXDOMAIN turns DNS over HTTPS off
    {"mask.icloud.com", LocalKind::Canary},              // Apple Private Relay
    {"mask-h2.icloud.com", LocalKind::Canary},
};

/// Hashes a name label by label from the root, so that all its suffixes are hashed on the way.
std::uint64_t hash_label(const wire::Name& name, std::uint8_t index, std::uint64_t above) noexcept {
    const std::uint8_t from = name.offset(index);
    return hash64(name.wire().subspan(from, std::size_t{1} + name.wire()[from]), above);
}

wire::Name must_parse(const std::string& text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return *name;
}

/// The suffix of the name with `labels` labels.
wire::Name ancestor(const wire::Name& name, std::uint8_t labels) {
    wire::Name above;
    std::size_t end = 0;
    CENOTE_CHECK(above.read_uncompressed(name.suffix(labels), end));
    return above;
}

/// Whether the leftmost label is a single asterisk (RFC 4592 §2.1.1).
bool is_wildcard(const wire::Name& name) noexcept {
    return name.labels() > 1 && name.wire()[0] == 1 && name.wire()[1] == '*';
}

bool same_bytes(ByteView a, ByteView b) noexcept { return std::ranges::equal(a, b); }

}  // namespace

LocalNames::LocalNames(std::vector<LocalRecord> records, const TrustedZones& zones) : records_(std::move(records)) {
    std::ranges::stable_sort(records_, [](const LocalRecord& a, const LocalRecord& b) {
        return std::ranges::lexicographical_compare(a.name.wire(), b.name.wire());
    });
    add_builtins();
    add_zones(zones);
    add_records();
    add_empty_non_terminals();
    build_table();
}

void LocalNames::add_builtins() {
    const auto add = [this](const std::string& text, LocalKind kind) {
        entries_.push_back({must_parse(text), Role::Builtin, kind, 0, 0});
    };
    for (const Builtin& builtin : kBuiltins) add(std::string(builtin.name), builtin.kind);
    // RFC 6303 §4.1: 172.16/12; RFC 7793: 100.64/10.
    for (int octet = 16; octet < 32; ++octet) add(std::to_string(octet) + ".172.in-addr.arpa", LocalKind::EmptyZone);
    for (int octet = 64; octet < 128; ++octet) add(std::to_string(octet) + ".100.in-addr.arpa", LocalKind::EmptyZone);
}

void LocalNames::add_zones(const TrustedZones& zones) {
    for (const wire::Name& zone : zones.routed) {
        std::erase_if(entries_, [&](const Entry& entry) { return entry.name == zone; });
        entries_.push_back({zone, Role::Routed, LocalKind::None, 0, 0});
    }
    for (const wire::Name& name : zones.protect) entries_.push_back({name, Role::Protect, LocalKind::None, 0, 0});
}

void LocalNames::add_records() {
    for (std::uint32_t i = 0; i < records_.size();) {
        std::uint32_t end = i + 1;
        while (end < records_.size() && records_[end].name == records_[i].name) ++end;
        const wire::Name& name = records_[i].name;
        entries_.push_back({name, Role::Records, LocalKind::Records, i, end - i});
        if (is_wildcard(name))
            entries_.push_back({ancestor(name, static_cast<std::uint8_t>(name.labels() - 1)), Role::WildcardParent,
                                LocalKind::None, i, end - i});
        i = end;
    }
}

/// Adds the empty non-terminals between the parent of a wildcard and a name below it (RFC 4592 §2.2.2).
void LocalNames::add_empty_non_terminals() {
    std::vector<wire::Name> between;
    for (const Entry& parent : entries_) {
        if (parent.role != Role::WildcardParent) continue;
        for (const Entry& below : entries_) {
            if (below.role != Role::Records || !below.name.is_below_or_equal(parent.name)) continue;
            for (int labels = below.name.labels() - 1; labels > parent.name.labels(); --labels)
                between.push_back(ancestor(below.name, static_cast<std::uint8_t>(labels)));
        }
    }
    std::ranges::sort(between, [](const wire::Name& a, const wire::Name& b) {
        return std::ranges::lexicographical_compare(a.wire(), b.wire());
    });
    between.erase(std::unique(between.begin(), between.end()), between.end());
    for (const wire::Name& name : between) entries_.push_back({name, Role::EmptyNonTerminal, LocalKind::Records, 0, 0});
}

void LocalNames::build_table() {
    table_.assign(std::bit_ceil(entries_.size() * 4 + 1), 0);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        std::uint64_t hash = 0;
        for (int label = entries_[i].name.labels() - 1; label >= 0; --label)
            hash = hash_label(entries_[i].name, static_cast<std::uint8_t>(label), hash);
        generation_ = hash64(entries_[i].name.wire(), generation_ + static_cast<std::uint64_t>(entries_[i].role));
        std::size_t slot = hash & (table_.size() - 1);
        while (table_[slot] != 0) slot = (slot + 1) & (table_.size() - 1);
        table_[slot] = i + 1;
    }
}

/// The names that find() passes on the way from the root to QNAME.
struct LocalNames::Walk {
    LocalAnswer found;                 // the deepest special-use name
    const Entry* records = nullptr;    // those of QNAME
    const Entry* wildcard = nullptr;   // the wildcard below the closest encloser
    std::uint8_t existing_labels = 0;  // of the closest encloser
    bool routed = false;
    bool trusted = false;
};

void LocalNames::meet(const Entry& entry, std::uint8_t labels, Walk& walk) const noexcept {
    switch (entry.role) {
        case Role::Protect: walk.trusted = true; return;
        case Role::Routed: walk.trusted = walk.routed = true; break;
        case Role::Builtin: walk.found = {.kind = entry.kind, .zone_labels = labels, .records = {}}; break;
        case Role::Records:
        case Role::EmptyNonTerminal:
        case Role::WildcardParent: break;
    }
    const bool deeper = labels > walk.existing_labels;
    walk.existing_labels = labels;
    if (entry.role == Role::WildcardParent)
        walk.wildcard = &entry;
    else if (deeper)
        walk.wildcard = nullptr;
    const bool has_records = entry.role == Role::Records || entry.role == Role::EmptyNonTerminal;
    if (has_records && (walk.records == nullptr || entry.record_count != 0)) walk.records = &entry;
}

LocalAnswer LocalNames::find(const wire::Name& name) const noexcept {
    Walk walk;
    std::uint64_t hash = 0;
    for (int label = name.labels() - 1; label >= 0 && !table_.empty(); --label) {
        const auto labels = static_cast<std::uint8_t>(name.labels() - label);
        hash = hash_label(name, static_cast<std::uint8_t>(label), hash);
        walk.records = nullptr;
        for (std::size_t slot = hash & (table_.size() - 1); table_[slot] != 0;
             slot = (slot + 1) & (table_.size() - 1)) {
            const Entry& entry = entries_[table_[slot] - 1];
            if (same_bytes(entry.name.wire(), name.suffix(labels))) meet(entry, labels, walk);
        }
    }
    const Entry* records = walk.records;
    if (records == nullptr && walk.existing_labels < name.labels()) records = walk.wildcard;
    if (records != nullptr)
        return {
            .kind = LocalKind::Records, .zone_labels = name.labels(), .records = records_of(*records), .trusted = true};
    LocalAnswer found = walk.found;
    if (found.kind == LocalKind::EmptyZone)
        found.kind = found.zone_labels == name.labels() ? LocalKind::Nodata : LocalKind::Nxdomain;
    // A routed zone goes to its own servers, even where the built-in zone above or below it is empty.
    if (walk.routed && found.kind != LocalKind::Canary) found = {};
    found.trusted = walk.trusted;
    return found;
}

}  // namespace cenote::engine
