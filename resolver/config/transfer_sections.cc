// SPDX-License-Identifier: Apache-2.0
//
// The sections [[tsig]] and [[serve_rpz]]: keys, and primary zones that are made of the policy.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/digest.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"
#include "resolver/transfer/tsig.h"

namespace cenote::config {
namespace {

constexpr std::size_t kSecretMin = 16;  // bytes: a secret is to be as strong as its digest (RFC 2104 §3, RFC 8945 §10)
constexpr std::uint16_t kDnsPort = 53;

std::vector<std::uint8_t> read_secret(const TomlText& file, const Path& path, Draft& draft) {
    const auto text = read_secret_file(file, path, draft.diagnostics);
    if (!text) return {};
    std::string_view secret = *text;
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r' || secret.back() == ' '))
        secret.remove_suffix(1);
    constexpr const char* kMake = "write one with 'head -c 32 /dev/urandom | base64', here and on the other side";
    auto bytes = from_base64(secret);
    if (!bytes || bytes->empty())
        draft.diagnostics.error(file.place,
                                fmt::format("{} does not hold a secret in base64 alone; {}", path.string(), kMake));
    else if (bytes->size() < kSecretMin)
        draft.diagnostics.error(
            file.place, fmt::format("the secret in {} has {} bits, and fewer than {} can be guessed; {}", path.string(),
                                    bytes->size() * 8, kSecretMin * 8, kMake));
    else
        return std::move(*bytes);
    return {};
}

void read_tsig(const TomlTable& table, Draft& draft) {
    transfer::TsigKey key;
    if (const auto name = table.required_text("name"))
        if (const auto parsed = wire::read_name(*name, wire::NameUse::Single, draft.diagnostics)) key.name = *parsed;
    if (const auto algorithm = read_word(table, "algorithm", transfer::parse_tsig_algorithm,
                                         "hmac-sha256, hmac-sha512, hmac-sha384, hmac-sha224, hmac-sha1"))
        key.algorithm = *algorithm;
    if (const auto file = table.required_text("secret_file"))
        key.secret = read_secret(*file, to_path(file->value, draft.folder), draft);
    auto& keys = draft.settings.transfer.keys;
    if (std::any_of(keys.begin(), keys.end(), [&](const auto& other) { return other.name == key.name; }))
        table.error("name",
                    fmt::format("there are two keys '{}'; give one of them another name", key.name.to_string()));
    keys.push_back(std::move(key));
}

/// The name of a key that a [[tsig]] section defines.
std::optional<wire::Name> known_key(const TomlText& text, Draft& draft) {
    const auto name = wire::read_name(text, wire::NameUse::Single, draft.diagnostics);
    if (!name) return std::nullopt;
    const auto& keys = draft.settings.transfer.keys;
    if (std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.name == *name; })) return name;
    draft.diagnostics.error(
        text.place, fmt::format("there is no [[tsig]] with the name '{}'; add it, or correct this", text.value));
    return std::nullopt;
}

void read_served(const TomlTable& table, Draft& draft) {
    transfer::PrimaryZoneOptions zone;
    if (const auto name = table.required_text("zone")) {
        const auto parsed = wire::read_name(*name, wire::NameUse::Single, draft.diagnostics);
        if (parsed) zone.zone = *parsed;
        auto& served = draft.settings.transfer.primary_zones;
        if (parsed &&
            std::any_of(served.begin(), served.end(), [&](const auto& other) { return other.zone == *parsed; }))
            draft.diagnostics.error(name->place, fmt::format("zone '{}' is served twice; remove one", name->value));
    }
    if (const auto group = table.text("group")) {
        zone.group = group->value;
        const auto& groups = draft.policy.groups;
        if (zone.group != "everyone" &&
            std::none_of(groups.begin(), groups.end(), [&](const auto& each) { return each.id == zone.group; }))
            draft.diagnostics.error(group->place,
                                    fmt::format("unknown group '{}'; name a [[group]] or \"everyone\"", zone.group));
    }
    for (const auto& text : table.texts("tsig"))
        if (const auto key = known_key(text, draft)) zone.keys.push_back(*key);
    for (const auto& text : table.texts("notify")) {
        if (const auto address = SocketAddress::parse(text.value, kDnsPort)) {
            if (check_destination(text, *address, draft.diagnostics)) zone.notify.push_back(*address);
        } else {
            draft.diagnostics.error(text.place, fmt::format("'{}' is not an address; write IP or IP:PORT", text.value));
        }
    }
    if (!table.has("tsig") && !table.has("notify"))
        draft.diagnostics.error(table.place(),
                                "no client may transfer this zone; give it tsig keys, or the secondaries' "
                                "addresses in notify");
    draft.settings.transfer.primary_zones.push_back(std::move(zone));
}

}  // namespace

void read_transfer(const TomlTable& root, Draft& draft) {
    for (const auto& table : root.tables("tsig")) read_tsig(table, draft);
    for (const auto& table : root.tables("serve_rpz")) read_served(table, draft);
    for (const TomlText& use : draft.key_uses) (void)known_key(use, draft);
    for (const transfer::SecondaryZoneOptions& kept : draft.settings.transfer.secondary_zones)
        for (const transfer::PrimaryZoneOptions& served : draft.settings.transfer.primary_zones)
            if (kept.zone == served.zone)
                draft.diagnostics.error(
                    {draft.settings.file.string(), 0, 0},
                    fmt::format("zone '{}' is kept and served; give ours another name", kept.zone.to_string()));
}

}  // namespace cenote::config
