// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/pages/rule_pages.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

/// The reply of a verb with some words of the address as its arguments.
Result<Reply> verb_reply(const Site& site, const char* verb, std::initializer_list<const char*> words) {
    Json args = Json::object();
    for (const char* word : words)
        if (const auto value = site.request.value(word); !value.empty()) args[word] = value;
    const auto data = site.daemon.data(verb, std::move(args));
    if (!data) return data.error();
    return json_reply(*data);
}

Result<Reply> exceptions_reply(const Site& site) {
    return verb_reply(site, "exceptions", {"after", "stage", "directive"});
}
Result<Reply> bypass_reply(const Site& site) { return verb_reply(site, "bypass", {"since"}); }
Result<Reply> privacy_reply(const Site& site) { return verb_reply(site, "privacy", {"language"}); }

constexpr std::array kRuleRoutes{
    Route{"/exceptions", exceptions_page},
    Route{"/bypass", bypass_page},
    Route{"/proof", proof_page},
    Route{"/live", live_page},
    Route{"/log", log_page},
    Route{"/log/export", nullptr, log_export_reply},
    Route{"/reports", reports_page},
    Route{"/reports/view", report_view_page},
    Route{"/reports/compare", report_compare_page},
    Route{"/reports/file", nullptr, report_file_reply},
    Route{"/health", health_page},
    Route{"/audit", audit_page},
    Route{"/audit/*", audit_record_page},
    Route{"/privacy", privacy_page},
    Route{"/explain", explain_page},
    Route{"/api/v1/exceptions", nullptr, exceptions_reply},
    Route{"/api/v1/bypass", nullptr, bypass_reply},
    Route{"/api/v1/proof", nullptr, proof_rows_reply},
    Route{"/api/v1/log", nullptr, log_rows_reply},
    Route{"/api/v1/tail", nullptr, tail_reply},
    Route{"/api/v1/report", nullptr, report_json_reply},
    Route{"/api/v1/audit", nullptr, audit_rows_reply},
    Route{"/api/v1/privacy", nullptr, privacy_reply},
};

}  // namespace

std::span<const Route> rule_routes() noexcept { return kRuleRoutes; }

}  // namespace cenote::pages
