// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/primary_zone.h"

namespace cenote::transfer {
namespace {

constexpr std::size_t kDifferenceRecordsMin = 1000;

std::size_t size_of(const ZoneDifference& of) { return of.diff.added.size() + of.diff.removed.size(); }

}  // namespace

std::shared_ptr<const ZoneVersion> next_version(const ZoneVersion* before, ZoneVersion next) {
    if (before == nullptr) return std::make_shared<const ZoneVersion>(std::move(next));
    RpzDiff diff = difference(*before->records, *next.records);
    const bool same_options = before->of == next.of && before->node == next.node && before->ttl_s == next.ttl_s;
    if (diff.empty() && same_options) return nullptr;
    if (same_options) {
        next.differences = before->differences;
        next.differences.push_back(
            std::make_shared<const ZoneDifference>(ZoneDifference{before->serial, next.serial, std::move(diff)}));
        // Differences larger than the zone, all together, save nothing: it is sent as a whole then (RFC 1995 §5).
        std::size_t room = std::max(kDifferenceRecordsMin, next.records->size());
        auto first = next.differences.end();
        while (first != next.differences.begin() && size_of(**std::prev(first)) <= room) room -= size_of(**--first);
        next.differences.erase(next.differences.begin(), first);
    }
    return std::make_shared<const ZoneVersion>(std::move(next));
}

}  // namespace cenote::transfer
