// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/values.h"

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {

Json time_json(const std::optional<WallTime>& time) { return time ? Json(format_time(*time)) : Json(nullptr); }

void put_clients(Json& row, const char* key, std::uint64_t clients, std::uint64_t smallest) {
    const bool few = clients != 0 && clients < smallest;
    row[key] = few ? Json(nullptr) : Json(clients);
    if (few) row[field::kFewerThan] = smallest;
}

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json values_json(const SentenceValues& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) object[name] = value;
    return object;
}

Json sentence_json(const Sentence& sentence) {
    return {{field::kCode, text_or_null(sentence.kind)}, {field::kValues, values_json(sentence.values)}};
}

const domainset::Source* find_source(const domainset::DomainSet* set, domainset::SourceKind kind, std::string_view id) {
    if (set == nullptr) return nullptr;
    const auto& sources = set->sources();
    const auto found = std::find_if(sources.begin(), sources.end(), [&](const domainset::Source& source) {
        return source.kind == kind && source.id == id;
    });
    return found != sources.end() ? &*found : nullptr;
}

}  // namespace cenote::report
