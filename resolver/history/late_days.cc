// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/late_days.h"

#include "resolver/history/tables.h"

namespace cenote::history {

Result<std::vector<WallTime>> late_days(const Path& file) {
    const auto database = sqlite::Database::open(file, sqlite::Database::Mode::ReadOnly);
    if (!database) return database.error();
    sqlite::Statement rows = database->prepare("SELECT value FROM notes WHERE name LIKE ? || '%' ORDER BY value");
    rows.bind(kLateDay);
    std::vector<WallTime> days;
    auto read = sqlite::each_row(std::move(rows), [&days](const sqlite::Statement& row) {
        days.emplace_back(seconds(row.number(0)));
        return Status(Done{});
    });
    if (!read) return std::move(read).error();
    return days;
}

Status forget_late_days(const Path& file, const std::vector<WallTime>& days) {
    const auto database = sqlite::Database::open(file, sqlite::Database::Mode::Write);
    if (!database) return database.error();
    for (const WallTime day : days) {
        sqlite::Statement forget = database->prepare("DELETE FROM notes WHERE name LIKE ? || '%' AND value = ?");
        auto done = forget.bind(kLateDay).bind(std::int64_t{day.time_since_epoch().count()}).next_row();
        if (!done) return std::move(done).error();
    }
    return Done{};
}

}  // namespace cenote::history
