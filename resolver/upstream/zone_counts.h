// SPDX-License-Identifier: Apache-2.0
//
// How many exchanges are under way for the names of each zone, so that a flood of random names below one name leaves
// room for all others. A forwarder does not see where zones are cut: the last label, the last two and the last three
// stand for them, so that the zone of one organisation has a limit of its own below a name such as co.kr as well.
//
// Threads:  one thread. Data plane.
// Memory:   fixed tables of counts by keyed hash, 4 bytes a place; two zones with the same place share a limit.
// Failure:  none.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "resolver/upstream/options.h"
#include "resolver/wire/name.h"

namespace cenote::upstream {

class ZoneCounts {
public:
    static constexpr std::size_t kDepths = std::tuple_size_v<ZoneLimits>;
    /// Where an exchange is counted: a place for each depth, or kNowhere.
    using Places = std::array<std::uint32_t, kDepths>;

    explicit ZoneCounts(std::uint64_t seed) noexcept : seed_(seed) {}

    /// Makes tables for that many exchanges, empty ones. Control plane.
    void reset(std::uint32_t exchanges);
    [[nodiscard]] Places places_of(const wire::Name& name) const noexcept;
    /// Whether an exchange more is within the limits, by the number of labels, 1 first.
    [[nodiscard]] bool has_room(const Places& places, const ZoneLimits& limits) const noexcept;
    void add(const Places& places) noexcept;
    void remove(const Places& places) noexcept;

private:
    static constexpr std::uint32_t kNowhere = 0xffffffff;

    std::uint64_t seed_;
    std::array<std::vector<std::uint32_t>, kDepths> counts_;
};

}  // namespace cenote::upstream
