// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/random.h"
#include "resolver/config/config.h"
#include "resolver/config/list_copies.h"

namespace cenote::config {

blocklists::Manifest manifest_of(const Settings& settings, WallTime built_at) {
    blocklists::Manifest manifest;
    manifest.services = settings.services;
    for (const auto& list : settings.lists) {
        if (is_url(list)) continue;
        blocklists::Manifest::List entry{.id = list.id, .path = list.source};
        entry.format = blocklists::parse_format(list.format).value_or(blocklists::Format::Auto);
        if (list_copy(settings, list.id).last_good) entry.last_good = list_copy_path(settings, list.id);
        manifest.lists.push_back(std::move(entry));
    }
    manifest.protect = settings.protect;
    for (const auto& route : settings.upstream.routes) manifest.route_zones.push_back(route.zone);
    for (const auto& record : settings.local) manifest.local_names.push_back(record.name);
    manifest.built_at = built_at;
    manifest.seed = random_u64();
    return manifest;
}

bool is_url(const ListSettings& list) {
    return list.source.starts_with("https://") || list.source.starts_with("http://");
}

}  // namespace cenote::config
