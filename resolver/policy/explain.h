// SPDX-License-Identifier: Apache-2.0
//
// The same verdict as the table gives, evaluated slowly from the options, rule by rule, with a sentence for each step.
//
// It shares with the table which targets match a source and which directives are in force, and nothing else (no
// classes, overlay, rows or joins), so that the property test can compare two independent evaluations.
//
// Threads:  pure. Control plane.
// Memory:   the explanation.
// Failure:  none.
#pragma once

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/explanation.h"
#include "resolver/policy/identities.h"
#include "resolver/policy/moment.h"

namespace cenote::policy {

/// A client: its address, and what it has proved beside it (nullptr: nothing).
struct Explained {
    const IpAddress& client;
    const Holder* holder;
};
[[nodiscard]] Explanation explain(const Options& options, const domainset::DomainSet* base, const Moment& moment,
                                  const Explained& who, const wire::Name& name);

}  // namespace cenote::policy
