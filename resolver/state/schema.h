// SPDX-License-Identifier: Apache-2.0
//
// The tables of a state file, and the migrations from earlier schemas. Private to state.
//
// Threads:  one.
// Memory:   the schema's text.
// Failure:  Result with one line; a migration that fails has changed nothing.
#pragma once

#include <string>

#include "resolver/sqlite/database.h"

namespace cenote::state {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

/// Brings the tables to the present schema. A file of a later schema is refused.
Status migrate(const Database& database);

/// Fails when the file holds a trigger, a view, a table, a column or an index that this program did not make, or when a
/// page of it is damaged.
Status require_own_schema(const Database& database);

/// The number of a query's one row and column; 0 without a row.
Result<std::int64_t> number_of(const Database& database, std::string_view sql);

/// An id as this program gives it out: "dns1-17" has the prefix "dns1" and the number 17. Another id has the number 0.
struct IssuedId {
    std::string_view prefix;
    std::uint64_t number = 0;
};
[[nodiscard]] IssuedId parse_issued_id(std::string_view id) noexcept;

/// Later ids of this prefix get higher numbers than this one.
Status note_issued_id(const Database& database, std::string_view id);

}  // namespace cenote::state
