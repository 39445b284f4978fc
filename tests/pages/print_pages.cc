// SPDX-License-Identifier: Apache-2.0
//
// print_pages FOLDER: the pages on the history of the tests as files, to be looked at in a browser.
// print_pages FOLDER year: how long the Overview of a year takes, with a history of 400 days, 60 services, 6 groups and
// 3 verdicts.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "resolver/history/store.h"
#include "resolver/pages/pages.h"
#include "resolver/sqlite/database.h"
#include "tests/pages/world.h"

namespace cenote::pages {
namespace {

/// Through SQL, because Store writes a minute at a time. Hours of 400 days have 24 times as many rows, which a year
/// does not read; there are those of the last 10 days.
Status write_year(const Path& file, WallTime now) {
    if (auto opened = history::Store::open(file, "dns1", now); !opened) return std::move(opened).error();
    auto database = sqlite::Database::open(file, sqlite::Database::Mode::Write);
    if (!database) return std::move(database).error();
    const auto day = history::start_of(history::Span::Day, now).time_since_epoch().count();
    const std::string sql = fmt::format(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70) "
        "INSERT INTO ids SELECT i + 100, CASE WHEN i <= 60 THEN 'service' || i WHEN i <= 66 THEN 'group' || (i - 60) "
        "WHEN i = 67 THEN 'dns9' ELSE 'directive' || (i - 67) END FROM n;"
        "WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 399), "
        "s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 60), g(i) AS (SELECT 61 UNION ALL SELECT i + 1 FROM "
        "g "
        "WHERE i < 66), v(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM v WHERE i < 3) "
        "INSERT INTO counts SELECT 2, {} - 86400 * d.i, 167, v.i, s.i + 100, 1, 168, g.i + 100, 0, 10 + s.i FROM d, s, "
        "g, v;"
        "WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 239), "
        "s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 60), g(i) AS (SELECT 61 UNION ALL SELECT i + 1 FROM "
        "g "
        "WHERE i < 66), v(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM v WHERE i < 3) "
        "INSERT INTO counts SELECT 1, {} - 3600 * d.i, 167, v.i, s.i + 100, 1, 168, g.i + 100, 0, 1 + s.i % 5 FROM d, "
        "s, g, v;"
        "WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 39), "
        "s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 60), g(i) AS (SELECT 61 UNION ALL SELECT i + 1 FROM "
        "g "
        "WHERE i < 66) INSERT INTO sketches SELECT {} - 86400 * d.i, 167, s.i + 100, 168, g.i + 100, 5, "
        "zeroblob(1024), "
        "zeroblob(1024) FROM d, s, g;",
        day, history::start_of(history::Span::Hour, now).time_since_epoch().count(), day);
    return database->run(sql.c_str());
}

int time_year(const Path& folder) {
    testing::World world;
    world.history = folder / "year.db";
    if (!std::filesystem::exists(world.history))
        if (auto written = write_year(world.history, testing::kNow); !written) {
            fmt::print(stderr, "{}\n", written.error().text);
            return 1;
        }
    for (const char* range : {"365d", "7d", "30d"})
        for (int round = 0; round < 3; ++round) {
            const auto begin = std::chrono::steady_clock::now();
            const std::clock_t cpu = std::clock();
            const Reply reply = whole(answer(world.go("/", {{"range", range}}).site()));
            const auto took = std::chrono::steady_clock::now() - begin;
            fmt::print("{} {} ms, {} ms of CPU, {} bytes\n", range,
                       std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
                       (std::clock() - cpu) * 1000 / CLOCKS_PER_SEC, reply.body.size());
        }
    return 0;
}

void print_all(const Path& folder) {
    testing::World world;
    std::filesystem::create_directories(folder / "assets");
    for (const Asset& asset : assets()) std::ofstream(folder / std::string(asset.path.substr(1))) << asset.bytes;
    for (const Language language : {Language::English, Language::Korean})
        for (const auto routes : {use_routes(), rule_routes()})
            for (const Route& route : routes) {
                if (route.page == nullptr) continue;
                std::string path(route.path);
                if (path.ends_with("/*"))
                    path.replace(path.size() - 1, 1,
                                 path.starts_with("/services") ? "deepseek"
                                 : path.starts_with("/groups") ? "staff"
                                                               : "D-1");
                std::string name = path == "/" ? "overview" : path.substr(1);
                for (char& c : name)
                    if (c == '/') c = '-';
                std::string body = whole(answer(world.in(language).go(path).site())).body;
                for (auto at = body.find("\"/assets/"); at != std::string::npos; at = body.find("\"/assets/", at))
                    body.erase(at + 1, 1);
                std::ofstream(folder / fmt::format("{}.{}.html", name, document::language_tag(language))) << body;
            }
}

}  // namespace
}  // namespace cenote::pages

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: print_pages FOLDER [year]\n");
        return 2;
    }
    const cenote::Path folder(argv[1]);
    if (argc > 2) return cenote::pages::time_year(folder);
    cenote::pages::print_all(folder);
    return 0;
}
