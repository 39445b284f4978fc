// SPDX-License-Identifier: Apache-2.0
//
// dnr and profile: what they print, and when they refuse.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/cenote/tool.h"

namespace cenote::cli {
namespace {

using control::Json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kBoth = R"([server]
listen       = ["127.0.0.1", "10.0.0.53", "[2001:db8::53]"]
listen_tls   = ["10.0.0.53", "[2001:db8::53]"]
listen_https = ["10.0.0.53", "[2001:db8::53]"]
[server.tls]
name        = "dns.agency.example"
certificate = "chain.pem"
key         = "key.pem"
)";

class ClientSettingsTest : public ToolTest {
protected:
    void SetUp() override {
        ToolTest::SetUp();
        write("cenote.toml", kBoth);
    }
    void configure_server(const std::string& listen) const {
        write("cenote.toml", "[server]\n" + listen +
                                 "[server.tls]\nname = \"dns.agency.example\"\ncertificate = \"chain.pem\"\n"
                                 "key = \"key.pem\"\n");
    }
    [[nodiscard]] std::string printed(const std::string& arguments) const {
        const auto ran = run(arguments);
        EXPECT_EQ(ran.code, 0) << arguments << ": " << ran.err;
        return ran.out;
    }
    [[nodiscard]] std::string refusal(const std::string& arguments) const {
        const auto ran = run(arguments);
        EXPECT_EQ(ran.code, 1) << arguments << ": " << ran.out;
        EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
        EXPECT_EQ(ran.out, "");
        return ran.err;
    }
};

// Priority 1, the name, one address, alpn=h2,dot and the path.
constexpr const char* kOption4 =
    "003b"
    "0001"
    "14"
    "03646e73066167656e6379076578616d706c6500"
    "04"
    "0a000035"
    "00010007"
    "02683203646f74"
    "00070010"
    "2f646e732d71756572797b3f646e737d";
constexpr const char* kOption6 =
    "0001"
    "0014"
    "03646e73066167656e6379076578616d706c6500"
    "0010"
    "20010db8000000000000000000000053"
    "00010007"
    "02683203646f74"
    "00070010"
    "2f646e732d71756572797b3f646e737d";

std::string divided(const std::string& hex, const std::string& between) {
    std::string text;
    for (std::size_t i = 0; i < hex.size(); i += 2) text += (text.empty() ? "" : between) + hex.substr(i, 2);
    return text;
}

TEST_F(ClientSettingsTest, KeaTakesTheOptionsAsHexadecimal) {
    const std::string out = printed("dnr --format kea");
    EXPECT_THAT(out, HasSubstr("// 1, dns.agency.example., 10.0.0.53, alpn=h2,dot dohpath=/dns-query{?dns}\n"));
    EXPECT_THAT(out, HasSubstr("{ \"name\": \"domain-name-servers\", \"data\": \"10.0.0.53\" },\n"));
    EXPECT_THAT(
        out, HasSubstr(fmt::format("{{ \"space\": \"dhcp4\", \"code\": 162, \"csv-format\": false, \"data\": \"{}\" }}",
                                   kOption4)));
    EXPECT_THAT(
        out, HasSubstr(fmt::format("{{ \"space\": \"dhcp6\", \"code\": 144, \"csv-format\": false, \"data\": \"{}\" }}",
                                   kOption6)));
}

TEST_F(ClientSettingsTest, OtherServersTakeTheSameBytes) {
    const std::string dnsmasq = printed("dnr --format dnsmasq");
    EXPECT_THAT(dnsmasq, HasSubstr("\ndhcp-option=162," + divided(kOption4, ":") + "\n"));
    EXPECT_THAT(dnsmasq, HasSubstr("\ndhcp-option=option6:144," + divided(kOption6, ":") + "\n"));
    EXPECT_THAT(dnsmasq, HasSubstr("\ndhcp-option=option6:dns-server,[2001:db8::53]\n"));
    const std::string systemd = printed("dnr --format systemd");
    EXPECT_THAT(systemd, HasSubstr("\nSendOption=162:string:\\x" + divided(kOption4, "\\x") + "\n"));
    EXPECT_THAT(systemd, HasSubstr("\n[IPv6SendRA]\nEmitDNS=yes\nDNS=2001:db8::53\n"));
    const std::string windows = printed("dnr --format windows");
    EXPECT_THAT(windows, HasSubstr(" -OptionId 162 -Value '0x" + divided(kOption4, "','0x") + "'\n"));
    EXPECT_THAT(windows, HasSubstr(" -OptionId 144 -Value '0x" + divided(kOption6, "','0x") + "'\n"));
    EXPECT_THAT(printed("dnr --format radvd"), HasSubstr("    RDNSS 2001:db8::53 {\n"));
}

TEST_F(ClientSettingsTest, AnUnusualPortIsAnInstanceOfItsOwn) {
    configure_server("listen = [\"10.0.0.53\"]\nlisten_tls = [\"10.0.0.53\"]\nlisten_https = [\"10.0.0.53:8443\"]\n");
    EXPECT_THAT(printed("dnr --format dnsmasq"),
                HasSubstr("# 1, dns.agency.example., 10.0.0.53, alpn=h2 port=8443 dohpath=/dns-query{?dns}\n"
                          "# 2, dns.agency.example., 10.0.0.53, alpn=dot\n"));
    EXPECT_THAT(printed("dnr --format kea --address 2001:db8::53"),
                HasSubstr("// 1, dns.agency.example., 2001:db8::53, alpn=h2 port=8443 dohpath=/dns-query{?dns}\n"
                          "// not announced, as this server sends an option once: 2, dns.agency.example., "));
}

TEST_F(ClientSettingsTest, AddressesMayBeGiven) {
    const std::string out = printed("dnr --format dnsmasq --address 10.0.0.53 --address 10.0.1.53");
    EXPECT_THAT(out, HasSubstr("dhcp-option=option:dns-server,10.0.0.53,10.0.1.53\n"));
    EXPECT_THAT(out, HasSubstr(":08:0a:00:00:35:0a:00:01:35:"));
    EXPECT_THAT(out, Not(HasSubstr("option6")));
    EXPECT_EQ(run("dnr --format dnsmasq --address dns.agency.example").code, 2);
    EXPECT_EQ(run("dnr --format dnsmasq --address 0.0.0.0").code, 2);
    EXPECT_EQ(run("dnr --format isc").code, 2);
    EXPECT_EQ(run("dnr").code, 2);
    std::string many;
    for (int i = 1; i <= 17; ++i) many += fmt::format(" --address 10.0.0.{}", i);
    EXPECT_THAT(refusal("dnr --format kea" + many), HasSubstr("these are 17 addresses"));
}

TEST_F(ClientSettingsTest, WhatTheConfigurationLacksIsNamed) {
    write("cenote.toml", "[server]\nlisten = [\"10.0.0.53\"]\n");
    EXPECT_THAT(refusal("dnr --format kea"), HasSubstr("[server.tls] has no 'name'"));
    write("cenote.toml", "[server]\nlisten = [\"10.0.0.53\"]\n[server.tls]\nname = \"dns.agency.example\"\n");
    EXPECT_THAT(refusal("profile chrome"), HasSubstr("listen_tls and listen_https are empty"));
    configure_server("listen_tls = [\"127.0.0.1\"]\n");
    EXPECT_THAT(refusal("dnr --format kea"), HasSubstr("on loopback alone"));
    EXPECT_THAT(printed("dnr --format kea --address 10.0.0.53"), HasSubstr("10.0.0.53"));
    configure_server("listen_tls = [\"0.0.0.0\"]\n");
    EXPECT_THAT(refusal("dnr --format kea"), HasSubstr("listens on 0.0.0.0, which is every address"));
    configure_server("listen_tls = [\"10.0.0.53:0\"]\n");
    EXPECT_THAT(refusal("dnr --format kea"), HasSubstr("port 0"));
    configure_server("listen = [\"10.0.0.53\"]\nlisten_tls = [\"10.0.0.53\"]\n");
    EXPECT_THAT(refusal("dnr --format radvd"), HasSubstr("radvd announces IPv6 addresses"));
    EXPECT_EQ(run("dnr --format systemd").code, 0);
}

TEST_F(ClientSettingsTest, TheAppleProfileIsTheSameEachTime) {
    const std::string out = printed("profile apple");
    EXPECT_EQ(out, printed("profile apple"));
    EXPECT_THAT(out, HasSubstr("<string>https://dns.agency.example/dns-query</string>"));
    EXPECT_THAT(out, HasSubstr("<string>10.0.0.53</string>\n          <string>2001:db8::53</string>\n"));
    EXPECT_THAT(out, HasSubstr("<key>ProhibitDisablement</key>\n      <true/>"));
    EXPECT_THAT(out, testing::ContainsRegex(
                         "<key>PayloadUUID</key>\n +<string>[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                         "[0-9a-f]{12}</string>"));
    configure_server("listen_tls = [\"10.0.0.53\"]\n");
    EXPECT_THAT(printed("profile apple"),
                HasSubstr("<key>ServerName</key>\n        <string>dns.agency.example</string>"));
    configure_server("listen_tls = [\"10.0.0.53:8853\"]\n");
    EXPECT_THAT(refusal("profile apple"), HasSubstr("port 853 alone"));
}

TEST_F(ClientSettingsTest, BrowsersUseHttpsOrTheSystem) {
    EXPECT_EQ(
        Json::parse(printed("profile chrome")),
        (Json{{"DnsOverHttpsMode", "secure"}, {"DnsOverHttpsTemplates", "https://dns.agency.example/dns-query"}}));
    const Json firefox = Json::parse(printed("profile firefox")).at("policies").at("DNSOverHTTPS");
    EXPECT_EQ(firefox, (Json{{"Enabled", true},
                             {"Fallback", false},
                             {"Locked", true},
                             {"ProviderURL", "https://dns.agency.example/dns-query"}}));
    configure_server("listen_tls = [\"10.0.0.53\"]\n");
    EXPECT_EQ(Json::parse(printed("profile chrome")).at("DnsOverHttpsMode"), "off");
    EXPECT_EQ(Json::parse(printed("profile firefox")).at("policies").at("DNSOverHTTPS"),
              (Json{{"Enabled", false}, {"Locked", true}}));
    configure_server("listen_https = [\"10.0.0.53:8443\"]\n");
    EXPECT_EQ(Json::parse(printed("profile chrome")).at("DnsOverHttpsTemplates"),
              "https://dns.agency.example:8443/dns-query");
}

TEST_F(ClientSettingsTest, AndroidHasTheNameAndAPolicy) {
    const std::string out = printed("profile android");
    EXPECT_THAT(out, HasSubstr("Private DNS provider hostname:\n#   dns.agency.example\n"));
    const Json policy = Json::parse(out.substr(out.find('{')));
    EXPECT_EQ(policy.at("deviceConnectivityManagement").at("privateDnsSettings"),
              (Json{{"privateDnsMode", "PRIVATE_DNS_SPECIFIED_HOST"}, {"privateDnsHost", "dns.agency.example"}}));
    configure_server("listen_https = [\"10.0.0.53\"]\n");
    EXPECT_THAT(refusal("profile android"), HasSubstr("DNS over TLS on port 853"));
}

TEST_F(ClientSettingsTest, WindowsHasCommandsForEachAddress) {
    const std::string out = printed("profile windows");
    for (const char* address : {"10.0.0.53", "2001:db8::53"}) {
        EXPECT_THAT(out, HasSubstr(fmt::format("\nAdd-DnsClientDohServerAddress -ServerAddress {} -DohTemplate "
                                               "'https://dns.agency.example/dns-query' -AllowFallbackToUdp $False "
                                               "-AutoUpgrade $True\n",
                                               address)));
        EXPECT_THAT(out, HasSubstr(fmt::format("netsh ztdns add server type=doh address={} port=443 "
                                               "template=https://dns.agency.example/dns-query\n",
                                               address)));
    }
    configure_server("listen_tls = [\"10.0.0.53\"]\n");
    EXPECT_THAT(printed("profile windows"),
                HasSubstr("\nnetsh dnsclient add encryption server=10.0.0.53 dothost=dns.agency.example:853 "));
}

}  // namespace
}  // namespace cenote::cli
