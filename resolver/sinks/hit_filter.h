// SPDX-License-Identifier: Apache-2.0
//
// A filter of hits: by directive, service, group and verdict.
//
// Threads:  plain values.   Memory: owns its texts.   Failure: none.
#pragma once

#include <string>
#include <string_view>

#include "resolver/sinks/hit_record.h"

namespace cenote::sinks {

/// Ids and a verdict's word; an empty one is no condition.
struct HitFilter {
    std::string directive;
    std::string service;  // or a list
    std::string group;
    std::string verdict;

    /// Of a HitRecord, and of whatever else has these fields.
    template <typename Hit>
    [[nodiscard]] bool takes(const Hit& hit, std::string_view its_verdict) const {
        const auto meets = [](std::string_view wanted, std::string_view has) {
            return wanted.empty() || wanted == has;
        };
        return meets(directive, hit.directive) && meets(service, hit.service) && meets(group, hit.group) &&
               meets(verdict, its_verdict);
    }
    [[nodiscard]] bool takes(const HitRecord& hit) const {
        return takes(hit, telemetry::verdict_to_text(hit.hit.verdict));
    }
};

}  // namespace cenote::sinks
