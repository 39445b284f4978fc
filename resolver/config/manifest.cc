// SPDX-License-Identifier: Apache-2.0
#include "blocklists/compile.h"
#include "resolver/base/random.h"
#include "resolver/config/config.h"
#include "resolver/config/guarded_addresses.h"
#include "resolver/config/list_copies.h"

namespace cenote::config {

blocklists::Manifest manifest_of(const Settings& settings, WallTime built_at) {
    blocklists::Manifest manifest;
    manifest.services = settings.services;
    std::error_code none;
    if (std::filesystem::exists(catalogue_names_path(settings), none))
        manifest.services_last_good = catalogue_names_path(settings);
    for (const auto& list : settings.lists) {
        blocklists::Manifest::List entry{.id = list.id, .path = list.source};
        entry.format = blocklists::parse_format(list.format).value_or(blocklists::Format::Auto);
        if (list_copy(settings, list.id).last_good) entry.last_good = list_copy_path(settings, list.id);
        entry.key = list.key;
        entry.signed_since = signed_since(settings, list);
        entry.signature = Path(entry.path).concat(".minisig");
        if (is_zone(list)) {
            entry.path = zone_path(settings, list.id);
            entry.format = blocklists::Format::Rpz;
            if (std::filesystem::exists(zone_expired_path(settings, list.id), none)) {
                entry.failed = "its zone has expired: the primary was not heard of for too long";
                entry.last_good.clear();
            } else if (!std::filesystem::exists(entry.path, none)) {
                entry.failed = "its zone was not transferred yet; 'cenoted --transfer' does that";
            }
        } else if (is_url(list)) {
            entry.key.clear();  // checked when it was taken
            entry.path = list_copy_path(settings, list.id);
            if (entry.last_good.empty()) entry.failed = "it has not been fetched yet; run cenote update";
        }
        manifest.lists.push_back(std::move(entry));
    }
    manifest.popular = settings.popular;
    manifest.protect = settings.protect;
    for (const auto& route : settings.upstream.routes) manifest.route_zones.push_back(route.zone);
    for (const auto& record : settings.local) manifest.local_names.push_back(record.name);
    manifest.addresses = guarded_addresses(settings);
    manifest.built_at = built_at;
    manifest.seed = random_u64();
    return manifest;
}

std::shared_ptr<const domainset::DomainSet> set_for_check(const Settings& settings) {
    if (!settings.set.empty())
        if (auto opened = domainset::open_with_fallback(settings.set))
            return std::make_shared<const domainset::DomainSet>(std::move(opened->set));
    if (settings.services.empty()) return nullptr;
    auto manifest = manifest_of(settings, WallTime{});
    manifest.lists.clear();  // their ids are known without them
    manifest.services_last_good.clear();
    Diagnostics ignored;
    auto compiled = blocklists::compile_in_memory(manifest, ignored);
    if (!compiled) return nullptr;
    auto set = domainset::DomainSet::from_bytes(std::move(compiled->bytes));
    return set ? std::make_shared<const domainset::DomainSet>(std::move(*set)) : nullptr;
}

bool is_zone(const ListSettings& list) { return list.source.starts_with("axfr://"); }

bool is_url(const ListSettings& list) {
    return list.source.starts_with("https://") || list.source.starts_with("http://");
}

}  // namespace cenote::config
