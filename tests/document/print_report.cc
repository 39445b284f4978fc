// SPDX-License-Identifier: Apache-2.0
//
// Writes a report of the fixture to stdout or into a folder: print_report FIXTURE LANGUAGE FORMAT [FOLDER].
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include "resolver/document/document.h"
#include "tests/document/report_fixture.h"

namespace {

using namespace cenote::document;

bool write_csv(const Json& report, Language language, const std::string& folder) {
    const auto all = tables(report, language);
    const auto index = csv_index(report, language);
    if (!all || !index) return false;
    std::ofstream(folder + "/report.csv", std::ios::binary) << *index;
    for (const Table& table : *all)
        std::ofstream(folder + "/" + table.id + ".csv", std::ios::binary)
            << csv(table, report["data_digest"].get<std::string>());
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    static const std::map<std::string, Json (*)()> kFixtures{
        {"plausible", plausible_report}, {"empty", empty_report}, {"large", large_report}, {"hostile", hostile_report}};
    if (argc < 4 || !kFixtures.contains(argv[1]) || !parse_language(argv[2])) {
        fmt::print(stderr, "usage: print_report FIXTURE LANGUAGE text|html|json|csv [FOLDER]\n");
        return 2;
    }
    const Json report = kFixtures.at(argv[1])();
    const Language language = *parse_language(argv[2]);
    const std::string format = argv[3];
    if (format == "csv") return argc == 5 && write_csv(report, language, argv[4]) ? 0 : 1;
    if (format == "json") {
        fmt::print("{}\n", report.dump());
        return 0;
    }
    const auto made = format == "html" ? html(report, language) : text(report, language);
    if (!made) {
        fmt::print(stderr, "{}\n", made.error().text);
        return 1;
    }
    std::fwrite(made->data(), 1, made->size(), stdout);
    return 0;
}
