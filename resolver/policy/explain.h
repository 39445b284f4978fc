// SPDX-License-Identifier: Apache-2.0
//
// The same judgement as the table's, worked out slowly from the options, rule by rule, and told as it goes.
//
// It shares with the table what a target takes and what the clock says, and nothing of classes, overlay, rows and
// joins: tests hold one against the other.
//
// Threads:  pure. Control plane.
// Memory:   the explanation.
// Failure:  none.
#pragma once

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/explanation.h"
#include "resolver/policy/moment.h"

namespace cenote::policy {

[[nodiscard]] Explanation explain(const Options& options, const domainset::DomainSet* base, const Moment& moment,
                                  const IpAddress& client, const wire::Name& name);

}  // namespace cenote::policy
