// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/popular_names.h"

#include <algorithm>

#include "resolver/report/fields.h"

namespace cenote::report {

control::Request popular_names_request() { return {.verb = "popular-names", .args = Json::object()}; }

std::vector<wire::Name> popular_names(const Json& top_names) {
    constexpr std::uint64_t kShare = 10;  // at least a tenth of the clients of the most popular name
    std::uint64_t most = 0;
    for (const Json& row : top_names) most = std::max(most, row.value(field::kClients, std::uint64_t{0}));
    std::vector<wire::Name> names;
    for (const Json& row : top_names) {
        const auto clients = row.value(field::kClients, std::uint64_t{0});
        if (clients < std::max(kPopularClientsMin, most / kShare)) continue;
        if (const auto name = wire::Name::parse(row.value(field::kName, std::string())); name && name->labels() > 0)
            names.push_back(*name);
    }
    return names;
}

}  // namespace cenote::report
