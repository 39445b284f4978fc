// SPDX-License-Identifier: Apache-2.0
//
// [[local]]: records that this resolver answers itself.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"
#include "resolver/wire/message.h"

namespace cenote::config {
namespace {

/// OPT and the types from 128 to 255 occur in messages, not in zones (RFC 6895 §3.1).
bool is_data_type(wire::RrType type) {
    const auto number = static_cast<std::uint16_t>(type);
    return number != 0 && type != wire::RrType::OPT && (number < 128 || number > 255);
}

/// RFC 1034 §3.6.2: a CNAME is the only data of its name.
bool clashes(const engine::LocalRecord& record, const std::vector<engine::LocalRecord>& others) {
    return std::any_of(others.begin(), others.end(), [&record](const engine::LocalRecord& other) {
        return other.name == record.name && other.type != record.type &&
               (other.type == wire::RrType::CNAME || record.type == wire::RrType::CNAME);
    });
}

/// The name that no directive may target: of a wildcard its parent, with all names below (RFC 4592 §2.1.1).
wire::Name unsinkholable_of(const wire::Name& name) {
    wire::Name parent;
    std::size_t end = 0;
    const bool is_wildcard = name.labels() > 1 && name.wire()[0] == 1 && name.wire()[1] == '*';
    if (!is_wildcard || !parent.read_uncompressed(name.suffix(static_cast<std::uint8_t>(name.labels() - 1)), end))
        return name;
    return parent;
}

std::optional<wire::RrType> read_type(const TomlTable& table) {
    const auto text = table.required_text("type");
    if (!text) return std::nullopt;
    const auto type = wire::parse_type(text->value);
    if (type && is_data_type(*type)) return type;
    table.error("type",
                fmt::format("'{}' is not a type of record; write one as in \"A\", \"AAAA\", \"TXT\"", text->value));
    return std::nullopt;
}

void read_record(const TomlTable& table, Draft& draft) {
    engine::LocalRecord record;
    if (const auto ttl = read_whole_seconds(table, "ttl", {seconds{0}, seconds{604800}}))
        record.ttl_s = static_cast<std::uint32_t>(ttl->count());
    const auto name_text = table.required_text("name");
    const auto name = name_text ? wire::read_name(*name_text, wire::NameUse::Owner, draft.diagnostics) : std::nullopt;
    const auto type = read_type(table);
    const auto value = table.required_text("value");
    if (!name || !type || !value) return;

    auto rdata = wire::rdata_from_text(*type, value->value);
    if (!rdata)
        return table.error("value", fmt::format("'{}' is not the value of a record of type {}: {}", value->value,
                                                wire::type_to_text(*type), rdata.error().text));
    record.name = *name;
    record.type = *type;
    record.rdata = std::move(*rdata);
    if (clashes(record, draft.settings.local))
        return table.error("type", fmt::format("'{}' has a CNAME, which must be its only record (RFC 1034 §3.6.2); "
                                               "remove one of them",
                                               name_text->value));
    draft.policy.unsinkholable.push_back(unsinkholable_of(record.name));
    draft.settings.local.push_back(std::move(record));
}

engine::Designated designated_of(server::Protocol protocol) {
    if (protocol == server::Protocol::Https) return engine::Designated::Https;
    return protocol == server::Protocol::Quic ? engine::Designated::Quic : engine::Designated::Tls;
}

}  // namespace

engine::LocalNames local_names(const Settings& settings, const engine::Discovery& discovery) {
    std::vector<engine::LocalRecord> records = settings.local;
    // A record in the configuration replaces those of the resolver's own.
    for (const engine::LocalRecord& own : discovery.records())
        if (std::ranges::find(settings.local, own.name, &engine::LocalRecord::name) == settings.local.end())
            records.push_back(own);
    engine::TrustedZones zones;
    for (const upstream::Route& route : settings.upstream.routes) zones.routed.push_back(route.zone);
    zones.protect = settings.protect;
    return {std::move(records), zones};
}

engine::Discovery discovery_of(const Settings& settings, const engine::Listeners& listeners) {
    const auto name = wire::Name::parse(settings.tls.name);
    return engine::Discovery(
        {.name = name.value_or(wire::Name()), .info_url = settings.tls.info_url, .listeners = listeners});
}

engine::Listeners listeners_of(const std::vector<server::Endpoint>& endpoints) {
    engine::Listeners listeners;
    for (const server::Endpoint& endpoint : endpoints) {
        if (endpoint.protocol == server::Protocol::Udp) listeners.datagrams.push_back(endpoint.address.ip);
        if (!is_encrypted(endpoint.protocol)) continue;
        listeners.encrypted.push_back({endpoint.address, designated_of(endpoint.protocol)});
    }
    return listeners;
}

void read_local(const TomlTable& root, Draft& draft) {
    for (const auto& record : root.tables("local")) read_record(record, draft);
}

}  // namespace cenote::config
