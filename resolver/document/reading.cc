// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/reading.h"

#include "resolver/document/phrases.h"
#include "resolver/document/shape.h"

namespace cenote::document {

Reading::Reading(const Json& report, Language language, policy::LocalTimes times)
    : Words(language, std::move(times), find_phrase), report_(&report) {
    for (const Json& row : at(report, "use.services")) services_.emplace(text_at(row, "id"), text_at(row, "name"));
}

Result<Reading> Reading::of(const Json& report, Language language) {
    if (auto checked = check_shape(report); !checked) return std::move(checked).error();
    auto times = policy::LocalTimes::load(text_at(report, "period.zone"));
    if (!times) return Error{"the zone of the report's period: " + times.error().text};
    return Reading(report, language, std::move(*times));
}

std::string Reading::service(const std::string& id) const {
    const auto found = services_.find(id);
    return found == services_.end() || found->second.empty() ? id : found->second;
}

}  // namespace cenote::document
