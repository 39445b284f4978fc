// SPDX-License-Identifier: Apache-2.0
//
// Each row of docs/LIST_DIALECTS.md for the dialects with more than names: adblock, dnsmasq, unbound, rpz.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "blocklists/list_copy.h"
#include "blocklists/rpz_trigger.h"
#include "tests/blocklists/lists.h"
#include "tests/support/temporary_folder.h"

namespace cenote::blocklists {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RuleDialects, Adblock) {
    expect_rows(
        Format::Adblock, "||always.example^",
        {{"a name and all below", "||ads.example^", {"*.ads.example"}, 0, 0},
         {"without the mark at the end", "||ads.example", {"*.ads.example"}, 0, 0},
         {"upper case", "||ADS.Example^", {"*.ads.example"}, 0, 0},
         {"one host", "|ads.example^\nads.example\n|ads.example|", {"ads.example", "ads.example", "ads.example"}, 0, 0},
         {"only what is below", "||*.ads.example^", {"below:ads.example"}, 0, 0},
         {"an exception", "@@||good.example^\n@@|one.example^", {"@*.good.example", "@one.example"}, 0, 0},
         {"a note behind", "@@||good.example^ ! issue 12\n||b.example^! why", {"@*.good.example", "*.b.example"}, 0, 0},
         {"a comment behind",
          "||b.example.org^ # why\n||c.example.org^$important # why\n|d.example^ #why\ne.example # ! why",
          {"*.b.example.org", "!*.c.example.org", "d.example", "e.example"},
          0,
          0}});
}

TEST(RuleDialects, AdblockModifiers) {
    expect_rows(
        Format::Adblock, "||always.example^",
        {{"important",
          "||ads.example^$important\n@@||good.example^$important",
          {"!*.ads.example", "!@*.good.example"},
          0,
          0},
         {"denyallow",
          "||ads.example^$denyallow=good.ads.example|elsewhere.example",
          {"*.ads.example", "@*.good.ads.example"},
          0,
          0},
         {"badfilter", "||ads.example^$badfilter", {"~*.ads.example"}, 0, 0},
         {"dnstype of both families",
          "||ads.example^$dnstype=A|AAAA\n||b.example^$dnstype=~TXT|~MX",
          {"*.ads.example", "*.b.example"},
          0,
          0},
         {"dnstype of others",
          "||ads.example^$dnstype=AAAA\n||b.example^$dnstype=~A\n||c.example^$dnstype=HTTPS",
          {},
          3,
          0},
         {"all", "||ads.example^$all", {"*.ads.example"}, 0, 0},
         {"options of a browser",
          "||ads.example^$third-party\n||b.example^$script,domain=c.example\n||d.example^$important,popup",
          {},
          3,
          0},
         {"cosmetic",
          "example.com##.banner\n##.ad\nexample.com#@#.ad\n#@#.x\nexample.com#?#div\nexample.com#$#x\nexample.com#%#"
          "y\nexample.com$$script[x]",
          {},
          8,
          0},
         {"URLs",
          "||ads.example/banner\n|https://ads.example^\n/banner/\n/^ads[0-9]+/\n||ads.example^path\n&ad_box=",
          {},
          6,
          0},
         {"parts of names", "ads.example^\n.ads.example\n||ads.*.example^\n||ads-\n-banner.\n||example^", {}, 6, 0},
         {"addresses", "||192.0.2.1^\n192.0.2.1", {}, 2, 0},
         {"comments", "! one\n[Adblock Plus 2.0]\n# two\n\n", {}, 0, 0},
         {"the machine's own name", "127.0.1.1 myhost.corp.example", {}, 1, 0},
         {"hosts lines", "0.0.0.0 ads.example\n192.0.2.1 router.example", {"ads.example"}, 1, 0},
         {"international",
          "||b\xc3\xbc"
          "cher.example^",
          {"*.xn--bcher-kva.example"},
          0,
          0},
         {"no name", "||ads..example^\n||a b.example^", {}, 0, 2},
         {"a long line", "||" + std::string(5000, 'a') + ".example^", {}, 0, 1}});
}

TEST(RuleDialects, Dnsmasq) {
    expect_rows(Format::Dnsmasq, "local=/always.example/",
                {{"address to nowhere",
                  "address=/a.example/#\naddress=/b.example/0.0.0.0\naddress=/c.example/::\naddress=/d.example/"
                  "\naddress=/e.example/127.0.0.1",
                  {"*.a.example", "*.b.example", "*.c.example", "*.d.example", "*.e.example"},
                  0,
                  0},
                 {"several names", "address=/a.example/b.example/0.0.0.0", {"*.a.example", "*.b.example"}, 0, 0},
                 {"address of somebody", "address=/router.example/192.0.2.1", {}, 1, 0},
                 {"local", "local=/a.example/", {"*.a.example"}, 0, 0},
                 {"server without a server", "server=/a.example/", {"*.a.example"}, 0, 0},
                 {"server that forwards", "server=/a.example/192.0.2.53\nserver=192.0.2.53", {}, 2, 0},
                 {"server as everything else", "server=/good.example/#", {"@*.good.example"}, 0, 0},
                 {"a star", "local=/*.a.example/", {"below:a.example"}, 0, 0},
                 {"a dot in front", "local=/.a.example/", {"*.a.example"}, 0, 0},
                 {"names without dots", "local=//", {}, 1, 0},
                 {"other options", "domain-needed\ncache-size=1000\ncname=a.example,b.example", {}, 3, 0},
                 {"comments", "# one\n\nlocal=/a.example/ # two", {"*.a.example"}, 0, 0},
                 {"everything", "address=/#/0.0.0.0", {}, 0, 1},
                 {"no names", "address=a.example\naddress=/a.example", {}, 0, 2},
                 {"no address", "address=/a.example/nowhere", {}, 0, 1},
                 {"no option", "what is this?", {}, 0, 1},
                 {"a long line", "local=/" + std::string(5000, 'a') + "/", {}, 0, 1}});
}

TEST(RuleDialects, Unbound) {
    std::vector<Row> rows;
    for (const char* type : {"always_nxdomain", "always_nodata", "always_refuse", "always_deny", "always_null", "deny",
                             "refuse", "static", "redirect", "inform_deny", "inform_redirect"})
        rows.push_back({type, std::string("local-zone: \"a.example.\" ") + type, {"*.a.example"}, 0, 0});
    for (const char* type : {"transparent", "always_transparent", "typetransparent", "inform", "nodefault", "noview"})
        rows.push_back({type, std::string("local-zone: a.example ") + type, {"@*.a.example"}, 0, 0});
    const std::vector<Row> others{
        {"the section", "server:\n  local-zone: 'a.example' static", {"*.a.example"}, 0, 0},
        {"data that leads nowhere",
         "local-data: \"a.example. 300 IN A 0.0.0.0\"\nlocal-data: 'a.example AAAA ::'",
         {"a.example", "a.example"},
         0,
         0},
        {"data of somebody", "local-data: \"a.example A 192.0.2.1\"\nlocal-data: \"a.example TXT x\"", {}, 2, 0},
        {"other options", "do-ip6: no\nlocal-data-ptr: \"192.0.2.1 a.example\"", {}, 2, 0},
        {"comments", "# one\n\n", {}, 0, 0},
        {"an unknown type", "local-zone: \"a.example\" sometimes", {}, 0, 1},
        {"no name", "local-zone: \"a..example\" static", {}, 0, 1},
        {"half a record", "local-data: \"a.example\"", {}, 0, 1},
        {"no option", "what is this?", {}, 0, 1}};
    rows.insert(rows.end(), others.begin(), others.end());
    expect_rows(Format::Unbound, "local-zone: always.example. static", rows);
}

TEST(RuleDialects, Rpz) {
    expect_rows(
        Format::Rpz, "always.example CNAME .",
        {{"a name", "a.example CNAME .", {"a.example"}, 0, 0},
         {"all below a name", "*.a.example CNAME .", {"below:a.example"}, 0, 0},
         {"nodata", "a.example 300 IN CNAME *.", {"a.example"}, 0, 0},
         {"drop", "a.example IN 300 CNAME rpz-drop.", {"a.example"}, 0, 0},
         {"local data",
          "a.example A 192.0.2.80\n AAAA 2001:db8::80\nb.example CNAME walled.garden.",
          {"a.example", "a.example", "b.example"},
          0,
          0},
         {"passthru",
          "good.example CNAME rpz-passthru.\n*.good.example cname RPZ-PASSTHRU.\nold.example CNAME old.example.",
          {"@good.example", "@below:good.example", "@old.example"},
          0,
          0},
         {"tcp only", "a.example CNAME rpz-tcp-only.", {}, 1, 0},
         {"response addresses",
          "24.0.2.0.192.rpz-ip CNAME .\n48.zz.db8.2001.rpz-ip CNAME .\n128.1.zz.db8.2001.rpz-ip CNAME rpz-passthru.",
          {"ip:192.0.2.0/24", "ip:2001:db8::/48", "@ip:2001:db8::1/128"},
          0,
          0},
         {"all addresses", "0.0.0.0.0.rpz-ip CNAME .\n0.zz.rpz-ip CNAME .", {"ip:0.0.0.0/0", "ip:::/0"}, 0, 0},
         {"clients",
          "24.0.2.0.192.rpz-client-ip CNAME .\n32.7.2.0.192.rpz-client-ip CNAME rpz-passthru.",
          {"client:192.0.2.0/24", "@client:192.0.2.7/32"},
          0,
          0},
         {"triggers that nothing here obeys",
          "24.0.2.0.192.rpz-nsip CNAME .\nns.example.rpz-nsdname CNAME .\n24.0.2.0.192.rpz-nsip CNAME .",
          {},
          3,
          0},
         {"comments", "; one\n\na.example CNAME . ; two", {"a.example"}, 0, 0},
         {"final dots without a zone", "a.example. CNAME .", {"a.example"}, 0, 0},
         {"a prefix that is none", "24.0.2.192.rpz-ip CNAME .", {}, 0, 1},
         {"half a record", "a.example CNAME", {}, 0, 1},
         {"an include", "$INCLUDE other", {}, 0, 1},
         {"a parenthesis that stays open", "a.example CNAME ( .", {}, 0, 1}});
}

TEST(RuleDialects, RpzZone) {
    const char* kZone =
        "$TTL 300\n"
        "$ORIGIN rpz.nation.example.\n"
        "@ IN SOA ns.nation.example. host.nation.example. ( 7 ; serial\n"
        "   3600 600\n   86400 300 )\n"
        "  IN NS localhost.\n"
        "a.example CNAME .\n"
        "*.a.example CNAME .\n"
        "b.example.rpz.nation.example. CNAME *.\n"
        "$ORIGIN sub.rpz.nation.example.\n"
        "c.example CNAME .\n";
    const auto found = read(kZone, Format::Auto, {});
    EXPECT_EQ(found.format, Format::Rpz);
    EXPECT_THAT(found.rules, ElementsAre("a.example", "below:a.example", "b.example", "c.example.sub"));
    EXPECT_EQ(found.refused, 0U);
    const auto absolute =
        read("rpz.x. 60 IN SOA a. b. 1 2 3 4 5\nrpz.x. NS localhost.\na.example.rpz.x. CNAME .\n", Format::Rpz, {});
    EXPECT_THAT(absolute.rules, ElementsAre("a.example"));
}

TEST(RuleDialects, RpzPrefixesComeBack) {
    for (const char* text : {"192.0.2.0/24", "10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "2001:db8::1/128", "::/0",
                             "::1/128", "2001:db8:0:1::/64"}) {
        const auto prefix = Prefix::parse(text);
        ASSERT_TRUE(prefix) << text;
        EXPECT_EQ(parse_rpz_prefix(rpz_prefix_to_text(*prefix)), prefix) << rpz_prefix_to_text(*prefix);
    }
    EXPECT_EQ(rpz_prefix_to_text(*Prefix::parse("192.0.2.0/24")), "24.0.2.0.192");
    EXPECT_EQ(parse_rpz_prefix("128.1.zz.101.db8.2001"), Prefix::parse("2001:db8:101::1"));
    EXPECT_EQ(parse_rpz_prefix("64.zz.1.0.db8.2001"), Prefix::parse("2001:db8:0:1::/64"));
    for (const char* text : {"", "24", "24.0.0", "33.1.2.0.192", "24.1.2.0.192", "x.0.2.0.192", "48.zz.zz.2001"})
        EXPECT_FALSE(parse_rpz_prefix(text)) << text;
}

std::vector<std::string> settled(std::string_view text) {
    const testing_support::TemporaryFolder folder;
    write_file(folder / "list", text);
    const auto copy = ListCopy::read({.id = "list", .path = folder / "list", .format = Format::Adblock}, nullptr, {});
    EXPECT_TRUE(copy.ok());
    std::vector<std::string> rules;
    copy->for_each([&](const Rule& rule) { rules.push_back(in_short(rule)); });
    return rules;
}

TEST(RuleDialects, ImportantRulesStand) {
    EXPECT_THAT(settled("||ads.example^$important\n@@||ads.example^\n@@||good.ads.example^\n@@||other.example^\n"),
                ElementsAre("!*.ads.example", "@*.other.example"));
    EXPECT_THAT(settled("||ads.example^$important\n@@||good.ads.example^$important\n||deep.good.ads.example^\n"),
                ElementsAre("!*.ads.example", "!@*.good.ads.example"));
    EXPECT_THAT(settled("@@||all.example^$important\n||deep.all.example^$important\n||b.example^\n"),
                ElementsAre("!@*.all.example", "*.b.example"));
}

TEST(RuleDialects, ARuleThatIsCancelledIsGone) {
    EXPECT_THAT(settled("||ads.example^\n||ads.example^$badfilter\n@@||ads.example^\n||b.example^\n"),
                ElementsAre("@*.ads.example", "*.b.example"));
}

/// Counted with a regular expression over lines, without the reader under test.
struct Expected {
    std::set<std::string> closed;
    std::set<std::string> opened;
};

Expected counted(const std::string& text, const std::regex& closed, const std::regex& opened) {
    Expected found;
    std::istringstream lines(text);
    std::smatch match;
    for (std::string line; std::getline(lines, line);) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        auto* into = std::regex_match(line, match, closed)   ? &found.closed
                     : std::regex_match(line, match, opened) ? &found.opened
                                                             : nullptr;
        if (into == nullptr) continue;
        std::string name = match[1];
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        into->insert(name);
    }
    return found;
}

TEST(RuleDialects, RealLists) {
    if (!std::filesystem::is_directory(data_folder())) GTEST_SKIP() << "no lists at " << data_folder();
    const std::regex nothing("a^");
    const std::regex adblock_closed(R"(\|\|([A-Za-z0-9_.-]+\.[A-Za-z0-9-]+)\^)");
    const std::regex adblock_opened(R"(@@\|\|([A-Za-z0-9_.-]+\.[A-Za-z0-9-]+)\^( *!.*)?)");
    const std::regex dnsmasq(R"(address=/([^/]+)/#)");
    const std::regex unbound(R"re(local-zone: "([^"]+)\." always_null)re");
    std::size_t lists = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data_folder())) {
        const auto file = entry.path().filename().string();
        const bool adblock = file.starts_with("adblock-");
        if (!adblock && !file.starts_with("dnsmasq-") && !file.starts_with("unbound-")) continue;
        SCOPED_TRACE(file);
        ++lists;
        const auto text = unpacked(entry.path());
        const auto expected = counted(text,
                                      adblock                        ? adblock_closed
                                      : file.starts_with("dnsmasq-") ? dnsmasq
                                                                     : unbound,
                                      adblock ? adblock_opened : nothing);
        const auto found = read(text, Format::Auto, {});
        EXPECT_EQ(found.error, "");
        EXPECT_EQ(format_to_text(found.format), file.substr(0, file.find('-')));
        for (const auto& refused : found.refused_lines) ADD_FAILURE() << refused.line << ": " << refused.why;
        std::set<std::string> closed, opened;
        for (const auto& rule : found.rules)
            (rule.starts_with('@') ? opened : closed)
                .insert(rule.substr(rule.starts_with('@')    ? 3
                                    : rule.starts_with("*.") ? 2
                                                             : 0));
        EXPECT_EQ(closed.size(), expected.closed.size());
        EXPECT_EQ(opened.size(), expected.opened.size());
        EXPECT_TRUE(std::includes(closed.begin(), closed.end(), expected.closed.begin(), expected.closed.end()));
    }
    EXPECT_GT(lists, 0U);
}

}  // namespace
}  // namespace cenote::blocklists
