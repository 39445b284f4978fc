// SPDX-License-Identifier: Apache-2.0
#include "blocklists/compile.h"
#include "blocklists/list_store.h"
#include "resolver/base/random.h"
#include "resolver/config/config.h"
#include "resolver/config/guarded_addresses.h"

namespace cenote::config {
namespace {

blocklists::SourceKind source_kind(const ListSettings& list) {
    using blocklists::SourceKind;
    return is_zone(list) ? SourceKind::Zone : is_url(list) ? SourceKind::Url : SourceKind::File;
}

}  // namespace

blocklists::Manifest manifest_of(const Settings& settings, WallTime built_at) {
    blocklists::Manifest manifest;
    manifest.services = settings.services;
    const blocklists::ListStore store(settings.set);
    std::error_code none;
    if (std::filesystem::exists(store.catalogue_names_path(), none))
        manifest.services_last_good = store.catalogue_names_path();
    for (const auto& list : settings.lists) {
        blocklists::Manifest::List entry{.id = list.id, .path = list.source, .key = list.key};
        entry.format = blocklists::parse_format(list.format).value_or(blocklists::Format::Auto);
        store.complete(entry, source_kind(list));
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
    manifest.lists.clear();  // their ids are known from the settings
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
