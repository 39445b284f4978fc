// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/lists.h"

#include "blocklists/list_store.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

Json list_json(const ListState& list, WallTime now) {
    Json row{
        {field::kId, list.id},
        {field::kSource, list.source},
        {field::kFormat, text_or_null(list.format)},
        {field::kEntries, list.entries ? Json(*list.entries) : Json(nullptr)},
        {field::kLastGood, time_json(list.last_good)},
        {field::kAge, nullptr},
        {field::kMaxAge, list.max_age.count()},
        {field::kStale, is_stale(list, now)},
        {field::kError, text_or_null(list.error)},
    };
    if (list.last_good) {
        row[field::kAge] = seconds(now - *list.last_good).count();
    }
    return row;
}

}  // namespace

std::vector<ListState> read_list_states(const config::Settings& settings, const domainset::DomainSet* set) {
    std::vector<ListState> lists;
    for (const auto& list : settings.lists) {
        const auto copy = blocklists::ListStore(settings.set).status(list.id);
        ListState state{.id = list.id,
                        .source = list.source,
                        .format = {},
                        .entries = {},
                        .last_good = copy.last_good,
                        .max_age = list.max_age,
                        .error = copy.error,
                        .failed_at = copy.failed_at,
                        .by_transfer = config::is_zone(list)};
        if (const auto* source = find_source(set, domainset::SourceKind::List, list.id)) {
            state.format = source->format;
            state.entries = source->entries;
        }
        lists.push_back(std::move(state));
    }
    return lists;
}

bool is_stale(const ListState& list, WallTime now) {
    return list.last_good && list.max_age.count() > 0 && now - *list.last_good > list.max_age;
}

Json lists_json(std::span<const ListState> lists, WallTime now) {
    Json rows = Json::array();
    for (const ListState& list : lists) rows.push_back(list_json(list, now));
    return rows;
}

}  // namespace cenote::report
