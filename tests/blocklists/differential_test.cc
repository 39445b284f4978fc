// SPDX-License-Identifier: Apache-2.0
//
// All real lists in one set, against plain sets of names with one lookup for each parent.
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <unordered_set>

#include "blocklists/compile.h"
#include "tests/blocklists/lists.h"
#include "tests/support/temporary_folder.h"

namespace cenote::blocklists {
namespace {

/// Whether a list sinkholes a name: its deepest rule decides, and of two at the same name the exception.
class PlainList {
public:
    void add(const Rule& rule) {
        (rule.exception ? open_ : closed_)[static_cast<std::size_t>(rule.kind)].insert(key(rule.name.wire()));
    }
    [[nodiscard]] bool closes(const wire::Name& name) const {
        using domainset::MatchKind;
        for (std::uint8_t labels = name.labels(); labels > 0; --labels) {
            const auto here = key(name.suffix(labels));
            const auto kind = labels == name.labels() ? MatchKind::Exact : MatchKind::Below;
            if (says(open_, here, kind)) return false;
            if (says(closed_, here, kind)) return true;
        }
        return false;
    }

private:
    using Names = std::array<std::unordered_set<std::string>, 3>;  // by MatchKind

    static std::string key(ByteView wire) { return {reinterpret_cast<const char*>(wire.data()), wire.size()}; }
    static bool says(const Names& names, const std::string& name, domainset::MatchKind kind) {
        return names[static_cast<std::size_t>(domainset::MatchKind::Suffix)].contains(name) ||
               names[static_cast<std::size_t>(kind)].contains(name);
    }
    Names closed_, open_;
};

TEST(Differential, AllRealListsAgreeWithPlainSets) {
    if (!std::filesystem::is_directory(data_folder())) GTEST_SKIP() << "no lists at " << data_folder();
    const testing_support::TemporaryFolder folder;
    Manifest manifest;
    manifest.force = true;  // the guard has tests of its own
    manifest.seed = 5;
    std::vector<PlainList> plain;
    std::vector<wire::Name> asked;
    for (const auto& entry : std::filesystem::directory_iterator(data_folder())) {
        const auto file = entry.path().filename().string();
        const auto format = parse_format(file.substr(0, file.find('-')));
        if (!format || *format == Format::Auto) continue;
        const auto text = unpacked(entry.path());
        write_file(folder / file, text);
        manifest.lists.push_back({.id = file, .path = folder / file});
        PlainList& list = plain.emplace_back();
        std::size_t taken = 0;
        Reading reading({}, [&](const Rule& rule, std::uint32_t) {
            list.add(rule);
            if (++taken % 97 != 0) return;
            asked.push_back(rule.name);
            if (const auto below = wire::Name::parse("x1." + rule.name.to_string())) asked.push_back(*below);
            wire::Name parent;
            std::size_t end = 0;
            if (rule.name.labels() > 1 &&
                parent.read_uncompressed(rule.name.suffix(static_cast<std::uint8_t>(rule.name.labels() - 1)), end))
                asked.push_back(parent);
        });
        ASSERT_TRUE(read_list(text, *format, reading).ok()) << file;
    }
    ASSERT_GE(plain.size(), 10U);
    for (const char* popular : {"popular-alexa-100k.txt.gz", "hostnames-gov.txt.gz"}) {
        std::istringstream lines(unpacked(data_folder() / popular));
        for (std::string line; std::getline(lines, line);)
            if (const auto one = wire::Name::parse(line)) asked.push_back(*one);
    }

    Diagnostics diagnostics;
    const auto compiled = compile_in_memory(manifest, diagnostics);
    ASSERT_TRUE(compiled.ok()) << compiled.error().text;
    EXPECT_LE(compiled->bytes.size(), 32 * compiled->report.info.domains + (1U << 20));
    const auto set = domainset::DomainSet::from_bytes(compiled->bytes);
    std::size_t closed = 0;
    for (const wire::Name& name : asked) {
        std::set<std::uint32_t> found;
        if (const auto hit = set->match(name))
            for (const auto tag : set->source_set(hit->tags)) found.insert(set->tags()[tag].source);
        for (std::uint32_t list = 0; list < plain.size(); ++list)
            ASSERT_EQ(found.contains(list), plain[list].closes(name))
                << name.to_string() << " on " << manifest.lists[list].id;
        closed += found.empty() ? 0U : 1U;
    }
    EXPECT_GT(closed, 10000U);
    EXPECT_GT(asked.size() - closed, 10000U);

    const auto again = compile_in_memory(manifest, diagnostics);
    EXPECT_EQ(again->bytes, compiled->bytes) << "the same input gives the same file";
}

}  // namespace
}  // namespace cenote::blocklists
