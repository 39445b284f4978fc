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
    {"localhost", LocalKind::Loopback},        // RFC 6761 §6.3
    {"test", LocalKind::Nxdomain},             // RFC 6761 §6.2
    {"invalid", LocalKind::Nxdomain},          // RFC 6761 §6.4
    {"onion", LocalKind::Nxdomain},            // RFC 7686 §2
    {"local", LocalKind::Nxdomain},            // RFC 6762 §22.1
    {"home.arpa", LocalKind::EmptyZone},       // RFC 8375 §4
    {"resolver.arpa", LocalKind::Nodata},      // RFC 9462 §4
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
    {"use-application-dns.net", LocalKind::Canary},      // Firefox: is DNS over HTTPS unwelcome here?
    {"mask.icloud.com", LocalKind::Canary},              // Apple Private Relay
    {"mask-h2.icloud.com", LocalKind::Canary},
};

/// The hash of a name, label by label from the root, so that all its suffixes are hashed on the way.
std::uint64_t hash_label(const wire::Name& name, std::uint8_t index, std::uint64_t above) noexcept {
    const std::uint8_t from = name.offset(index);
    return hash64(name.wire().subspan(from, std::size_t{1} + name.wire()[from]), above);
}

wire::Name must_parse(const std::string& text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return *name;
}

bool same_bytes(ByteView a, ByteView b) noexcept { return std::ranges::equal(a, b); }

}  // namespace

LocalNames::LocalNames(std::vector<LocalRecord> records, const std::vector<wire::Name>& routed)
    : records_(std::move(records)) {
    std::ranges::stable_sort(records_, [](const LocalRecord& a, const LocalRecord& b) {
        return std::ranges::lexicographical_compare(a.name.wire(), b.name.wire());
    });
    for (const Builtin& builtin : kBuiltins)
        entries_.push_back({must_parse(std::string(builtin.name)), builtin.kind, 0, 0});
    // RFC 6303 §4.1: 172.16/12; RFC 7793: 100.64/10.
    for (int octet = 16; octet < 32; ++octet)
        entries_.push_back({must_parse(std::to_string(octet) + ".172.in-addr.arpa"), LocalKind::EmptyZone, 0, 0});
    for (int octet = 64; octet < 128; ++octet)
        entries_.push_back({must_parse(std::to_string(octet) + ".100.in-addr.arpa"), LocalKind::EmptyZone, 0, 0});
    for (const wire::Name& zone : routed) {
        std::erase_if(entries_, [&](const Entry& entry) { return entry.name == zone; });
        entries_.push_back({zone, LocalKind::None, 0, 0});
    }
    for (std::uint32_t i = 0; i < records_.size();) {
        std::uint32_t end = i + 1;
        while (end < records_.size() && records_[end].name == records_[i].name) ++end;
        entries_.push_back({records_[i].name, LocalKind::Records, i, end - i});
        i = end;
    }
    build_table();
}

void LocalNames::build_table() {
    table_.assign(std::bit_ceil(entries_.size() * 4 + 1), 0);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        std::uint64_t hash = 0;
        for (int label = entries_[i].name.labels() - 1; label >= 0; --label)
            hash = hash_label(entries_[i].name, static_cast<std::uint8_t>(label), hash);
        std::size_t slot = hash & (table_.size() - 1);
        while (table_[slot] != 0) slot = (slot + 1) & (table_.size() - 1);
        table_[slot] = i + 1;
    }
}

LocalAnswer LocalNames::find(const wire::Name& name) const noexcept {
    LocalAnswer found;
    bool routed = false;
    std::uint64_t hash = 0;
    for (int label = name.labels() - 1; label >= 0 && !table_.empty(); --label) {
        const auto index = static_cast<std::uint8_t>(label);
        const auto labels = static_cast<std::uint8_t>(name.labels() - label);
        hash = hash_label(name, index, hash);
        for (std::size_t slot = hash & (table_.size() - 1); table_[slot] != 0;
             slot = (slot + 1) & (table_.size() - 1)) {
            const Entry& entry = entries_[table_[slot] - 1];
            if (!same_bytes(entry.name.wire(), name.suffix(labels))) continue;
            if (entry.kind == LocalKind::Records) {
                if (label == 0)
                    return {LocalKind::Records, labels,
                            std::span(records_).subspan(entry.first_record, entry.record_count)};
            } else if (entry.kind == LocalKind::None) {
                routed = true;
            } else {
                found = {entry.kind, labels, {}};
            }
        }
    }
    if (found.kind == LocalKind::EmptyZone)
        found.kind = found.zone_labels == name.labels() ? LocalKind::Nodata : LocalKind::Nxdomain;
    // A zone with servers of its own is asked there, even where the built-in zone above or below it is empty.
    if (routed && found.kind != LocalKind::Canary) return {};
    return found;
}

}  // namespace cenote::engine
