// SPDX-License-Identifier: Apache-2.0
//
// The last saved proof of each directive, for the metrics: from the audit trail, which has them over restarts.
//
// Threads:  the control thread.
// Memory:   a few numbers for each directive that was in force since the start.
// Failure:  a trail that cannot be read has no proofs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "resolver/policy/policy.h"
#include "resolver/report/proof_record.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

class Proofs {
public:
    /// A proof that was saved now.
    void note(report::LastProof proof);
    /// Those of the directives of a policy. Reads the trail once for each directive.
    [[nodiscard]] std::vector<report::LastProof> of(const policy::Policy& policy, const state::StateReader& archive);

private:
    std::map<std::string, std::optional<report::LastProof>> by_directive_;  // nullopt: there is none
};

}  // namespace cenote::daemon
