// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/set.h"

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

Json sources_json(const domainset::DomainSet& set) {
    Json rows = Json::array();
    for (const auto& source : set.sources())
        rows.push_back({{field::kId, source.id},
                        {field::kKind, source.kind == domainset::SourceKind::Service ? "service" : "list"},
                        {field::kEntries, source.entries},
                        {field::kFormat, text_or_null(source.format)},
                        {field::kDigest, to_hex(source.digest)}});
    return rows;
}

}  // namespace

Json set_json(const Path& path, const domainset::DomainSet& set) {
    const auto& info = set.info();
    return {{field::kPath, path.string()},
            {field::kDomains, info.domains},
            {field::kDelta, info.delta},
            {field::kBytes, info.bytes},
            {field::kBuiltAt, format_time(info.built_at)},
            {field::kServices, info.services},
            {field::kLists, info.lists},
            {field::kDigest, to_hex(info.digest)},
            {field::kSources, sources_json(set)}};
}

}  // namespace cenote::report
