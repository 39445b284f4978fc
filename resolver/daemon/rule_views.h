// SPDX-License-Identifier: Apache-2.0
//
// The verbs that show rules and what holds by them: directives, allows, verdicts.
//
// Threads: the control thread.   Memory: the reply.   Failure: a Response with an error for people.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"
#include "resolver/report/rule_story.h"

namespace cenote::daemon {

control::Response directives(Running& running, const control::Peer& peer, const control::Request& request);
control::Response allows(Running& running, const control::Peer& peer, const control::Request& request);
control::Response verdicts(Running& running, const control::Peer& peer, const control::Request& request);

/// Who made and ended a rule, by the audit trail; as long as `running` lives.
[[nodiscard]] report::StoryOf story_of(const Running& running);

/// "root (dns1-12: outage)", of the suspension in force; empty: there is none, or the trail does not have it.
[[nodiscard]] std::string suspended_by(const Running& running);

}  // namespace cenote::daemon
