// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

using enum Form;
using enum Shown;

constexpr std::array kFindings{
    ColumnPlan{"severity", "severity", Word, Always, "severity"},
    ColumnPlan{"finding", "kind", Word, Always, "finding_name"},
    ColumnPlan{"object", "object", Text},
    ColumnPlan{"command", "do", Text},
};
constexpr std::array kProofs{
    ColumnPlan{"at", "at", Time},
    ColumnPlan{"directive", "directive", Text},
    ColumnPlan{"nodes", "nodes", List},
    ColumnPlan{"cells", "cells", Number},
    ColumnPlan{"deviations", "deviations", Number},
    ColumnPlan{"by", "by", Text, CsvOnly},
    ColumnPlan{"digest", "digest", Text, CsvOnly},
};
constexpr std::array kDeviations{
    ColumnPlan{"at", "^at", Time, CsvOnly}, ColumnPlan{"directive", "^directive", Text, CsvOnly},
    ColumnPlan{"node", "node", Text},       ColumnPlan{"query_name", "name", Text},
    ColumnPlan{"type", "type", Text},       ColumnPlan{"transport", "transport", Text},
    ColumnPlan{"variant", "variant", Text}, ColumnPlan{"expected", "expected", Text},
    ColumnPlan{"got", "got", Text},         ColumnPlan{"ede", "ede", Text},
};
constexpr std::array kDowntime{
    ColumnPlan{"node", "node", Text},
    ColumnPlan{"from", "from", Time},
    ColumnPlan{"to", "to", Time},
    ColumnPlan{"why", "why", Word, Always, "why"},
};
constexpr std::array kSuspensions{
    ColumnPlan{"suspension", "id", Text},
    ColumnPlan{"from", "from", Time},
    ColumnPlan{"to", "to", Time},
    ColumnPlan{"reason", "why", Title},
};
constexpr std::array kRisk{
    ColumnPlan{"service", "service", Service},
    ColumnPlan{"attention", "attention", Word, Always, "severity"},
    ColumnPlan{"rule", "rule", Ordinal},
    ColumnPlan{"jurisdiction", "facts.jurisdiction", Text},
    ColumnPlan{"category", "facts.categories", Words, CsvOnly, "category"},
    ColumnPlan{"roles_seen", "facts.roles", Words, Always, "role"},
    ColumnPlan{"data_path", "facts.data_path", Word, Always, "role"},
    ColumnPlan{"groups", "facts.groups", Number},
    ColumnPlan{"episodes", "facts.episodes", People},
    ColumnPlan{"status", "facts.status", Word, Always, "status"},
};
constexpr std::array kRiskRules{
    ColumnPlan{"when", "when", Word, Always, "when"},
    ColumnPlan{"attention", "attention", Word, Always, "severity"},
};
constexpr std::array kPolicies{
    ColumnPlan{"from", "from", Time},
    ColumnPlan{"to", "to", Time},
    ColumnPlan{"digest", "digest", Text},
    ColumnPlan{"catalogue", "catalogue", Text},
};
constexpr std::array kSealed{
    ColumnPlan{"day", "^day", Day},
    ColumnPlan{"node", "node", Text},
    ColumnPlan{"digest", "digest", Text},
};
constexpr std::array kLists{
    ColumnPlan{"list", "id", Text},
    ColumnPlan{"last_good", "last_good", Time},
};
constexpr std::array kTrail{
    ColumnPlan{"number", "number", Number},
    ColumnPlan{"at", "at", Time},
    ColumnPlan{"node", "node", Text},
    ColumnPlan{"actor", "actor", Text},
    ColumnPlan{"action", "action", Text},
    ColumnPlan{"object", "object", Text},
    ColumnPlan{"before", "before", Text, CsvOnly},
    ColumnPlan{"after", "after", Text, CsvOnly},
    ColumnPlan{"requester", "requester", Text, CsvOnly},
    ColumnPlan{"ref", "ref", Text, CsvOnly},
    ColumnPlan{"remark", "note", Text},
};

constexpr std::array kProofPlans{
    TablePlan{"findings", "findings[]", kFindings},
    TablePlan{"proofs", "proof[]", kProofs},
    TablePlan{"proof_deviations", "proof[].rows[]", kDeviations},
    TablePlan{"downtime", "downtime[]", kDowntime},
    TablePlan{"suspensions", "suspensions[]", kSuspensions},
    TablePlan{"risk", "risk.rows[]", kRisk},
    TablePlan{"risk_rules", "risk.rules[]", kRiskRules},
    TablePlan{"policies", "policies[]", kPolicies},
    TablePlan{"gaps", "data.gaps[]", kDowntime},
    TablePlan{"sealed_days", "data.days[].nodes[]", kSealed},
    TablePlan{"lists", "made.lists[]", kLists},
    TablePlan{"trail", "trail[]", kTrail},
};

}  // namespace

std::span<const TablePlan> proof_plans() noexcept { return kProofPlans; }

}  // namespace cenote::document
