// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/catalogue_files.h"

#include <algorithm>

#include "resolver/report/fields.h"

namespace cenote::cli {

std::optional<blocklists::Catalogue> catalogue_of_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return std::nullopt;
    Diagnostics ignored;
    return blocklists::load_catalogue((*settings)->services, ignored);
}

const blocklists::Service* find_service(const std::optional<blocklists::Catalogue>& catalogue, const Json& row) {
    if (!catalogue) return nullptr;
    const auto id = row.value(report::field::kId, "");
    const auto found = std::find_if(catalogue->services.begin(), catalogue->services.end(),
                                    [&](const auto& service) { return service.id == id; });
    return found != catalogue->services.end() ? &*found : nullptr;
}

}  // namespace cenote::cli
