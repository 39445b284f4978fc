// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/policies.h"

#include <fmt/format.h>

#include "resolver/state/rows.h"

namespace cenote::state {

Status each_policy(const Path& path, WallTime from, WallTime to,
                   const std::function<Status(const PolicyVersion&)>& on_policy) {
    const auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return database.error();
    const auto before = policy_of(*database, from);
    if (!before) return before.error();
    if (*before)
        if (auto taken = on_policy(**before); !taken) return taken;
    Statement rows = database->prepare(
        "SELECT version, at, policy.digest, text FROM policy JOIN policy_text ON policy_text.digest = policy.digest "
        "WHERE at > ? AND at < ? ORDER BY at, version");
    rows.bind(from.time_since_epoch().count()).bind(to.time_since_epoch().count());
    return each_row(std::move(rows), [&](const Statement& row) {
        return on_policy(
            {static_cast<std::uint32_t>(row.number(0)), WallTime(seconds(row.number(1))), row.text(2), row.text(3)});
    });
}

}  // namespace cenote::state
