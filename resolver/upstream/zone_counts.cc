// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/zone_counts.h"

#include <algorithm>
#include <bit>

#include "resolver/base/hash.h"

namespace cenote::upstream {

void ZoneCounts::reset(std::uint32_t exchanges) {
    for (auto& counts : counts_) counts.assign(std::bit_ceil(std::size_t{4} * exchanges), 0);
}

ZoneCounts::Places ZoneCounts::places_of(const wire::Name& name) const noexcept {
    Places places;
    places.fill(kNowhere);
    for (std::uint8_t labels = 1; labels <= kDepths; ++labels) {
        if (labels > std::max<std::uint8_t>(name.labels(), 1)) break;
        // Names of one label are names of the root zone.
        const ByteView zone = name.suffix(name.labels() < 2 ? 0 : labels);
        const std::size_t depth = labels - 1U;
        places[depth] = static_cast<std::uint32_t>(hash64(zone, seed_ + depth) & (counts_[depth].size() - 1));
    }
    return places;
}

bool ZoneCounts::has_room(const Places& places, const ZoneLimits& limits) const noexcept {
    for (std::size_t depth = 0; depth < kDepths; ++depth)
        if (places[depth] != kNowhere && counts_[depth][places[depth]] >= limits[depth]) return false;
    return true;
}

void ZoneCounts::add(const Places& places) noexcept {
    for (std::size_t depth = 0; depth < kDepths; ++depth)
        if (places[depth] != kNowhere) ++counts_[depth][places[depth]];
}

void ZoneCounts::remove(const Places& places) noexcept {
    for (std::size_t depth = 0; depth < kDepths; ++depth)
        if (places[depth] != kNowhere) --counts_[depth][places[depth]];
}

}  // namespace cenote::upstream
