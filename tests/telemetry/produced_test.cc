// SPDX-License-Identifier: Apache-2.0
//
// What docs/METRICS.md promises is produced: every counter is moved and every gauge is set by code outside the tables
// that describe them, and every value of an event that a counter is derived from is used by the code that makes events.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "resolver/base/fd.h"
#include "resolver/telemetry/counters.h"
#include "tests/support/places.h"

namespace cenote::telemetry {
namespace {

constexpr std::size_t kSourceMax = 1 << 20;
constexpr const char* kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

Path module_folder() { return testing_support::source_folder() / "resolver/telemetry"; }

std::string content_of(const Path& path) { return read_file(path, kSourceMax).value(); }

/// The sources of the resolver outside this module, one after the other.
std::string sources_outside() {
    std::string all;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(testing_support::source_folder() / "resolver")) {
        const Path& path = file.path();
        const bool is_source = path.extension() == ".cc" || path.extension() == ".h";
        if (is_source && path.parent_path() != module_folder()) all += content_of(path);
    }
    return all;
}

/// "queries_udp" as its enumerator, QueriesUdp.
std::string enumerator(std::string_view name) {
    std::string text;
    bool upper = true;
    for (const char c : name) {
        if (c != '_') text += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        upper = c == '_';
    }
    return text;
}

/// What follows `kind` + "::" in a text, except where it is only read by get().
std::set<std::string> written(const std::string& text, const std::string& kind) {
    const std::string mention = kind + "::";
    std::set<std::string> names;
    for (auto at = text.find(mention); at != std::string::npos; at = text.find(mention, at + 1)) {
        const std::string_view before = std::string_view(text).substr(0, at);
        if (before.ends_with("get(") || before.ends_with("get(telemetry::")) continue;
        const auto name = at + mention.size();
        const auto end = text.find_first_not_of(kNameCharacters, name);
        names.insert(text.substr(name, end - name));
    }
    return names;
}

TEST(ProducedTest, EveryCounterIsMoved) {
    const auto outside = written(sources_outside(), "Counter");
    const auto from_events = written(content_of(module_folder() / "recorder.cc"), "Counter");
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const auto& text = text_of(static_cast<Counter>(i));
        if (text.family == Family::Sum) continue;  // the Hub makes it of others
        const std::string name = enumerator(text.name);
        EXPECT_TRUE(outside.contains(name) || from_events.contains(name)) << "no code moves Counter::" << name;
    }
}

TEST(ProducedTest, EveryGaugeIsSet) {
    const auto outside = written(sources_outside(), "Gauge");
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
        const std::string name = enumerator(text_of(static_cast<Gauge>(i)).name);
        EXPECT_TRUE(outside.contains(name)) << "no code sets Gauge::" << name;
    }
}

TEST(ProducedTest, EveryValueOfAnEventIsUsed) {
    const std::string outside = sources_outside();
    const std::string event = content_of(module_folder() / "event.h");
    const std::regex declaration(R"(enum class (QueryVerdict|Source|QueryTransport) : std::uint8_t \{([^}]*)\})");
    const std::regex word(R"([A-Z]\w+)");
    std::size_t values = 0;
    for (std::sregex_iterator each(event.begin(), event.end(), declaration), end; each != end; ++each) {
        const std::string kind = (*each)[1];
        const std::string names = (*each)[2];
        const auto used = written(outside, kind);
        for (std::sregex_iterator name(names.begin(), names.end(), word); name != end; ++name, ++values)
            EXPECT_TRUE(used.contains(name->str())) << "no event has " << kind << "::" << name->str();
    }
    EXPECT_GE(values, 17U) << "the enumerations were not found";
}

}  // namespace
}  // namespace cenote::telemetry
