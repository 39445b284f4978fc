// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/catalogue_files.h"

#include "resolver/report/fields.h"
#include "resolver/report/services.h"

namespace cenote::cli {

std::optional<blocklists::Catalogue> catalogue_of_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return std::nullopt;
    Diagnostics ignored;
    return blocklists::load_catalogue((*settings)->services, ignored);
}

const blocklists::Service* find_service(const std::optional<blocklists::Catalogue>& catalogue, const Json& row) {
    return catalogue ? report::find_service(*catalogue, row.value(report::field::kId, "")) : nullptr;
}

}  // namespace cenote::cli
