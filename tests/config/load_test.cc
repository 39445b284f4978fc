// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/policy/policy.h"
#include "tests/config/fixture.h"

namespace cenote::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> addresses(const std::vector<upstream::ServerAddress>& servers) {
    std::vector<std::string> texts;
    for (const auto& server : servers) texts.push_back(server.to_string());
    return texts;
}

TEST_F(LoadTest, PastedNamesAreReadWithANote) {
    const auto settings = load_string(R"([server]
node = "dns1.agency.example."
[sinkhole]
cname = "https://blocked.agency.example/"
[upstream]
servers = ["tls://192.0.2.53#dns.한글도메인.kr"]
[[upstream.route]]
zone    = "*.corp.example"
servers = ["10.0.0.53"]
[[local]]
name  = "*.intra.example"
type  = "A"
value = "10.0.0.10"
[blocklist]
protect = ["*.agency.example", "한글도메인.kr"]
[[serve_rpz]]
zone   = "rpz.agency.example."
notify = ["10.0.0.54:53"]
[[directive]]
id      = "d"
step    = "restrict"
targets = ["domain:*.x.example.com",
           "domain:https://y.example.com:443/a",
           "domain:한글도메인2.kr"]
[[allow]]
domains = ["*.open.example", "plain.example"]
)");
    ASSERT_TRUE(settings);
    EXPECT_THAT(texts(Diagnostic::Severity::Note),
                ElementsAre(HasSubstr("cenote.toml:2:8: note: 'dns1.agency.example.' is read as dns1.agency.example:"),
                            HasSubstr("cenote.toml:4:9: note: 'https://blocked.agency.example/' is read as "),
                            HasSubstr("cenote.toml:8:11: note: '*.corp.example' is read as corp.example:"),
                            HasSubstr("cenote.toml:15:12: note: '*.agency.example' is read as agency.example:"),
                            HasSubstr("cenote.toml:17:10: note: 'rpz.agency.example.' is read as rpz.agency.example:"),
                            HasSubstr("cenote.toml:22:12: note: '*.x.example.com' is read as x.example.com: '*.' is "
                                      "taken off, as the name stands for itself and all names below it"),
                            HasSubstr("cenote.toml:23:12: note: 'https://y.example.com:443/a' is read as "),
                            HasSubstr("cenote.toml:26:12: note: '*.open.example' is read as open.example:")));
    const auto name = [](std::string_view text) { return *wire::Name::parse(text); };
    const policy::Options& policy = *settings->policy;
    EXPECT_EQ(settings->node, "dns1.agency.example");
    EXPECT_EQ(policy.sinkhole.cname, name("blocked.agency.example"));
    EXPECT_THAT(addresses(settings->upstream.servers), ElementsAre("tls://192.0.2.53:853#dns.xn--bj0bj3i97fq8o5lq.kr"));
    EXPECT_EQ(settings->upstream.routes.at(0).zone, name("corp.example"));
    EXPECT_EQ(settings->local.at(0).name, name("*.intra.example"));
    EXPECT_THAT(settings->protect, ElementsAre(name("agency.example"), name("xn--bj0bj3i97fq8o5lq.kr")));
    EXPECT_EQ(settings->transfer.primary_zones.at(0).zone, name("rpz.agency.example"));
    std::vector<std::string> targets;
    for (const auto& target : policy.directives.at(0).targets) targets.push_back(policy::target_to_text(target));
    EXPECT_THAT(targets,
                ElementsAre("domain:x.example.com", "domain:y.example.com", "domain:xn--2-cs6eu6m9xhuvrrut.kr"));
    EXPECT_THAT(policy.allows.at(0).domains, ElementsAre(name("open.example"), name("plain.example")));
}

TEST_F(LoadTest, ANoteDoesNotMakeItsDirectiveWrong) {
    write("cenote.toml",
          "[[directive]]\nid = \"d\"\nstep = \"block\"\ntargets = [\"domain:*.a.example\"]\ngroups = [\"no-such\"]\n"
          "[[group]]\nid = \"lab\"\n");
    EXPECT_FALSE(load_folder());
    EXPECT_THAT(texts(Diagnostic::Severity::Error), testing::Contains(HasSubstr("unknown group 'no-such'")));
}

TEST_F(LoadTest, AnEmptyFileHasEveryDefault) {
    const auto settings = load_string("");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->node, "dns1");
    EXPECT_EQ(settings->policy->node, "dns1");
    using server::Protocol;
    const auto loopback = SocketAddress::parse("127.0.0.1:53", 0).value();
    const auto loopback6 = SocketAddress::parse("[::1]:53", 0).value();
    EXPECT_EQ(settings->server.listen, (std::vector<server::Endpoint>{{loopback, Protocol::Udp},
                                                                      {loopback, Protocol::Tcp},
                                                                      {loopback6, Protocol::Udp},
                                                                      {loopback6, Protocol::Tcp}}));
    EXPECT_EQ(settings->allow_from.size(), 7U);
    EXPECT_THAT(addresses(settings->upstream.servers), ElementsAre("9.9.9.9:53", "149.112.112.112:53"));
    EXPECT_TRUE(settings->set.empty()) << "nothing to compile, so no set to wait for";
    EXPECT_TRUE(diagnostics_.all().empty());
}

TEST_F(LoadTest, ListensForEveryProtocol) {
    const auto settings = load_string(
        "[server]\nlisten = [\"127.0.0.1\"]\nlisten_tls = [\"127.0.0.1\"]\nlisten_https = [\"127.0.0.1\"]\n"
        "listen_quic = [\"127.0.0.1\"]\nlisten_h2c = [\"127.0.0.1\", \"[::1]:8443\"]\nproxies = [\"127.0.0.1\", "
        "\"2001:db8::/32\"]\n"
        "[server.tls]\ncertificate = \"/a\"\nkey = \"/b\"\n");
    ASSERT_TRUE(settings);
    using server::Protocol;
    const auto at = [](const char* text) { return SocketAddress::parse(text, 0).value(); };
    EXPECT_EQ(settings->server.listen, (std::vector<server::Endpoint>{{at("127.0.0.1:53"), Protocol::Udp},
                                                                      {at("127.0.0.1:53"), Protocol::Tcp},
                                                                      {at("127.0.0.1:853"), Protocol::Tls},
                                                                      {at("127.0.0.1:443"), Protocol::Https},
                                                                      {at("127.0.0.1:853"), Protocol::Quic},
                                                                      {at("127.0.0.1:80"), Protocol::H2c},
                                                                      {at("[::1]:8443"), Protocol::H2c}}));
    EXPECT_EQ(settings->server.proxies,
              (std::vector<Prefix>{Prefix::parse("127.0.0.1/32").value(), Prefix::parse("2001:db8::/32").value()}));
}

TEST_F(LoadTest, TheSetHasItsDefaultOnceThereIsSomethingToCompile) {
    EXPECT_EQ(load_string("[blocklist]\nservices = [\"s\"]\n")->set, "/var/lib/cenote/cenote.set");
    EXPECT_EQ(load_string("[[list]]\nid = \"a\"\nsource = \"/a\"\n")->set, "/var/lib/cenote/cenote.set");
    EXPECT_EQ(load_string("[blocklist]\nset = \"own.set\"\n")->set, folder_ / "own.set");
}

TEST_F(LoadTest, ASecretThatCanBeGuessedIsRefused) {
    const std::string text = "[[tsig]]\nname = \"k\"\nsecret_file = \"k.key\"\n";
    write("cenote.toml", text);
    for (const char* secret : {"AA==", "MTIzNDU2Nzg5MDEyMzQ1"}) {  // 8 bits, 120 bits
        write("k.key", secret);
        EXPECT_FALSE(load_folder()) << secret;
    }
    EXPECT_THAT(texts(Diagnostic::Severity::Error),
                ElementsAre(HasSubstr("3:15: the secret in"), HasSubstr("has 120 bits, and fewer than 128 can be "
                                                                        "guessed; write one with 'head -c 32")));
    write("k.key", "MTIzNDU2Nzg5MDEyMzQ1Ng==\n");  // 128 bits
    diagnostics_ = {};
    const auto settings = load_folder();
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->transfer.keys[0].secret.size(), 16U);
}

TEST_F(LoadTest, RelativePathsStartAtTheFile) {
    const auto settings = load_string("[[list]]\nid = \"a\"\nsource = \"lists/a.txt\"\n");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->lists[0].source, (folder_ / "lists/a.txt").string());
}

TEST_F(LoadTest, UpstreamsOfEveryKind) {
    const auto settings = load_string(
        "[upstream]\nservers = [\"192.0.2.1\", \"192.0.2.1:5353\", \"2001:db8::1\", \"[2001:db8::1]:5353\",\n"
        "\"tls://9.9.9.9#dns.quad9.net\", \"tls://[2620:fe::fe]:8853#dns.quad9.net\",\n"
        "\"https://9.9.9.9/dns-query#dns.quad9.net\", \"https://[2620:fe::fe]:8443/a/%7Eb?c=1#192.0.2.1\"]\n");
    ASSERT_TRUE(settings);
    EXPECT_THAT(
        addresses(settings->upstream.servers),
        ElementsAre("192.0.2.1:53", "192.0.2.1:5353", "[2001:db8::1]:53", "[2001:db8::1]:5353",
                    "tls://9.9.9.9:853#dns.quad9.net", "tls://[2620:fe::fe]:8853#dns.quad9.net",
                    "https://9.9.9.9:443/dns-query#dns.quad9.net", "https://[2620:fe::fe]:8443/a/%7Eb?c=1#192.0.2.1"));
}

TEST_F(LoadTest, AWildcardListenAddressCoversThisHostOnly) {
    EXPECT_TRUE(
        load_string("[server]\nlisten = [\"0.0.0.0:53\", \"[::]:53\"]\n"
                    "[upstream]\nservers = [\"192.0.2.53\", \"2001:db8::53\"]\n"));
}

TEST_F(LoadTest, SystemReadsResolvConfWithoutListenAddresses) {
    write("resolv.conf",
          "# written by hand\nsearch agency.example\nnameserver 127.0.0.1\nnameserver 192.0.2.53\n"
          "nameserver 192.0.2.53\noptions edns0\nnameserver 2001:db8::53\nnameserver nonsense\n");
    const auto settings = load_string("[upstream]\nservers = [\"system\", \"192.0.2.54\"]\n");
    ASSERT_TRUE(settings);
    EXPECT_THAT(addresses(settings->upstream.servers),
                ElementsAre("192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"));
}

TEST_F(LoadTest, SystemWithListenAddressesAloneIsAnError) {
    write("resolv.conf", "nameserver 127.0.0.1\nnameserver 0.0.0.0\nnameserver ::\n");
    const HostInfo host_info{.host_name = "dns1", .resolv_conf = folder_ / "resolv.conf"};
    EXPECT_FALSE(load_text("[upstream]\nservers = [\"system\"]\n", "c.toml", host_info, diagnostics_));
    EXPECT_THAT(texts(Diagnostic::Severity::Error), ElementsAre(HasSubstr("names no server but this one")));
    EXPECT_FALSE(load_text("[upstream]\nservers = [\"system\"]\n", "c.toml",
                           {.host_name = "dns1", .resolv_conf = folder_ / "missing"}, diagnostics_));
}

TEST_F(LoadTest, ADirectiveComesWithAllItsKeys) {
    const auto settings = load_string(R"(
[server]
timezone = "UTC"
[[directive]]
id = "d-1"
targets = ["service:deepseek", "domain:Example.AI"]
roles = ["web"]
strict = true
groups = ["lab"]
step = "restrict"
layer = "agency"
before = "nothing"
starts = 2025-02-06T09:00:00+09:00
ends = "2026-12-31T23:59:59+09:00"
hours = "mon-fri 08:00-19:00"
contact = ["mailto:dns@agency.example"]
reason = { en = "Why", ko = "왜" }
answer = "nxdomain"
exceptions_max = "180d"
[[group]]
id = "lab"
clients = ["10.1.0.0/16"]
)");
    ASSERT_TRUE(settings);
    ASSERT_EQ(settings->policy->directives.size(), 1U);
    const auto& directive = settings->policy->directives[0];
    EXPECT_EQ(directive.id, "d-1");
    ASSERT_EQ(directive.targets.size(), 2U);
    EXPECT_EQ(directive.targets[1].domain, wire::Name::parse("example.ai"));
    EXPECT_EQ(directive.targets[1].place.line, 6U);
    EXPECT_TRUE(directive.strict);
    EXPECT_EQ(directive.step, policy::Step::Restrict);
    EXPECT_EQ(directive.layer, policy::Layer::Agency);
    EXPECT_EQ(directive.before, policy::Step::None);
    EXPECT_LT(*directive.starts, *directive.ends);
    EXPECT_TRUE(directive.hours.has_value());
    EXPECT_EQ(directive.timezone, "UTC");
    EXPECT_EQ(directive.reason.size(), 2U);
    EXPECT_EQ(directive.answer, policy::AnswerMode::Nxdomain);
    EXPECT_EQ(directive.place.line, 4U);
    EXPECT_EQ(settings->policy->groups[0].name, "lab") << "the id serves as name";
}

TEST_F(LoadTest, WhatMayNotBeSinkholedReachesPolicy) {
    const auto settings = load_string(
        "[blocklist]\nprotect = [\"go.kr\"]\n[[local]]\nname = \"a.example\"\ntype = \"A\"\nvalue = \"10.0.0.1\"\n"
        "[[upstream.route]]\nzone = \"b.example\"\nservers = [\"10.0.0.53\"]\n");
    ASSERT_TRUE(settings);
    std::vector<std::string> names;
    for (const auto& name : settings->policy->unsinkholable) names.push_back(name.to_string());
    EXPECT_THAT(names, testing::UnorderedElementsAre("go.kr", "a.example", "b.example"));
}

TEST_F(LoadTest, AddressesThatMayNotBeSinkholedReachPolicyAndLists) {
    const auto settings = load_string(
        "[server]\nlisten = [\"10.0.0.2:53\", \"127.0.0.1:53\", \"[::]:5353\"]\n"
        "[upstream]\nservers = [\"192.0.2.53\"]\n"
        "[[upstream.route]]\nzone = \"b.example\"\nservers = [\"10.0.0.53\", \"127.0.0.1:5300\"]\n"
        "[[local]]\nname = \"a.example\"\ntype = \"A\"\nvalue = \"127.0.0.9\"\n"
        "[[local]]\nname = \"a.example\"\ntype = \"AAAA\"\nvalue = \"2001:db8::9\"\n"
        "[[local]]\nname = \"t.example\"\ntype = \"TXT\"\nvalue = \"x\"\n");
    ASSERT_TRUE(settings);
    std::vector<std::string> addresses;
    for (const auto& each : manifest_of(*settings, WallTime{}).addresses) addresses.push_back(each.ip.to_string());
    EXPECT_THAT(addresses,
                testing::UnorderedElementsAre("10.0.0.2", "192.0.2.53", "10.0.0.53", "127.0.0.9", "2001:db8::9"));
}

TEST_F(LoadTest, AddressTargetsThatMayNotBeSinkholed) {
    const std::string local = "[[local]]\nname = \"a.example\"\ntype = \"A\"\nvalue = \"10.1.2.3\"\n";
    const std::string directive = "[[directive]]\nid = \"d\"\nstep = \"restrict\"\ntargets = ";
    EXPECT_TRUE(load_string(local + directive + "[\"address:192.0.2.0/24\", \"address:192.168.0.0/16\"]\n"));
    const auto refused = [this](const std::string& text) {
        const HostInfo host_info{.host_name = "dns1", .resolv_conf = folder_ / "resolv.conf"};
        return !load_text(text, "c.toml", host_info, diagnostics_);
    };
    EXPECT_TRUE(refused(local + directive + "[\"address:0.0.0.0/0\", \"address:::/0\", \"address:10.1.0.0/16\"]\n"));
    EXPECT_THAT(
        texts(Diagnostic::Severity::Error),
        ElementsAre(HasSubstr("c.toml:8:12: address:0.0.0.0/0 may not be sinkholed: it is wider than /8, the widest "
                              "that a rule may close; name something narrower"),
                    HasSubstr("address:::/0 may not be sinkholed"),
                    HasSubstr("it covers 10.1.2.3, where the [[local]] name a.example leads")));
    std::string five;
    for (int i = 0; i < 5; ++i) five += "\"address:" + std::to_string(20 + i) + ".0.0.0/8\",";
    EXPECT_TRUE(refused(directive + "[" + five + "]\n"));
    EXPECT_THAT(texts(Diagnostic::Severity::Error).back(), HasSubstr("directive 'd' may not be in force"));
}

TEST_F(LoadTest, FilesOfTheFolderAreReadInTheOrderOfTheirNames) {
    write("cenote.toml", "[[directive]]\nid = \"main\"\ntargets = [\"service:*\"]\nstep = \"observe\"\n");
    write("directives.d/20-b.toml", "[[directive]]\nid = \"b\"\ntargets = [\"domain:b.example\"]\nstep = \"block\"\n");
    write("directives.d/10-a.toml",
          "[[directive]]\nid = \"a\"\ntargets = [\"domain:a.example\"]\nstep = \"block\"\n"
          "[[allow]]\ndomains = [\"open.example\"]\n");
    write("directives.d/README", "not TOML");
    write("directives.d/.30-c.toml.swp", "not TOML");
    const auto settings = load_folder();
    ASSERT_TRUE(settings) << diagnostics_.all()[0].to_string();
    std::vector<std::string> ids;
    for (const auto& directive : settings->policy->directives) ids.push_back(directive.id);
    EXPECT_THAT(ids, ElementsAre("main", "a", "b"));
    EXPECT_EQ(settings->policy->directives[1].place.file, (folder_ / "directives.d/10-a.toml").string());
    EXPECT_EQ(settings->policy->allows.size(), 1U);
}

TEST_F(LoadTest, OnlyDirectivesAndAllowsAreReadFromTheFolder) {
    write("cenote.toml", "");
    write("directives.d/a.toml", "[server]\nworkers = 2\n");
    write("directives.d/b.toml", "[[directive]\n");
    EXPECT_FALSE(load_folder());
    const auto errors = texts(Diagnostic::Severity::Error);
    ASSERT_EQ(errors.size(), 2U) << testing::PrintToString(errors);
    EXPECT_THAT(errors[0],
                testing::StartsWith((folder_ / "directives.d/a.toml").string() + ":1:1: only [[directive]]"));
    EXPECT_THAT(errors[1], testing::StartsWith((folder_ / "directives.d/b.toml").string() + ":1:"));
}

TEST_F(LoadTest, AKeyOfTheMainFileIsRefusedInTheFolder) {
    write("cenote.toml", "");
    for (const char* table : {"[server]", "[limits]", "[control]", "[sinkhole]", "[upstream]", "[cache]", "[blocklist]",
                              "[exceptions]", "[[local]]", "[[list]]", "[[tsig]]", "[[serve_rpz]]", "[[group]]"}) {
        write("directives.d/a.toml", table);
        EXPECT_FALSE(load_folder()) << table;
        EXPECT_THAT(texts(Diagnostic::Severity::Error).back(), HasSubstr("read from directives.d; move '")) << table;
    }
}

TEST_F(LoadTest, OneIdInTwoFilesIsFoundByPolicy) {
    const std::string text = "[[directive]]\nid = \"a\"\ntargets = [\"service:*\"]\nstep = \"observe\"\n";
    write("cenote.toml", text);
    write("directives.d/a.toml", text);
    const auto settings = load_folder();
    ASSERT_TRUE(settings);
    policy::Policy::check(*settings->policy, nullptr, diagnostics_);
    EXPECT_THAT(texts(Diagnostic::Severity::Error), ElementsAre(HasSubstr("'a' stands for two directives")));
}

TEST_F(LoadTest, TargetsAreCheckedAgainstTheCatalogueWithoutASet) {
    std::filesystem::create_directory(folder_ / "services");
    write(
        "services/alpha.toml",
        "vendor = \"Alpha Labs\"\njurisdiction = \"KR\"\n[[service]]\nid = \"alpha\"\naliases = []\nname = \"Alpha\"\n"
        "category = [\"chat\"]\ndefault = true\nchecked = 2026-11-01\nevidence = [\"a.example\"]\nshared = []\n"
        "[[service.domain]]\nname = \"alpha-ai.example\"\nrole = \"web\"\n");
    write("cenote.toml",
          "[blocklist]\nset = \"cenote.set\"\nservices = [\"services\"]\n[[directive]]\nid = \"x\"\n"
          "targets = [\"service:alhpa\"]\nstep = \"blok\"\n[[directive]]\nid = \"y\"\ntargets = [\"nothing\"]\n"
          "step = \"block\"\n");
    EXPECT_FALSE(load_folder());
    EXPECT_THAT(texts(Diagnostic::Severity::Error),
                ElementsAre(HasSubstr(":6:12: unknown service 'alhpa'; did you mean 'alpha'?"),
                            HasSubstr(":7:8: 'step' is 'blok'"), HasSubstr(":10:12: 'nothing' is not a target")));
}

TEST_F(LoadTest, ClientsThatWouldBeRefusedAreAWarning) {
    load_string("[[group]]\nid = \"far\"\nclients = [\"10.0.0.0/8\", \"203.0.113.0/24\"]\n");
    EXPECT_THAT(texts(Diagnostic::Severity::Warning),
                ElementsAre(HasSubstr("allow_from refuses clients of 203.0.113.0/24")));
}

TEST_F(LoadTest, AUnixGroupThatDoesNotExistIsAWarning) {
    const auto settings = load_string("[control]\nadmins = [\"root\", \"no-such-group-here\"]\n");
    ASSERT_TRUE(settings);
    EXPECT_THAT(settings->control.admins, ElementsAre("root", "no-such-group-here"));
    EXPECT_THAT(texts(Diagnostic::Severity::Warning), ElementsAre(HasSubstr("no unix group 'no-such-group-here'")));
}

TEST_F(LoadTest, TheControlSocketIsFoundInABrokenFile) {
    write("cenote.toml", "[control]\nsocket = \"own.sock\"\n[server]\nworkers = \"two\"\n");
    EXPECT_EQ(control_socket_of(folder_ / "cenote.toml"), folder_ / "own.sock");
    EXPECT_EQ(control_socket_of(folder_ / "missing.toml"), "/run/cenote/control.sock");
}

TEST_F(LoadTest, TheManifestHasWhatIsCompiled) {
    write("a.txt", "a.example\n");
    const auto settings = load_string(
        "[blocklist]\nset = \"x.set\"\nservices = [\"s\"]\nprotect = [\"go.kr\"]\n"
        "[[list]]\nid = \"a\"\nsource = \"a.txt\"\nformat = \"domains\"\n"
        "[[list]]\nid = \"far\"\nsource = \"https://lists.example/a.txt\"\n"
        "[[upstream.route]]\nzone = \"b.example\"\nservers = [\"10.0.0.53\"]\n");
    ASSERT_TRUE(settings);
    auto manifest = manifest_of(*settings, WallTime(seconds(1000)));
    EXPECT_THAT(manifest.services, ElementsAre(folder_ / "s"));
    ASSERT_EQ(manifest.lists.size(), 2U);
    EXPECT_THAT(manifest.lists[1].failed, HasSubstr("has not been fetched yet"));
    EXPECT_EQ(manifest.lists[0].path, folder_ / "a.txt");
    EXPECT_EQ(manifest.lists[0].format, blocklists::Format::Domains);
    EXPECT_TRUE(manifest.lists[0].last_good.empty());
    EXPECT_EQ(manifest.protect.size(), 1U);
    EXPECT_EQ(manifest.route_zones.size(), 1U);
    EXPECT_EQ(manifest.built_at, WallTime(seconds(1000)));

    write("lists/a.list", "old.example\n");
    EXPECT_EQ(manifest_of(*settings, WallTime{}).lists[0].last_good, folder_ / "lists/a.list");
    write("lists/far.list", "far.example\n");
    manifest = manifest_of(*settings, WallTime{});
    EXPECT_EQ(manifest.lists[1].path, folder_ / "lists/far.list") << "what was fetched last";
    EXPECT_EQ(manifest.lists[1].failed, "");
}

}  // namespace
}  // namespace cenote::config
