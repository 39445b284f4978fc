// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/values.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"

namespace cenote::report {

Json time_json(const std::optional<WallTime>& time) { return time ? Json(format_time(*time)) : Json(nullptr); }

Json clients_json(std::uint64_t clients, std::uint32_t smallest) {
    if (clients == 0 || clients >= smallest) return clients;
    return fmt::format("<{}", smallest);
}

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

const domainset::Source* find_source(const domainset::DomainSet* set, domainset::SourceKind kind, std::string_view id) {
    if (set == nullptr) return nullptr;
    const auto& sources = set->sources();
    const auto found = std::find_if(sources.begin(), sources.end(), [&](const domainset::Source& source) {
        return source.kind == kind && source.id == id;
    });
    return found != sources.end() ? &*found : nullptr;
}

}  // namespace cenote::report
