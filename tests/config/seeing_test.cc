// SPDX-License-Identifier: Apache-2.0
//
// [privacy], [history], [log] and [web].
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/config/sections.h"

namespace cenote::config {
namespace {

using telemetry::IdentityLevel;
using ::testing::HasSubstr;

class SeeingSections : public ::testing::Test {
protected:
    std::optional<Settings> read(std::string_view text) {
        const HostInfo host_info{.host_name = "dns1", .resolv_conf = "/nonexistent"};
        return load_text(text, "/etc/cenote/cenote.toml", host_info, diagnostics_);
    }
    std::string error_of(std::string_view text) {
        diagnostics_ = Diagnostics();
        EXPECT_FALSE(read(text).has_value()) << text;
        return diagnostics_.all().empty() ? "" : diagnostics_.all().front().to_string();
    }

    Diagnostics diagnostics_;
};

TEST_F(SeeingSections, ByDefaultNothingOfAClientIsKeptAndThereIsNoLog) {
    const auto settings = read("");
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->privacy.identity, IdentityLevel::None);
    EXPECT_TRUE(settings->log.file.empty());
    EXPECT_EQ(settings->history.file, "/var/lib/cenote/history.db");
    EXPECT_EQ(settings->history.keep_minutes, seconds(48 * 3600));
}

TEST_F(SeeingSections, TheHistoryIsBesideTheState) {
    EXPECT_EQ(read("[server]\nstate = \"/srv/state.db\"")->history.file, "/srv/history.db");
    EXPECT_EQ(read("[history]\nfile = \"\"")->history.file, "");
    EXPECT_EQ(read("[history]\nfile = \"h.db\"\nkeep_hours = \"30d\"")->history.file, "/etc/cenote/h.db");
}

TEST_F(SeeingSections, ALevelAboveNoneNeedsAnAgreement) {
    EXPECT_THAT(error_of("[privacy]\nidentity = \"pseudonym\""),
                HasSubstr("cenote.toml:2:12: this keeps what identifies people; name what allows it in 'agreement'"));
    const auto settings = read("[privacy]\nidentity = \"address\"\nagreement = \"DV 2026/3\"\nsmallest = 10");
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->privacy.identity, IdentityLevel::Address);
    EXPECT_EQ(settings->privacy.smallest, 10U);
}

TEST_F(SeeingSections, ALogHasAFormatAndAScope) {
    const auto settings = read(R"([log]
file = "/var/log/cenote/q.cef"
format = "cef"
what = "all"
keep = "90d"
max_size = "64MiB")");
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->log.format, sinks::LogFormat::Cef);
    EXPECT_EQ(settings->log.what, sinks::Scope::All);
    EXPECT_EQ(settings->log.max_size, std::uint64_t{64} << 20);
}

TEST_F(SeeingSections, LinesGoToReceivers) {
    const auto settings = read(R"([log]
what = "all"
[[log.export]]
address = "tls://10.0.0.9#siem.agency.example"
ca = "tls/ca.pem"
format = "cef"
[[log.export]]
address = "udp://[2001:db8::9]"
what = "directives")");
    ASSERT_TRUE(settings.has_value());
    ASSERT_EQ(settings->exports.size(), 2U);
    const sinks::ExportOptions& tls = settings->exports[0];
    EXPECT_EQ(tls.to.channel, sinks::Channel::Tls);
    EXPECT_EQ(tls.to.address.to_string(), "10.0.0.9:6514");
    EXPECT_EQ(tls.to.name, "siem.agency.example");
    EXPECT_EQ(tls.to.ca, "/etc/cenote/tls/ca.pem");
    EXPECT_EQ(tls.format, sinks::LogFormat::Cef);
    EXPECT_EQ(tls.what, sinks::Scope::All) << "that of [log]";
    EXPECT_EQ(settings->exports[1].to.address.to_string(), "[2001:db8::9]:514");
    EXPECT_EQ(settings->exports[1].what, sinks::Scope::Directives);
}

TEST_F(SeeingSections, ADnstapReceiverHasAPathOrAPort) {
    EXPECT_FALSE(read("[dnstap]\nsocket = \"\"")->dnstap.to.has_value());
    EXPECT_EQ(read("[dnstap]\nsocket = \"/run/dnstap.sock\"")->dnstap.to->path, "/run/dnstap.sock");
    const auto tcp = read("[dnstap]\nsocket = \"tcp://10.0.0.9:6000\"\nwhat = \"all\"");
    EXPECT_EQ(tcp->dnstap.to->address.to_string(), "10.0.0.9:6000");
    EXPECT_EQ(tcp->dnstap.what, sinks::Scope::All);
    EXPECT_THAT(error_of("[dnstap]\nsocket = \"tcp://10.0.0.9\""), HasSubstr("write tcp://IP:PORT, or the path"));
    EXPECT_THAT(error_of("[dnstap]\nsocket = \"udp://10.0.0.9:1\""), HasSubstr("write tcp://IP:PORT, or the path"));
    EXPECT_THAT(error_of("[dnstap]\nsocket = \"/" + std::string(200, 'a') + "\""), HasSubstr("107 bytes at most"));
}

TEST_F(SeeingSections, AMistakenReceiverSaysWhatToWrite) {
    const auto receiver = [this](const std::string& keys) { return error_of("[[log.export]]\n" + keys); };
    EXPECT_THAT(receiver("address = \"10.0.0.9\""), HasSubstr("is no receiver; write udp://IP[:PORT], tcp://"));
    EXPECT_THAT(receiver("address = \"tcp://siem.example:601\""), HasSubstr("is no receiver"));
    EXPECT_THAT(receiver("address = \"tls://10.0.0.9\""), HasSubstr("where NAME is what its certificate"));
    EXPECT_THAT(receiver("address = \"tcp://0.0.0.0\""), HasSubstr("is no destination"));
    EXPECT_THAT(receiver("format = \"cef\""), HasSubstr("address"));
    EXPECT_THAT(receiver("address = \"tcp://10.0.0.9\"\nca = \"x\""), HasSubstr("'ca' is for tls:// alone"));
    EXPECT_THAT(receiver("address = \"tcp://10.0.0.9\"\n[[log.export]]\naddress = \"tcp://10.0.0.9\""),
                HasSubstr("is listed twice; remove one"));
}

TEST_F(SeeingSections, MistakesSayWhatToWrite) {
    EXPECT_THAT(error_of("[log]\nformat = \"xml\""), HasSubstr("write one of jsonl, ecs, ocsf, cef"));
    EXPECT_THAT(error_of("[log]\nwhat = \"some\""), HasSubstr("write one of directives, all"));
    EXPECT_THAT(error_of("[log]\nmax_size = \"1KiB\""), HasSubstr("1MiB"));
    EXPECT_THAT(error_of("[privacy]\nidentity = \"full\""), HasSubstr("write one of none, pseudonym, address"));
}

TEST_F(SeeingSections, ThePageListensOnLoopbackAndUnixSockets) {
    EXPECT_TRUE(read("")->web.listen.empty());
    const auto settings =
        read("[web]\nlisten = [\"127.0.0.1\", \"[::1]:80\", \"127.0.0.1:0\", \"127.0.0.1:0\", \"unix:/run/w.sock\"]");
    ASSERT_TRUE(settings.has_value());
    ASSERT_EQ(settings->web.listen.size(), 5U);
    EXPECT_EQ(settings->web.listen[0].text, "127.0.0.1:8053");
    EXPECT_TRUE(settings->web.listen[0].is_address);
    EXPECT_EQ(settings->web.listen[4].text, "unix:/run/w.sock");
    EXPECT_FALSE(settings->web.listen[4].is_address);
    for (const WebListen& listen : settings->web.listen) EXPECT_FALSE(listen.tls);
}

TEST_F(SeeingSections, BeyondLoopbackThePageNeedsACertificate) {
    EXPECT_THAT(error_of("[web]\nlisten = [\"10.0.0.53\"]"),
                HasSubstr("cenote.toml:2:11: '10.0.0.53' is not loopback, so that the page needs TLS there"));
    EXPECT_THAT(error_of("[web]\nlisten = [\"0.0.0.0:8053\"]"), HasSubstr("is not loopback"));
    EXPECT_THAT(error_of("[web]\ncertificate = \"a.pem\""), HasSubstr("a certificate needs its key"));
    const auto settings = read("[web]\nlisten = [\"10.0.0.53\", \"[::1]\"]\ncertificate = \"a.pem\"\nkey = \"/k.pem\"");
    ASSERT_TRUE(settings.has_value());
    EXPECT_TRUE(settings->web.listen[0].tls);
    EXPECT_FALSE(settings->web.listen[1].tls);
    EXPECT_EQ(settings->web.certificate, "/etc/cenote/a.pem");
    EXPECT_EQ(settings->web.key, "/k.pem");
}

TEST_F(SeeingSections, WrongPlacesOfThePageAreErrors) {
    for (const char* place : {"x", "unix:relative", "fe80::1", "127.0.0.1:99999", "unix:"})
        EXPECT_THAT(error_of(fmt::format("[web]\nlisten = [\"{}\"]\ncertificate = \"a\"\nkey = \"b\"", place)),
                    HasSubstr("cenote.toml:2:11: "))
            << place;
    EXPECT_THAT(error_of("[web]\nlisten = [\"127.0.0.1\", \"127.0.0.1:8053\"]"), HasSubstr("is listed twice"));
    EXPECT_THAT(error_of("[web]\nhosts = [\"a b\"]"), HasSubstr("cenote.toml:2:10: "));
}

TEST_F(SeeingSections, AHeaderNamesTheUserOnAUnixSocketAlone) {
    const std::string both = "user_header = \"X-Remote-User\"\nproxy_user = \"www-data\"\n";
    EXPECT_THAT(error_of("[web]\n" + both), HasSubstr("the header counts only on a unix socket"));
    EXPECT_THAT(error_of("[web]\nlisten = [\"127.0.0.1\"]\n" + both), HasSubstr("only on a unix socket"));
    EXPECT_THAT(error_of("[web]\nuser_header = \"X-Remote-User\""), HasSubstr("belong together"));
    EXPECT_THAT(error_of("[web]\nlisten = [\"unix:/w\"]\nuser_header = \"a b\"\nproxy_user = \"x\""),
                HasSubstr("is not the name of a header"));
    const auto settings = read("[web]\nlisten = [\"unix:/w\"]\nhosts = [\"DNS.agency.example\", \"::1\"]\n" + both);
    ASSERT_TRUE(settings.has_value());
    EXPECT_EQ(settings->web.user_header, "X-Remote-User");
    EXPECT_THAT(settings->web.hosts, ::testing::ElementsAre("dns.agency.example", "::1"));
}

}  // namespace
}  // namespace cenote::config
