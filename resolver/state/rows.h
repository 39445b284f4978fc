// SPDX-License-Identifier: Apache-2.0
//
// The rows of a state file as values. Private to state.
//
// Threads:  one.
// Memory:   the rows that a function returns.
// Failure:  Result with SQLite's message. The writing functions are parts of the caller's transaction.
#pragma once

#include "resolver/sqlite/database.h"
#include "resolver/state/state.h"

namespace cenote::state {

using sqlite::Database;
using sqlite::each_row;
using sqlite::Statement;

/// Rules that match a clause behind "FROM rule".
Result<std::vector<Rule>> rules_of(const Database& database, std::string_view clause);
/// The same with a text for the clause's `?`.
Result<std::vector<Rule>> rules_of(const Database& database, std::string_view clause, std::string_view bound);
/// The use of all exceptions, or of one.
Result<std::vector<Use>> uses_of(const Database& database);
Result<Use> use_of(const Database& database, const std::string& id);
Result<std::vector<Record>> trail_of(const Database& database);
Result<std::vector<std::pair<std::string, Record>>> imported_of(const Database& database);
/// Records about an id, the earliest first, each with its node: "" is this one. Those of backups are left out.
Result<std::vector<std::pair<std::string, Record>>> records_of(const Database& database, const std::string& id);
Result<std::vector<Record>> records_before(const Database& database, std::uint64_t number, Looks looks,
                                           std::size_t limit);
/// Records with an action, the same way, by node and number.
Result<std::vector<std::pair<std::string, Record>>> records_with_action(const Database& database,
                                                                        std::string_view action);
/// At most `limit` records of the trail behind this number.
Result<std::vector<Record>> trail_after(const Database& database, std::uint64_t number, std::size_t limit);
/// At most `limit` imported records behind this node and number.
Result<std::vector<std::pair<std::string, Record>>> imported_after(const Database& database, const std::string& node,
                                                                   std::uint64_t number, std::size_t limit);
/// The last record of a start or a stop.
Result<std::optional<Record>> last_run_of(const Database& database);
Result<TrailMark> trail_mark_of(const Database& database);
Result<std::optional<PolicyVersion>> policy_of(const Database& database, WallTime at);
Result<std::optional<StoredConfiguration>> configuration_of(const Database& database);

Status put_rule(const Database& database, const Rule& rule);
Status put_record(const Database& database, const Record& record);
/// A record of this node and number that is there already stays.
Status put_imported(const Database& database, const std::string& node, const Record& record);
Status put_policy(const Database& database, const PolicyVersion& policy);
Status put_configuration(const Database& database, const StoredConfiguration& configuration);
/// The documents with a text take the place of those with the same kind and id, the others are removed.
Status put_trail_mark(const Database& database, const TrailMark& mark);
Status add_use(const Database& database, const Use& use);
/// The latest time only grows here.
Status put_seen(const Database& database, WallTime at);

}  // namespace cenote::state
