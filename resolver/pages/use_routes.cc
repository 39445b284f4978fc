// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/pages/pages.h"
#include "resolver/pages/use_api.h"

namespace cenote::pages {
namespace {

constexpr std::array kUseRoutes{Route{"/", overview_page},
                                Route{"/services", services_page},
                                Route{"/services/*", service_page},
                                Route{"/directives", directives_page},
                                Route{"/directives/*", directive_page},
                                Route{"/groups", groups_page},
                                Route{"/groups/*", group_page},
                                Route{"/api/v1/status", nullptr, status_api},
                                Route{"/api/v1/summary", nullptr, summary_api},
                                Route{"/api/v1/series", nullptr, series_api},
                                Route{"/api/v1/services", nullptr, services_api},
                                Route{"/api/v1/directives", nullptr, directives_api},
                                Route{"/api/v1/groups", nullptr, groups_api},
                                Route{"/api/v1/explain", nullptr, explain_api},
                                Route{"/api/v1/openapi.json", nullptr, openapi_api}};

}  // namespace

std::span<const Route> use_routes() noexcept { return kUseRoutes; }

}  // namespace cenote::pages
