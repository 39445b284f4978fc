// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "resolver/sqlite/database.h"

namespace cenote::history {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::int64_t kVersion = 2;          // of the tables (tables.cc)
constexpr std::int64_t kIdsMax = 10'000'000;  // a number above it is damage
constexpr std::int64_t kLastRole = 15;
constexpr std::int64_t kLastTransport = 15;

std::int64_t number_of(WallTime time) { return time.time_since_epoch().count(); }
WallTime time_of(std::int64_t number) { return WallTime(seconds(number)); }

Result<std::int64_t> version_of(const Database& database) {
    Statement statement = database.prepare("PRAGMA user_version");
    auto row = statement.next_row();
    if (!row) return std::move(row).error();
    return statement.number(0);
}

}  // namespace

struct Scan::Opened {
    Database database;
    std::int64_t version = 0;
};

Scan::Scan(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
Scan::~Scan() = default;

Result<std::unique_ptr<Scan>> Scan::open(const Path& path) {
    auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return std::move(database).error();
    // One transaction: all that is read is of one moment. It ends with the connection.
    if (auto begun = database->run("BEGIN"); !begun) return std::move(begun).error();
    const auto version = version_of(*database);
    if (!version) return version.error();
    if (*version > kVersion)
        return Error{fmt::format("{} has version {} and this program reads version {}: it is of a later Cenote",
                                 path.string(), *version, kVersion)};
    std::unique_ptr<Scan> scan(new Scan(std::make_unique<Opened>(Opened{std::move(*database), *version})));
    auto read =
        sqlite::each_row(scan->opened_->database.prepare("SELECT id, text FROM ids"), [&](const Statement& row) {
            const std::int64_t id = row.number(0);
            if (id <= 0 || id > kIdsMax) return Status(Done{});
            const auto index = static_cast<std::size_t>(id);
            if (index >= scan->texts_.size()) {
                scan->texts_.resize(index + 1);
                scan->known_.resize(index + 1);
            }
            scan->texts_[index] = row.text(1);
            scan->known_[index] = true;
            return Status(Done{});
        });
    if (!read) return std::move(read).error();
    return scan;
}

Status Scan::counts(Span span, WallTime from, WallTime to, const std::function<void(const CountRow&)>& on_row) {
    Statement rows = opened_->database.prepare(
        "SELECT at, node, verdict, service, role, directive, client_group, transport, count FROM counts "
        "WHERE span = ? AND at >= ? AND at < ? ORDER BY span, at");
    rows.bind(static_cast<std::int64_t>(span)).bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        std::array<std::int64_t, 9> value{};
        for (std::size_t i = 0; i < value.size(); ++i) value[i] = row.number(static_cast<int>(i));
        const auto [number, node, verdict, service, role, directive, group, transport, count] = value;
        constexpr auto kLastVerdict = static_cast<std::int64_t>(telemetry::QueryVerdict::Local);
        const auto within = [](std::int64_t found, std::int64_t last) { return found >= 0 && found <= last; };
        const WallTime at = time_of(number);
        if (!is_id(node) || !within(verdict, kLastVerdict) || !is_id(service) || !within(role, kLastRole) ||
            !is_id(directive) || !is_id(group) || !within(transport, kLastTransport) || count < 0 ||
            start_of(span, at) != at) {
            ++damaged_;
            return Status(Done{});
        }
        on_row({.at = at,
                .node = static_cast<IdNumber>(node),
                .verdict = static_cast<telemetry::QueryVerdict>(verdict),
                .role = static_cast<telemetry::RoleNumber>(role),
                .transport = static_cast<telemetry::QueryTransport>(transport),
                .service = static_cast<IdNumber>(service),
                .directive = static_cast<IdNumber>(directive),
                .group = static_cast<IdNumber>(group),
                .count = static_cast<std::uint64_t>(count)});
        return Status(Done{});
    });
}

Status Scan::sketches(WallTime from, WallTime to, const std::function<void(const SketchesRow&)>& on_row) {
    Statement rows = opened_->database.prepare(
        "SELECT day, node, service, directive, client_group, seed_id, clients, episodes FROM sketches "
        "WHERE day >= ? AND day < ? ORDER BY day");
    rows.bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        const auto clients = Sketch::from_bytes(row.bytes(6));
        const auto episodes = Sketch::from_bytes(row.bytes(7));
        const WallTime day = time_of(row.number(0));
        bool whole = clients && episodes && start_of(Span::Day, day) == day;
        for (const int column : {1, 2, 3, 4}) whole = whole && is_id(row.number(column));
        if (!whole) {
            ++damaged_;
            return Status(Done{});
        }
        const SketchPair sketches{*clients, *episodes};
        on_row({.day = day,
                .node = static_cast<IdNumber>(row.number(1)),
                .service = static_cast<IdNumber>(row.number(2)),
                .directive = static_cast<IdNumber>(row.number(3)),
                .group = static_cast<IdNumber>(row.number(4)),
                .seed_id = static_cast<std::uint64_t>(row.number(5)),
                .sketches = sketches});
        return Status(Done{});
    });
}

Status Scan::signals(WallTime from, WallTime to, const std::function<void(const SignalRow&)>& on_row) {
    if (opened_->version < 2) return Done{};  // the table came with version 2
    Statement rows = opened_->database.prepare(
        "SELECT day, node, signal, client_group, count FROM signal WHERE day >= ? AND day < ? ORDER BY day");
    rows.bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        const std::int64_t signal = row.number(2);
        if (!is_id(row.number(1)) || !is_id(row.number(3)) || signal <= 0 || row.number(4) < 0 ||
            signal >= static_cast<std::int64_t>(telemetry::kSignalCount)) {
            ++damaged_;
            return Status(Done{});
        }
        on_row({time_of(row.number(0)),
                text(static_cast<IdNumber>(row.number(1))),
                {static_cast<telemetry::Signal>(signal), text(static_cast<IdNumber>(row.number(3)))},
                static_cast<std::uint64_t>(row.number(4))});
        return Status(Done{});
    });
}

Status Scan::group_days(WallTime from, WallTime to, const std::function<void(const GroupDay&)>& on_row) {
    Statement rows = opened_->database.prepare(
        "SELECT at, node, client_group, sum(count) FROM counts WHERE span = ? AND at >= ? AND at < ? "
        "GROUP BY at, node, client_group ORDER BY at");
    rows.bind(static_cast<std::int64_t>(Span::Day)).bind(number_of(from)).bind(number_of(to));
    return sqlite::each_row(std::move(rows), [&](const Statement& row) {
        if (is_id(row.number(1)) && is_id(row.number(2)) && row.number(3) >= 0)
            on_row({time_of(row.number(0)), text(static_cast<IdNumber>(row.number(1))),
                    text(static_cast<IdNumber>(row.number(2))), static_cast<std::uint64_t>(row.number(3))});
        return Status(Done{});
    });
}

Result<std::vector<Gap>> Scan::gaps(WallTime from, WallTime to) {
    Statement rows = opened_->database.prepare(
        "SELECT node, begins, ends, why FROM gaps WHERE begins < ? AND ends > ? ORDER BY begins");
    rows.bind(number_of(to)).bind(number_of(from));
    std::vector<Gap> gaps;
    auto read = sqlite::each_row(std::move(rows), [&](const Statement& row) {
        if (!is_id(row.number(0)) || row.number(2) < row.number(1))
            ++damaged_;
        else
            gaps.push_back({text(static_cast<IdNumber>(row.number(0))), time_of(row.number(1)), time_of(row.number(2)),
                            row.text(3)});
        return Status(Done{});
    });
    if (!read) return std::move(read).error();
    std::ranges::sort(gaps, {}, [](const Gap& gap) { return std::tie(gap.from, gap.node); });
    return gaps;
}

Result<std::optional<Scan::Ends>> Scan::ends(Span span) {
    Ends found;
    for (const bool last : {false, true}) {
        Statement statement = opened_->database.prepare(fmt::format(
            "SELECT at FROM counts WHERE span = ? ORDER BY span {0}, at {0} LIMIT 1", last ? "DESC" : "ASC"));
        auto row = statement.bind(static_cast<std::int64_t>(span)).next_row();
        if (!row) return std::move(row).error();
        if (!*row) return std::optional<Ends>();
        (last ? found.last : found.first) = time_of(statement.number(0));
    }
    return std::optional(found);
}

Row Scan::row_of(const CountRow& row) const {
    return {row.at,
            text(row.node),
            {.verdict = row.verdict,
             .role = row.role,
             .transport = row.transport,
             .service = text(row.service),
             .directive = text(row.directive),
             .group = text(row.group)},
            row.count};
}

SketchRow Scan::row_of(const SketchesRow& row) const {
    return {
        row.day, text(row.node), {text(row.service), text(row.directive), text(row.group)}, row.seed_id, row.sketches};
}

}  // namespace cenote::history
