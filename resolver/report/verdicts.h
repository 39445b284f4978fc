// SPDX-License-Identifier: Apache-2.0
//
// What holds for a service, group by group, as `cenote verdicts --json` prints it.
//
// A row is about a group and those names of the service that have the same verdict by the same directive. It is judged
// for a client that is in that group and, where the prefixes leave such a client, in no narrower group and in no
// exception; `exceptions` counts the exceptions that open the directive for others of the group.
//
// Threads: pure.   Time: that of the policy.   Memory: the answer.
// Failure: an unknown service is an Error with the nearest one.
#pragma once

#include <string>

#include "resolver/policy/policy.h"
#include "resolver/report/rule_story.h"
#include "resolver/report/values.h"

namespace cenote::report {

/// `service`: an id or an alias. Groups are in the order of the policy; the last one is everyone else.
[[nodiscard]] Result<Json> verdicts_json(const policy::Policy& policy, const std::string& service,
                                         const StoryOf& story_of);

}  // namespace cenote::report
