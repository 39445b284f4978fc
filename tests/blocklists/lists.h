// SPDX-License-Identifier: Apache-2.0
//
// Lists for tests: written to a folder and read back, and real lists where a folder has them.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "blocklists/dialects.h"
#include "resolver/base/fd.h"
#include "tests/support/places.h"
#include "tests/support/zone_catalogue.h"

namespace cenote::blocklists {

inline wire::Name name(std::string_view text) {
    const auto parsed = wire::Name::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(wire::Name());
}

inline void write_file(const Path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// The response policy zone rpz.example with these records.
inline std::string policy_zone(std::string_view records) {
    static const std::string head = testing_support::read_from_catalogue(
        "response_policy.zone",
        {{"zone", "rpz.example"}, {"ttl", "60"}, {"serial", "1"}, {"refresh", "1"}, {"expire", "1"}});
    return head + std::string(records);
}

/// A rule in short: "name" for an exact one, "*.name" for the name and all below, "below:name", "ip:prefix",
/// "client:prefix"; "@" before exceptions, "!" before important ones, "~" before those that cancel.
inline std::string in_short(const Rule& rule) {
    std::string text = rule.weight == Rule::Weight::Important ? "!" : rule.weight == Rule::Weight::Cancels ? "~" : "";
    if (rule.exception) text += "@";
    if (rule.trigger == Rule::Trigger::ResponseIp) return text + "ip:" + rule.prefix.to_string();
    if (rule.trigger == Rule::Trigger::ClientIp) return text + "client:" + rule.prefix.to_string();
    if (rule.kind == domainset::MatchKind::Suffix) text += "*.";
    if (rule.kind == domainset::MatchKind::Below) text += "below:";
    return text + rule.name.to_string();
}

/// The result of reading a text.
struct Read {
    std::vector<std::string> rules;
    std::uint32_t skipped = 0;
    std::uint32_t refused = 0;
    std::vector<RefusedLine> refused_lines;
    std::string error;
    Format format = Format::Auto;
};

inline Read read(std::string_view text, Format format, const ListLimits& limits) {
    Read found;
    Reading reading(limits, [&](const Rule& rule, std::uint32_t) { found.rules.push_back(in_short(rule)); });
    const auto done = read_list(text, format, reading);
    if (done)
        found.format = *done;
    else
        found.error = done.error().text;
    found.skipped = reading.skipped();
    found.refused = reading.refused();
    found.refused_lines = reading.refused_lines();
    return found;
}

/// A row of docs/LIST_DIALECTS.md.
struct Row {
    const char* what;
    std::string text;
    std::vector<std::string> rules;
    std::uint32_t skipped;
    std::uint32_t refused;
};

/// `always`: a line of the dialect that is understood, beside each row, so that a refused row does not refuse the list.
inline void expect_rows(Format format, std::string_view always, const std::vector<Row>& rows) {
    for (const auto& row : rows) {
        SCOPED_TRACE(row.what);
        auto found = read(std::string(always) + "\n" + row.text, format, {});
        EXPECT_EQ(found.error, "");
        ASSERT_FALSE(found.rules.empty());
        found.rules.erase(found.rules.begin());
        EXPECT_EQ(found.rules, row.rules);
        EXPECT_EQ(found.skipped, row.skipped);
        EXPECT_EQ(found.refused, row.refused);
    }
}

inline Path data_folder() {
    const char* given = std::getenv("CENOTE_DATA");
    return given != nullptr ? Path(given) : testing_support::source_folder() / ".." / "shared" / "data";
}

inline std::string unpacked(const Path& path) {
    std::string text;
    FILE* pipe = ::popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
    EXPECT_NE(pipe, nullptr);
    if (pipe == nullptr) return text;
    std::vector<char> block(65536);
    while (const auto count = std::fread(block.data(), 1, block.size(), pipe)) text.append(block.data(), count);
    EXPECT_EQ(::pclose(pipe), 0);
    return text;
}

}  // namespace cenote::blocklists
