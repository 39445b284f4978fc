// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/services.h"

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

constexpr std::size_t kDateSize = 10;  // "2026-12-31" of a time

Json sorted_by_id(Json rows) {
    std::sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) { return a[field::kId] < b[field::kId]; });
    return rows;
}

std::string day_text(std::chrono::sys_days day) { return format_time(day).substr(0, kDateSize); }

Json seen_json(const std::optional<blocklists::Sighting>& seen) {
    if (!seen) return nullptr;
    return {{field::kDay, seen->day ? Json(day_text(*seen->day)) : Json()},
            {field::kSource, seen->source},
            {field::kRevision, text_or_null(seen->revision)}};
}

}  // namespace

Json services_json(const domainset::DomainSet& set) {
    Json rows = Json::array();
    for (const auto& source : set.sources()) {
        if (source.kind != domainset::SourceKind::Service) continue;
        rows.push_back({
            {field::kId, source.id},
            {field::kName, source.name},
            {field::kVendor, source.vendor},
            {field::kJurisdiction, source.jurisdiction},
            {field::kCategory, source.categories},
            {field::kAliases, source.aliases},
            {field::kDefault, source.by_default},
            {field::kDomains, source.entries},
            {field::kShared, source.shared_names},
            {field::kNote, text_or_null(source.note)},
        });
    }
    return sorted_by_id(std::move(rows));
}

Json services_json(const blocklists::Catalogue& catalogue) {
    Json rows = Json::array();
    for (const auto& service : catalogue.services) {
        std::vector<std::string> shared;
        for (const auto& name : service.shared) shared.push_back(name.to_string());
        rows.push_back({
            {field::kId, service.id},
            {field::kName, service.name},
            {field::kVendor, service.vendor},
            {field::kJurisdiction, service.jurisdiction},
            {field::kCategory, service.categories},
            {field::kAliases, service.aliases},
            {field::kDefault, service.by_default},
            {field::kDomains, service.domains.size()},
            {field::kShared, shared},
            {field::kNote, text_or_null(service.note)},
        });
    }
    return sorted_by_id(std::move(rows));
}

const blocklists::Service* find_service(const blocklists::Catalogue& catalogue, std::string_view id) noexcept {
    const auto found = std::ranges::find(catalogue.services, id, &blocklists::Service::id);
    return found != catalogue.services.end() ? &*found : nullptr;
}

bool is_stale(const blocklists::Service& service, std::optional<std::chrono::days> limit, WallTime now) {
    if (!service.seen || !service.seen->day) return true;
    return now - *service.seen->day > limit.value_or(service.watched ? kWatchedFor : kSeenFor);
}

void add_evidence(Json& row, const blocklists::Service* service, std::optional<std::chrono::days> limit, WallTime now) {
    row[field::kChecked] = nullptr;
    row[field::kEvidence] = Json::array();
    row[field::kSeen] = nullptr;
    row[field::kWatched] = false;
    row[field::kStale] = false;
    if (service == nullptr) return;
    row[field::kEvidence] = service->evidence;
    row[field::kSeen] = seen_json(service->seen);
    row[field::kWatched] = service->watched;
    row[field::kStale] = is_stale(*service, limit, now);
    if (service->checked) row[field::kChecked] = day_text(*service->checked);
}

Json catalogue_json(const blocklists::Catalogue& catalogue, WallTime now) {
    const auto count = [&](auto&& holds) {
        return std::count_if(catalogue.services.begin(), catalogue.services.end(), holds);
    };
    return {{field::kServices, catalogue.services.size()},
            {field::kWatched, count([](const auto& service) { return service.watched; })},
            {field::kStale, count([&](const auto& service) { return is_stale(service, std::nullopt, now); })}};
}

Json hosts_json(const blocklists::Service* service) {
    if (service == nullptr) return nullptr;
    Json hosts = Json::array();
    for (const auto& domain : service->domains)
        hosts.push_back({{field::kName, domain.name.to_string()},
                         {field::kRole, domainset::role_to_text(domain.role)},
                         {field::kStrict, domain.strict},
                         {field::kSeen, seen_json(domain.seen)}});
    return hosts;
}

}  // namespace cenote::report
