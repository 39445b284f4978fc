// SPDX-License-Identifier: Apache-2.0
//
// Plans over the small catalogue of the policy tests, and replies as a node would write them.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "resolver/proof/plan.h"
#include "tests/policy/fixture.h"

namespace cenote::proof::testing {

using policy::testing::allow;
using policy::testing::build;
using policy::testing::directive;
using policy::testing::group;
using policy::testing::ip;
using policy::testing::kNow;
using policy::testing::name;
using policy::testing::prefix;

inline constexpr const char* kLabel = "probe";

inline std::vector<wire::RrType> all_types() { return {kTypes.begin(), kTypes.end()}; }

/// The plan for the first directive.
inline Plan plan_of(const policy::Options& options, std::vector<wire::RrType> types = all_types()) {
    auto policy = build(options, kNow);
    CENOTE_CHECK(policy != nullptr);
    return Plan::make(policy, 0, std::move(types), kLabel).value();
}

inline policy::ClientClass class_of(const Plan& plan, std::string_view client = "127.0.0.1") {
    return plan.policy().classify(ip(client));
}

/// Every check that the client makes, in order.
inline std::vector<Check> checks_of(const Plan& plan, std::string_view client = "127.0.0.1") {
    std::vector<Check> checks;
    Plan::Cursor cursor;
    while (const auto check = plan.next(cursor, class_of(plan, client))) checks.push_back(*check);
    return checks;
}

/// The names that are asked in the matrix, each once, in order.
inline std::vector<std::string> names_of(const Plan& plan, std::string_view client = "127.0.0.1") {
    std::vector<std::string> names;
    for (const Check& check : checks_of(plan, client)) {
        if (check.of != Check::Of::Name && check.of != Check::Of::Below) continue;
        const std::string text = plan.question(check).name.to_string();
        if (names.empty() || names.back() != text) names.push_back(text);
    }
    return names;
}

}  // namespace cenote::proof::testing
