// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

using enum Form;
using enum Shown;

constexpr std::array kServices{
    ColumnPlan{"service", "id", Text, CsvOnly},
    ColumnPlan{"name", "name", Text},
    ColumnPlan{"vendor", "vendor", Text},
    ColumnPlan{"jurisdiction", "jurisdiction", Text},
    ColumnPlan{"category", "category", Words, CsvOnly, "category"},
    ColumnPlan{"status", "status", Word, Always, "status"},
    ColumnPlan{"queries", "total", Number},
    ColumnPlan{"episodes", "episodes", People},
    ColumnPlan{"groups", "groups", Number},
    ColumnPlan{"change", "change", Change},
    ColumnPlan{"queries_block", "queries.block", Count, CsvOnly},
    ColumnPlan{"queries_restrict", "queries.restrict", Count, CsvOnly},
    ColumnPlan{"queries_advise", "queries.advise", Count, CsvOnly},
    ColumnPlan{"queries_observe", "queries.observe", Count, CsvOnly},
    ColumnPlan{"queries_exception", "queries.exception", Count, CsvOnly},
    ColumnPlan{"queries_allow", "queries.allow", Count, CsvOnly},
    ColumnPlan{"queries_before", "before.queries", Number, CsvOnly},
    ColumnPlan{"episodes_before", "before.episodes", People, CsvOnly},
    ColumnPlan{"first", "first", Time, CsvOnly},
    ColumnPlan{"last", "last", Time, CsvOnly},
};
constexpr std::array kServiceClients{
    ColumnPlan{"service", "^id", Service},
    ColumnPlan{"month", "month", Text},
    ColumnPlan{"clients", "clients", People},
};
constexpr std::array kServiceRoles{
    ColumnPlan{"service", "^id", Service},
    ColumnPlan{"role", "role", Word, Always, "role"},
    ColumnPlan{"queries", "queries", Number},
};
template <std::size_t N>
constexpr std::array<ColumnPlan, 4> shares_by(const char (&id)[N], Form form, std::string_view field) {
    return {ColumnPlan{id, "id", form, Always, field}, ColumnPlan{"queries", "queries", Number},
            ColumnPlan{"episodes", "episodes", People}, ColumnPlan{"share", "share", Share}};
}
constexpr auto kCategories = shares_by("category", Word, "category");
constexpr auto kVendors = shares_by("vendor", Text, "");
constexpr auto kJurisdictions = shares_by("jurisdiction", Text, "");
constexpr std::array kRoles{
    ColumnPlan{"role", "role", Word, Always, "role"},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kHours{
    ColumnPlan{"hour", "hour", Number},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kDays{
    ColumnPlan{"day", "day", Day},
    ColumnPlan{"queries_block", "queries.block", Count},
    ColumnPlan{"queries_restrict", "queries.restrict", Count},
    ColumnPlan{"queries_advise", "queries.advise", Count},
    ColumnPlan{"queries_observe", "queries.observe", Count},
    ColumnPlan{"queries_exception", "queries.exception", Count},
    ColumnPlan{"queries_allow", "queries.allow", Count},
    ColumnPlan{"episodes", "episodes", People},
    ColumnPlan{"gap", "gap_s", Seconds},
};
constexpr std::array kEdges{
    ColumnPlan{"day", "^day", Day},
    ColumnPlan{"directive", "directive", Text},
    ColumnPlan{"step", "step", Word, Always, "step"},
};
constexpr std::array kGroups{
    ColumnPlan{"group", "group", Group},
    ColumnPlan{"clients_expected", "clients_expected", Number},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kGroupClients{
    ColumnPlan{"group", "^group", Group},
    ColumnPlan{"month", "month", Text},
    ColumnPlan{"clients", "clients", People},
};
constexpr std::array kGroupServices{
    ColumnPlan{"group", "^group", Group},
    ColumnPlan{"service", "service", Service},
    ColumnPlan{"queries", "queries", Number},
    ColumnPlan{"episodes", "episodes", People},
};

constexpr std::array kUsePlans{
    TablePlan{"services", "use.services[]", kServices},
    TablePlan{"service_clients", "use.services[].clients[]", kServiceClients},
    TablePlan{"service_roles", "use.services[].roles[]", kServiceRoles},
    TablePlan{"categories", "use.categories[]", kCategories},
    TablePlan{"vendors", "use.vendors[]", kVendors},
    TablePlan{"jurisdictions", "use.jurisdictions[]", kJurisdictions},
    TablePlan{"roles", "use.roles[]", kRoles},
    TablePlan{"hours", "use.hours[]", kHours},
    TablePlan{"days", "use.days[]", kDays},
    TablePlan{"edges", "use.days[].edges[]", kEdges},
    TablePlan{"groups", "who.rows[]", kGroups},
    TablePlan{"group_clients", "who.rows[].clients[]", kGroupClients},
    TablePlan{"group_services", "who.rows[].cells[]", kGroupServices},
};

}  // namespace

std::span<const TablePlan> use_plans() noexcept { return kUsePlans; }

}  // namespace cenote::document
