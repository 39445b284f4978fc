// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/zone_builder.h"

#include <algorithm>

#include "resolver/base/log.h"

namespace cenote::transfer {

ZoneBuilder::Built ZoneBuilder::build(const Source& source, const Zones& before, WallTime now) {
    auto zones = std::make_shared<Zones>();
    Built built;
    zones->options = source.options;
    for (const PrimaryZoneOptions& zone : source.options.primary_zones) {
        const auto found = std::find_if(before.versions.begin(), before.versions.end(),
                                        [&](const auto& version) { return version->of.zone == zone.zone; });
        const auto known = found == before.versions.end() ? nullptr : *found;
        auto version = build_zone(source, zone, known, now);
        if (version == nullptr) continue;
        if (version != known) built.changed.push_back(version);
        zones->versions.push_back(std::move(version));
    }
    built.zones = std::move(zones);
    return built;
}

/// The version before where nothing changed, or where the zone cannot be built; nullptr: there is none.
std::shared_ptr<const ZoneVersion> ZoneBuilder::build_zone(const Source& source, const PrimaryZoneOptions& zone,
                                                           const std::shared_ptr<const ZoneVersion>& before,
                                                           WallTime now) {
    const std::string name = zone.zone.to_string();
    const auto of = policy_of_group(*source.policy, zone.group, now);
    if (!of) {
        log::error("zone {}: {}", name, of.error().text);
        return before;
    }
    auto records = rpz_records(*of);
    if (const auto left_out = remove_too_long(records, zone.zone.wire().size()); left_out != 0)
        log::warning("zone {}: {} names are too long for it", name, left_out);
    auto version =
        next_version(before.get(), {.of = zone,
                                    .node = source.node,
                                    .ttl_s = rpz_ttl_s(*source.policy),
                                    .serial = source.policy->version(),
                                    .records = std::make_shared<const std::vector<RpzRecord>>(std::move(records)),
                                    .differences = {}});
    if (version == nullptr) return before;
    log::notice("zone {}: serial {}, {} records", name, version->serial, version->records->size());
    return version;
}

}  // namespace cenote::transfer
