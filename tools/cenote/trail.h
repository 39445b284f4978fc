// SPDX-License-Identifier: Apache-2.0
//
// The audit trail, from the daemon; where none runs, from a copy of the state file. Private to the tool.
//
// Threads:  one.
// Memory:   all records.
// Failure:  Result with one line; a refusal by the daemon is an error.
#pragma once

#include "resolver/report/trail.h"
#include "tools/cenote/session.h"

namespace cenote::cli {

struct Trail {
    std::string node;  // this one
    report::History records;
};

Result<Trail> read_trail(Session& session);
/// The record of this node with this number.
Result<Trail> read_record(Session& session, std::uint64_t number);
/// What --verify found, as report::verification_json() gives it.
Result<Json> verify_trail(Session& session, const std::string& head);

/// Where no daemon runs, the state file is read: the Error says who may, in the place of the file system's words.
Status check_access_to_state(const Path& state);

}  // namespace cenote::cli
