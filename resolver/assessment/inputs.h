// SPDX-License-Identifier: Apache-2.0
//
// What a report is made from. Everything in it that is of one node alone is in Made, which no digest covers.
//
// Threads: plain values.   Memory: owns what it has; the set and the policies are shared.   Failure: none.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "blocklists/catalogue.h"
#include "resolver/assessment/risk.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/policy/options.h"
#include "resolver/state/state.h"

namespace cenote::assessment {

/// A policy from its time until that of the next one.
struct PolicySlice {
    WallTime from{};
    std::string digest;     // of its rules: the same on nodes with the same rules
    std::string catalogue;  // digest of the services
    std::string node;       // that it was in force on
    std::shared_ptr<const policy::Options> options;
};

struct ListCopy {
    std::string id;
    std::optional<WallTime> last_good;
};

/// Who made the report, where; what is of this node alone.
struct Made {
    WallTime at{};
    std::string by;
    std::string node;
    std::string version;
    std::string language;  // of the site
    seconds keep_hours{};
    std::vector<ListCopy> lists;
};

struct Inputs {
    WallTime from{};
    WallTime to{};
    std::string zone;
    std::string directive;  // only of it; empty: of all
    std::string group;
    std::uint64_t smallest = 0;         // fewer clients are not shown
    std::vector<policy::Group> groups;  // as configured now
    std::vector<PolicySlice> policies;  // in the order of their times; the first is in force where reading begins
    std::shared_ptr<const domainset::DomainSet> set;             // null: there is none
    std::shared_ptr<const blocklists::Catalogue> catalogue;      // null: its files cannot be read here
    std::vector<std::pair<std::string, state::Record>> records;  // before `to`, each with its node: "" is made.node
    RiskTable risk;
    Made made;
};

}  // namespace cenote::assessment
