// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/syslog_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "resolver/base/time_text.h"
#include "tests/sinks/listener.h"
#include "tests/support/certificate.h"
#include "tests/support/temporary_folder.h"

namespace cenote::sinks {
namespace {

using namespace std::string_literals;
using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::Listener;
using ::testing::MatchesRegex;
using testing::quick;
using testing::record;
using testing::Stream;

const LogOrigin kOrigin{.node = "dns1", .version = "1.2.3", .policy_digest = "abcd"};
const std::string kHostile = "a\"b\n<script>\x1b\x00\xff]]>'"s;

/// The end of a message after its header.
std::string line_of(const std::string& message) {
    static constexpr std::string_view kBeforeLine = " hit - ";
    return message.substr(message.find(kBeforeLine) + kBeforeLine.size());
}

class SyslogExportTest : public ::testing::Test {
protected:
    std::unique_ptr<SyslogExport> start(Destination to, LogFormat format = LogFormat::Jsonl,
                                        const Delivery::Options& delivery = quick()) {
        return std::make_unique<SyslogExport>(
            ExportOptions{.to = std::move(to), .format = format, .what = Scope::Directives}, kOrigin, delivery);
    }
    static void send(SyslogExport& to, const std::string& name) {
        to.take(record(name));
        to.end_round({});
    }
    static std::string name_in(const std::string& message) { return json::parse(line_of(message))["name"]; }

    testing_support::TemporaryFolder folder_;
};

TEST(SyslogMessage, HasTheHeaderOfRfc5424) {
    const WallMicros at = parse_time("2026-11-30T00:00:00Z").value() + microseconds(5);
    EXPECT_THAT(syslog_message(at, "dns1", "text"),
                MatchesRegex("<134>1 2026-11-30T00:00:00.000005Z dns1 cenoted [0-9]+ hit - text"));
    EXPECT_THAT(syslog_message(at, "two words\n", "x"), HasSubstr(" two?words? cenoted "));
    EXPECT_THAT(syslog_message(at, "", "x"), HasSubstr("Z - cenoted "));
    EXPECT_THAT(syslog_message(at, "dns1", "\xea\xb5\xad"), EndsWith(" - \xef\xbb\xbf\xea\xb5\xad"))
        << "UTF-8 has its mark";
}

TEST_F(SyslogExportTest, OverTcpEachMessageHasACountOfOctets) {
    const Listener listener;
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf, LogFormat::Cef}) {
        const auto sender = start(listener.destination(Channel::Tcp), format);
        sender->take(record(kHostile, "d\\=|\r\n7 <134>1 forged"));
        sender->take(record("last.example"));
        sender->end_round({});
        Stream stream = listener.accept();
        const auto first = stream.counted();
        ASSERT_TRUE(first);
        for (const char forbidden : {'\n', '\r', '\x1b', '\0', '\xff'})
            EXPECT_EQ(first->find(forbidden), std::string::npos) << log_format_to_text(format) << *first;
        EXPECT_TRUE(format == LogFormat::Cef || json::accept(line_of(*first))) << *first;
        const auto last = stream.counted();
        ASSERT_TRUE(last);
        EXPECT_THAT(*last, HasSubstr("last.example"));
        EXPECT_EQ(sender->problem(), "");
        sender->stop();
        sender->join();  // before the stream, after whose end it would connect again
        EXPECT_EQ(sender->lost(), 0U);
    }
}

TEST_F(SyslogExportTest, OverUdpEachMessageIsADatagram) {
    const Listener listener(SOCK_DGRAM);
    const auto sender = start(listener.destination(Channel::Udp), LogFormat::Cef);
    send(*sender, kHostile);
    send(*sender, "two.example");
    EXPECT_THAT(listener.datagram(), MatchesRegex("<134>1 .* CEF:0.*<script>.*"));
    EXPECT_THAT(listener.datagram(), HasSubstr("dhost=two.example"));
}

TEST_F(SyslogExportTest, ARefusedDatagramIsCountedAndTold) {
    auto listener = std::make_unique<Listener>(SOCK_DGRAM);
    const SocketAddress address = listener->address();
    const auto sender = start(listener->destination(Channel::Udp));
    listener.reset();
    while (sender->problem().empty()) {
        send(*sender, "lost.example");
        std::this_thread::yield();
    }
    EXPECT_THAT(sender->problem(), HasSubstr("refused"));
    EXPECT_GT(sender->lost(), 0U);
    const Listener again(SOCK_DGRAM, address.port);
    while (!sender->problem().empty()) {
        send(*sender, "kept.example");
        std::this_thread::yield();
    }
}

TEST_F(SyslogExportTest, TheSequenceGoesOnWithAnotherPolicy) {
    const Listener listener;
    const auto sender = start(listener.destination(Channel::Tcp));
    send(*sender, "one.example");
    Stream stream = listener.accept();
    EXPECT_EQ(json::parse(line_of(*stream.counted()))["policy_digest"], "abcd");
    sender->set_origin({.node = "dns1", .version = "1.2.3", .policy_digest = "new"});
    send(*sender, "two.example");
    const auto line = json::parse(line_of(*stream.counted()));
    EXPECT_EQ(line["policy_digest"], "new");
    EXPECT_EQ(line["seq"], 2);
}

class SyslogTlsTest : public SyslogExportTest {
protected:
    ~SyslogTlsTest() override { SSL_CTX_free(context_); }
    Destination destination(const std::string& name) const {
        Destination to = listener_.destination(Channel::Tls);
        to.name = name;
        to.ca = ca_file_;
        return to;
    }
    /// What the next client sends until it ends; empty: its handshake failed.
    std::string session() const {
        ::signal(SIGPIPE, SIG_IGN);  // this receiver writes as OpenSSL does
        const Stream stream = listener_.accept();
        SSL* const tls = SSL_new(context_);
        SSL_set_fd(tls, stream.fd());
        std::string all;
        if (SSL_accept(tls) == 1) {
            std::array<char, 4096> part;
            for (int size = 0; (size = SSL_read(tls, part.data(), static_cast<int>(part.size()))) > 0;)
                all.append(part.data(), static_cast<std::size_t>(size));
        }
        SSL_free(tls);
        return all;
    }

    const std::string ca_file_ = (folder_ / "ca.pem").string();
    SSL_CTX* const context_ = test::make_tls_server("siem.example", 3600, ca_file_);
    const Listener listener_;
};

TEST_F(SyslogTlsTest, ACertificateForTheNameIsAccepted) {
    auto sender = start(destination("siem.example"));
    send(*sender, "one.example");
    std::thread end([&] { sender.reset(); });  // sends what is queued first
    EXPECT_THAT(session(), MatchesRegex("[0-9]+ <134>1 .*one.example.*"));
    end.join();
}

TEST_F(SyslogTlsTest, ACertificateForAnotherNameGetsNothing) {
    Delivery::Options delivery = quick();
    delivery.limits.drain = milliseconds{1};
    const auto sender = start(destination("other.example"), LogFormat::Jsonl, delivery);
    send(*sender, "one.example");
    EXPECT_EQ(session(), "");
    while (sender->problem().empty()) std::this_thread::yield();
    EXPECT_THAT(sender->problem(), HasSubstr("certificate"));
}

TEST_F(SyslogTlsTest, AFileWithoutAuthoritiesIsAProblem) {
    Destination to = destination("siem.example");
    to.ca = folder_ / "none.pem";
    const auto sender = start(to);
    while (sender->problem().empty()) std::this_thread::yield();
    EXPECT_THAT(sender->problem(), HasSubstr("none.pem: no certificate authority can be read from it"));
}

}  // namespace
}  // namespace cenote::sinks
