// SPDX-License-Identifier: Apache-2.0
//
// Each row of docs/LIST_DIALECTS.md.
#include "blocklists/dialects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "tests/blocklists/lists.h"

namespace cenote::blocklists {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Dialects, Domains) {
    expect_rows(Format::Domains, "always.example",
                {{"a name", "ads.example", {"*.ads.example"}, 0, 0},
                 {"several lines", "a.example\nb.example\n", {"*.a.example", "*.b.example"}, 0, 0},
                 {"CRLF", "a.example\r\nb.example\r\n", {"*.a.example", "*.b.example"}, 0, 0},
                 {"upper case", "ADS.Example", {"*.ads.example"}, 0, 0},
                 {"a final dot", "ads.example.", {"*.ads.example"}, 0, 0},
                 {"a star in front", "*.ads.example", {"*.ads.example"}, 0, 0},
                 {"a dot in front", ".ads.example", {"*.ads.example"}, 0, 0},
                 {"blanks around", "\t ads.example \t", {"*.ads.example"}, 0, 0},
                 {"comments", "# one\n! two\n; three\n// four\n\n   \n", {}, 0, 0},
                 {"a comment behind", "ads.example # why\nb.example#why", {"*.ads.example", "*.b.example"}, 0, 0},
                 {"underscores", "_dmarc.ads_x.example", {"*._dmarc.ads_x.example"}, 0, 0},
                 {"one label", "zip", {"*.zip"}, 0, 0},
                 {"digits in front", "0.0.0.0.ads.example", {"*.0.0.0.0.ads.example"}, 0, 0},
                 {"international",
                  "B\xc3\xbc"
                  "cher.example",
                  {"*.xn--bcher-kva.example"},
                  0,
                  0},
                 {"a-labels", "xn--bcher-kva.example", {"*.xn--bcher-kva.example"}, 0, 0},
                 {"ideographic dot",
                  "ads\xe3\x80\x82"
                  "example",
                  {"*.ads.example"},
                  0,
                  0}});
}

TEST(Dialects, DomainsThatAreNoName) {
    expect_rows(Format::Domains, "always.example",
                {{"two words", "a.example b.example", {}, 0, 1},
                 {"a rule over what a page shows",
                  "a.example##.x\nb.example#@#.x\nc.example#?#x\nd.example#$#x\ne.example#%#x\nf.example##x y",
                  {},
                  0,
                  6},
                 {"a line of hosts",
                  "0.0.0.0 a.example\n127.0.0.1 b.example c.example # why\n192.0.2.1 router.example",
                  {"a.example", "b.example", "c.example"},
                  1,
                  0},
                 {"names of the machine",
                  "127.0.1.1 myhost myhost.corp.example\nlocalhost\nip6-allnodes\n::1 localhost ip6-loopback",
                  {},
                  5,
                  0},
                 {"marks of byte order inside",
                  "\xef\xbb\xbf"
                  "a.example\nb.example\xef\xbb\xbf"
                  "c.example\n\xef\xbb\xbf# why",
                  {"*.a.example", "*.b.example", "*.c.example"},
                  0,
                  0},
                 {"an address", "192.0.2.1\n2001:db8::1", {}, 0, 2},
                 {"a URL", "https://a.example/", {}, 0, 1},
                 {"a port", "a.example:443", {}, 0, 1},
                 {"adblock", "||a.example^", {}, 0, 1},
                 {"a star inside", "a.*.example\n*\n*.", {}, 0, 3},
                 {"an empty label", "a..example\n.\n..a.example", {}, 0, 3},
                 {"a long label", std::string(64, 'a') + ".example", {}, 0, 1},
                 {"a long name",
                  std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
                      std::string(60, 'd') + "." + std::string(60, 'e'),
                  {},
                  0,
                  1},
                 {"a long line", std::string(5000, 'a'), {}, 0, 1},
                 {"a long comment", "#" + std::string(5000, 'a'), {}, 0, 0},
                 {"no UTF-8", "\xff\xfe.example", {}, 0, 1},
                 {"control characters", "a\x1b[2Jb.example", {}, 0, 1}});
}

TEST(Dialects, Wildcard) {
    expect_rows(Format::Wildcard, "always.example", {{"a star in front", "*.ads.example", {"*.ads.example"}, 0, 0}});
}

TEST(Dialects, Hosts) {
    expect_rows(Format::Hosts, "0.0.0.0 always.example",
                {{"0.0.0.0", "0.0.0.0 ads.example", {"ads.example"}, 0, 0},
                 {"127.0.0.1", "127.0.0.1\tads.example", {"ads.example"}, 0, 0},
                 {"127.x", "127.53.0.1 ads.example", {"ads.example"}, 0, 0},
                 {"::", ":: ads.example", {"ads.example"}, 0, 0},
                 {"::1", "::1 ads.example", {"ads.example"}, 0, 0},
                 {"0", "0 ads.example", {"ads.example"}, 0, 0},
                 {"several names", "0.0.0.0 a.example b.example", {"a.example", "b.example"}, 0, 0},
                 {"a comment behind", "0.0.0.0 a.example # b.example", {"a.example"}, 0, 0},
                 {"comments", "# 0.0.0.0 a.example\n\n", {}, 0, 0},
                 {"CRLF", "0.0.0.0 a.example\r\n", {"a.example"}, 0, 0},
                 {"upper case and a final dot", "0.0.0.0 ADS.Example.", {"ads.example"}, 0, 0},
                 {"international",
                  "0.0.0.0 b\xc3\xbc"
                  "cher.example",
                  {"xn--bcher-kva.example"},
                  0,
                  0},
                 {"underscores", "0.0.0.0 _a.b_c.example", {"_a.b_c.example"}, 0, 0},
                 {"names of the machine",
                  "127.0.0.1 localhost\n127.0.0.1 LOCALHOST.localdomain\n::1 ip6-loopback\n0.0.0.0 0.0.0.0\n::1 "
                  "ip6-allhosts",
                  {},
                  5,
                  0},
                 {"a name of the machine beside others", "127.0.0.1 localhost a.example", {"a.example"}, 1, 0},
                 {"somebody's host",
                  "192.0.2.1 router.example\n255.255.255.255 broadcasthost\nfe80::1%lo0 localhost",
                  {},
                  3,
                  0},
                 {"the machine's own name", "127.0.1.1 myhost myhost.corp.example", {}, 1, 0},
                 {"a name alone", "ads.example\n*.b.example # why", {"*.ads.example", "*.b.example"}, 0, 0},
                 {"no address", "ads\nads.example b.example", {}, 0, 2},
                 {"a rule over what a page shows", "a.example##.x\n0.0.0.0 b.example##.x", {}, 0, 2},
                 {"headings", "#### ads\n## more ads\n###\n0.0.0.0 a.example ## why", {"a.example"}, 0, 0},
                 {"marks of byte order inside",
                  "0.0.0.0 a.example\n\xef\xbb\xbf"
                  "0.0.0.0 b.example",
                  {"a.example", "b.example"},
                  0,
                  0},
                 {"no name", "0.0.0.0\n0.0.0.0 # nothing", {}, 0, 2},
                 {"a star", "0.0.0.0 *.ads.example", {}, 0, 1},
                 {"a good and a bad name", "0.0.0.0 a.example b..example", {"a.example"}, 0, 1},
                 {"an address as a name", "0.0.0.0 192.0.2.1", {}, 0, 1},
                 {"a long line", "0.0.0.0 " + std::string(5000, 'a'), {}, 0, 1}});
}

TEST(Dialects, ByteOrderMarkIsNoPartOfTheFirstName) {
    EXPECT_THAT(read("\xef\xbb\xbf"
                     "a.example\n",
                     Format::Domains, {})
                    .rules,
                ElementsAre("*.a.example"));
}

TEST(Dialects, NotEndingWithALine) {
    EXPECT_THAT(read("a.example", Format::Domains, {}).rules, ElementsAre("*.a.example"));
}

TEST(Dialects, DetectsEachOfThem) {
    const auto of = [](std::string_view text) { return detect(text); };
    EXPECT_EQ(of("# t\n0.0.0.0 a.example\n0.0.0.0 b.example\n"), Format::Hosts);
    EXPECT_EQ(of("## heading\n### another\n0.0.0.0 a.example\n"), Format::Hosts);
    EXPECT_EQ(of("a.example\nb.example\n"), Format::Domains);
    EXPECT_EQ(of("a.example ## why\n"), Format::Domains);
    EXPECT_EQ(of("*.a.example\n*.b.example\n"), Format::Wildcard);
    EXPECT_EQ(of("[Adblock Plus]\n! t\n||a.example^\n@@||b.example^\n"), Format::Adblock);
    EXPECT_EQ(of("a.example\nb.example##.x\nc.example#@#.x\nd.example#?#x\ne.example#$#x\n"), Format::Adblock);
    EXPECT_EQ(of("address=/a.example/#\nserver=/b.example/\n"), Format::Dnsmasq);
    EXPECT_EQ(of("server:\nlocal-zone: \"a.example.\" always_null\n"), Format::Unbound);
    EXPECT_EQ(of("$TTL 1h\n@ IN SOA a. b. 1 1 1 1 1\na.example CNAME .\n"), Format::Rpz);
    EXPECT_EQ(of("a.example CNAME .\n"), Format::Rpz);
    EXPECT_EQ(of("# nothing\n\n"), Format::Domains);
    EXPECT_EQ(of("what is this?\nand this?\n"), std::nullopt);
}

TEST(Dialects, DetectedFormatIsTold) {
    EXPECT_EQ(read("0.0.0.0 a.example\n", Format::Auto, {}).format, Format::Hosts);
    EXPECT_EQ(read("", Format::Auto, {}).error, "");
    EXPECT_EQ(read("# only a comment\n", Format::Auto, {}).error, "");
    EXPECT_THAT(read("what is this?\n", Format::Auto, {}).error, HasSubstr("not recognised"));
}

TEST(Dialects, NoListAtAll) {
    for (const auto* text : {"<!DOCTYPE html><html>", "\n  <html lang=en>", "<?xml version='1.0'?>"})
        for (const auto format : {Format::Auto, Format::Domains, Format::Hosts})
            EXPECT_THAT(read(text, format, {}).error, HasSubstr("web page"));
    EXPECT_THAT(read(std::string("a.example\n\0b", 12), Format::Domains, {}).error, HasSubstr("binary"));
    EXPECT_THAT(read("\x1f\x8b\x08", Format::Auto, {}).error, HasSubstr("gzip"));
    EXPECT_THAT(read("a b\nc d\n", Format::Domains, {}).error, HasSubstr("none of its lines"));
}

TEST(Dialects, UnderstoodButEmptyIsAList) {
    const auto found = read("127.0.0.1 localhost\n", Format::Hosts, {});
    EXPECT_EQ(found.error, "");
    EXPECT_THAT(found.rules, IsEmpty());
}

TEST(Dialects, FirstRefusedLinesAreKept) {
    std::string text = "a.example\n";
    for (int i = 0; i < 50; ++i) text += "b c\n";
    const auto found = read(text, Format::Domains, {});
    EXPECT_EQ(found.refused, 50U);
    ASSERT_EQ(found.refused_lines.size(), 10U);
    EXPECT_EQ(found.refused_lines.front().line, 2U);
    EXPECT_THAT(found.refused_lines.front().why, HasSubstr("more than one word"));
}

TEST(Dialects, LimitOfRules) {
    ListLimits limits;
    limits.rules_max = 2;
    EXPECT_EQ(read("a.example\nb.example\n", Format::Domains, limits).error, "");
    EXPECT_THAT(read("a.example\nb.example\nc.example\n", Format::Domains, limits).error, HasSubstr("more than 2"));
    EXPECT_THAT(read("0.0.0.0 a b c d\n", Format::Hosts, limits).error, HasSubstr("more than 2"));
}

TEST(Dialects, NamesOfFormats) {
    for (const auto* text : {"auto", "hosts", "domains", "wildcard", "adblock", "dnsmasq", "unbound", "rpz"}) {
        ASSERT_TRUE(parse_format(text)) << text;
        EXPECT_EQ(format_to_text(*parse_format(text)), text);
    }
    EXPECT_FALSE(parse_format("csv"));
}

/// The number of different last words of the lines of a simple list, counted without the reader under test.
std::size_t count_last_words(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        line = line.substr(0, line.find('#'));
        const auto last = line.find_last_not_of(" \t\r");
        if (last == std::string_view::npos) continue;
        line = line.substr(0, last + 1);
        std::string word(line.substr(line.find_last_of(" \t*") + 1));
        for (auto& letter : word) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        words.push_back(word.starts_with('.') ? word.substr(1) : word);
    }
    std::sort(words.begin(), words.end());
    return static_cast<std::size_t>(std::unique(words.begin(), words.end()) - words.begin());
}

TEST(Dialects, RealLists) {
    if (!std::filesystem::is_directory(data_folder())) GTEST_SKIP() << "no lists at " << data_folder();
    std::size_t lists = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data_folder())) {
        const auto file = entry.path().filename().string();
        const bool hosts = file.starts_with("hosts-");
        if (!hosts && !file.starts_with("domains-") && !file.starts_with("wildcard-")) continue;
        SCOPED_TRACE(file);
        ++lists;
        const auto text = unpacked(entry.path());
        auto found = read(text, Format::Auto, {});
        EXPECT_EQ(found.error, "");
        EXPECT_EQ(format_to_text(found.format), file.substr(0, file.find('-')));
        for (const auto& refused : found.refused_lines) ADD_FAILURE() << refused.line << ": " << refused.why;
        auto& rules = found.rules;
        std::sort(rules.begin(), rules.end());
        rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
        EXPECT_EQ(rules.size() + found.skipped, count_last_words(text));
        EXPECT_EQ(found.refused, 0U);
    }
    EXPECT_GT(lists, 0U);
}

}  // namespace
}  // namespace cenote::blocklists
