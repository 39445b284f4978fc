// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/tls_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "tests/support/certificate.h"
#include "tests/support/tls_peer.h"

namespace cenote::loop {
namespace {

using test::CertificatePair;
using test::make_certificate_pair;
using test::TlsPeer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

constexpr long kHour = 3600;

Bytes framed(const Bytes& message) {
    Bytes bytes(2);
    store_u16(bytes.data(), static_cast<std::uint16_t>(message.size()));
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

Result<std::shared_ptr<const TlsServer>> server_of(const std::string& chain, const std::string& key) {
    return TlsServer::create(chain, key, TicketKeys::create());
}

std::string refusal(const std::string& chain, const std::string& key) {
    const auto made = server_of(chain, key);
    return made ? std::string() : made.error().text;
}

TEST(TlsServer, FactsAndNames) {
    const auto pair =
        make_certificate_pair("dns.example,DNS:*.wild.example,IP:192.0.2.1,IP:2001:db8::1", -kHour, kHour);
    const auto server = server_of(pair.chain, pair.key);
    ASSERT_TRUE(server) << server.error().text;
    const CertificateFacts& facts = (*server)->facts();
    EXPECT_THAT(facts.names, ElementsAre("dns.example", "*.wild.example", "192.0.2.1", "2001:db8::1"));
    EXPECT_EQ(facts.ends - facts.begins, seconds(2 * kHour));
    EXPECT_TRUE((*server)->covers("dns.example"));
    EXPECT_TRUE((*server)->covers("a.wild.example"));
    EXPECT_FALSE((*server)->covers("a.b.wild.example"));
    EXPECT_FALSE((*server)->covers("other.example"));
    EXPECT_TRUE((*server)->covers(*IpAddress::parse("192.0.2.1")));
    EXPECT_TRUE((*server)->covers(*IpAddress::parse("2001:db8::1")));
    EXPECT_FALSE((*server)->covers(*IpAddress::parse("192.0.2.2")));
}

TEST(TlsServer, PairsThatCannotBeUsedSayWhy) {
    const auto pair = make_certificate_pair("dns.example", -kHour, kHour);
    const auto other = make_certificate_pair("dns.example", -kHour, kHour);
    EXPECT_EQ(refusal(pair.chain + other.chain, pair.key), "");
    EXPECT_THAT(refusal("", pair.key), HasSubstr("no certificate in PEM"));
    EXPECT_THAT(refusal(pair.key, pair.key), HasSubstr("no certificate in PEM"));
    EXPECT_THAT(refusal(pair.chain, ""), HasSubstr("no private key in PEM"));
    EXPECT_THAT(refusal(pair.chain, pair.chain), HasSubstr("no private key in PEM"));
    EXPECT_THAT(refusal(pair.chain, other.key), HasSubstr("not that of the certificate"));
    EXPECT_THAT(refusal(pair.chain.substr(0, 200), pair.key), HasSubstr("no certificate in PEM"));
    EXPECT_THAT(refusal(pair.chain + other.chain.substr(0, 200), pair.key), HasSubstr("chain cannot be read"));
    EXPECT_THAT(
        refusal(pair.chain, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
        HasSubstr("passphrase"));
}

TEST(TicketKeysTest, TheNewestMakesTicketsAndOldOnesEnd) {
    TicketKeys keys = TicketKeys::create();
    const auto first = keys.all().front().name;
    for (std::size_t i = 1; i < TicketKeys::kKept; ++i) {
        keys = keys.rolled();
        EXPECT_NE(keys.all().front().name, first);
        EXPECT_EQ(keys.all().back().name, first);
    }
    keys = keys.rolled();
    EXPECT_EQ(keys.all().size(), TicketKeys::kKept);
    EXPECT_NE(keys.all().back().name, first);
}

/// A stream over TLS at one end of a TCP connection, which echoes each message, in the thread of the test. The client
/// is in another thread.
class TlsServerTest : public ::testing::Test, public StreamOwner {
protected:
    TlsServerTest() {
        ::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own sockets write with write(2)
        client_ = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_verify(client_, SSL_VERIFY_NONE, nullptr);
    }
    ~TlsServerTest() override {
        if (resumable_ != nullptr) SSL_SESSION_free(resumable_);
        SSL_CTX_free(client_);
    }

    /// Serves one connection while `of_client` runs.
    void serve(const TlsServer& server, std::function<void(TlsPeer&)> of_client) {
        int fds[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        echo(server.accept(UniqueFd(fds[0]), tls_buffers_), UniqueFd(fds[1]), std::move(of_client));
    }
    void echo(std::unique_ptr<Transport> transport, UniqueFd peer_fd, std::function<void(TlsPeer&)> of_client) {
        ends_.clear();
        stream_.emplace(loop_, buffers_, std::move(transport), *this);
        std::thread peer_thread([&] {
            TlsPeer peer(std::move(peer_fd), client_);
            if (resumable_ != nullptr) SSL_set_session(peer.session(), resumable_);
            of_client(peer);
        });
        loop_.run();
        handshake_ = stream_->transport().handshake();
        taken_ = stream_->transport().sent();
        stream_.reset();
        peer_thread.join();
    }
    void keep_session(const TlsPeer& peer) {
        if (resumable_ != nullptr) SSL_SESSION_free(resumable_);
        resumable_ = SSL_get1_session(peer.session());
    }

    void on_message(MessageStream& stream, ByteView message) noexcept override {
        ++delivered_;
        if (stream.send(message)) ++sent_;
    }
    void on_drained(MessageStream&) noexcept override { ++drained_; }
    void on_end(MessageStream&, StreamEnd end) noexcept override {
        ends_.push_back(end);
        loop_.stop();
    }

    CertificatePair pair_ = make_certificate_pair("dns.example", -kHour, kHour);
    TicketKeys tickets_ = TicketKeys::create();
    Loop loop_;
    StreamBuffers buffers_{4};
    TlsBuffers tls_buffers_{buffers_};
    std::optional<MessageStream> stream_;
    SSL_CTX* client_ = nullptr;
    SSL_SESSION* resumable_ = nullptr;
    std::vector<StreamEnd> ends_;
    Handshake handshake_ = Handshake::None;
    std::uint64_t taken_ = 0;  // by the socket
    int delivered_ = 0;
    int sent_ = 0;
    int drained_ = 0;
};

TEST_F(TlsServerTest, MessagesOfEverySizeInBothDirections) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SSL_CTX_set_max_proto_version(client_, version);
        const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
        std::uint64_t received = 0;
        serve(*server, [&received](TlsPeer& peer) {
            ASSERT_TRUE(peer.connect());
            for (const std::size_t size : {0U, 1U, 100U, 2046U, 2047U, 4096U, 16384U, 20000U, 65535U}) {
                const Bytes message(size, static_cast<std::uint8_t>(size));
                peer.write(framed(message));
                EXPECT_EQ(peer.read_message(), message) << size;
            }
            received = BIO_number_read(SSL_get_rbio(peer.session()));
            SSL_shutdown(peer.session());
        });
        EXPECT_THAT(ends_, ElementsAre(StreamEnd::Finished)) << version;
        EXPECT_EQ(taken_, received) << "the bytes of all records";
        EXPECT_EQ(handshake_, Handshake::Full);
    }
}

TEST_F(TlsServerTest, ManyRecordsAreReceivedAtOnceAndTheirAnswersLeaveTogether) {
    constexpr int kMessages = 60;
    const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);  // it keeps the bounds of each send
    int packets = 0;
    echo(server->accept(UniqueFd(fds[0]), tls_buffers_), UniqueFd(fds[1]), [&](TlsPeer& peer) {
        // The records of the client pass through memory, so that they can be sent as one packet.
        BIO* const in = BIO_new(BIO_s_mem());
        BIO* const out = BIO_new(BIO_s_mem());
        SSL_set_bio(peer.session(), in, out);
        const auto send_out = [&] {
            char* bytes = nullptr;
            const long size = BIO_get_mem_data(out, &bytes);
            if (size > 0) {
                EXPECT_EQ(::send(peer.fd(), bytes, static_cast<std::size_t>(size), 0), size);
            }
            static_cast<void>(BIO_reset(out));
        };
        const auto receive = [&] {
            Bytes packet(65536);
            const ssize_t got = ::recv(peer.fd(), packet.data(), packet.size(), 0);
            ASSERT_GT(got, 0);
            BIO_write(in, packet.data(), static_cast<int>(got));
            ++packets;
        };
        while (!peer.connect()) {
            send_out();
            receive();
        }
        for (int i = 0; i < kMessages; ++i) peer.write(framed(Bytes(20, static_cast<std::uint8_t>(i))));
        send_out();
        packets = 0;
        int records = 0;
        Bytes answers;
        while (answers.size() < kMessages * 22U) {
            Bytes some(65536);
            const int got = SSL_read(peer.session(), some.data(), static_cast<int>(some.size()));
            records += got > 0 ? 1 : 0;
            if (got > 0)
                answers.insert(answers.end(), some.begin(), some.begin() + got);
            else
                receive();
        }
        EXPECT_LE(records, 2);
        for (std::size_t i = 0; i < kMessages; ++i) EXPECT_EQ(answers[22 * i + 2], i);
        SSL_shutdown(peer.session());
        send_out();
    });
    EXPECT_EQ(delivered_, kMessages);
    EXPECT_LE(packets, 3) << "of " << kMessages << " answers, and a session ticket";
}

TEST_F(TlsServerTest, APeerThatDoesNotReadIsNotReadAndLosesNothing) {
    constexpr int kMessages = 400;  // of 4 KiB each: more than sockets and buffers hold
    const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    serve(*server, [](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        int written = 0;
        // OpenSSL's session is used by one thread at a time, so the client writes until nothing more is taken.
        ::fcntl(peer.fd(), F_SETFL, ::fcntl(peer.fd(), F_GETFL) | O_NONBLOCK);
        const Bytes message = framed(Bytes(4000, 7));
        int answers = 0;
        Bytes got;
        std::size_t part = 0;
        bool waited = false;
        while (answers < kMessages) {
            if (written < kMessages) {
                const int count =
                    SSL_write(peer.session(), message.data() + part, static_cast<int>(message.size() - part));
                if (count > 0) {
                    part += static_cast<std::size_t>(count);
                    if (part == message.size()) {
                        part = 0;
                        ++written;
                    }
                    continue;
                }
                waited = true;
            }
            Bytes some(65536);
            const int count = SSL_read(peer.session(), some.data(), static_cast<int>(some.size()));
            if (count > 0) got.insert(got.end(), some.begin(), some.begin() + count);
            answers = static_cast<int>(got.size() / message.size());
        }
        EXPECT_TRUE(waited) << "the test has sent too little";
        EXPECT_EQ(got.size(), message.size() * kMessages);
        SSL_shutdown(peer.session());
    });
    EXPECT_EQ(sent_, delivered_);
    EXPECT_EQ(buffers_.in_use(), 0U);
}

TEST_F(TlsServerTest, TicketsOfOneContextResumeSessionsOfAnother) {
    const auto first = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    const auto exchange = [this](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        peer.write(framed({1}));
        EXPECT_EQ(peer.read_message(), Bytes{1});
        if (resumable_ == nullptr) keep_session(peer);
        SSL_shutdown(peer.session());
    };
    serve(*first, exchange);
    EXPECT_EQ(handshake_, Handshake::Full);
    const auto other_pair = make_certificate_pair("dns.example", -kHour, kHour);
    const auto rolled = TlsServer::create(other_pair.chain, other_pair.key, tickets_.rolled()).value();
    serve(*rolled, exchange);
    EXPECT_EQ(handshake_, Handshake::Resumed);
    const auto strange = TlsServer::create(pair_.chain, pair_.key, TicketKeys::create()).value();
    serve(*strange, exchange);
    EXPECT_EQ(handshake_, Handshake::Full) << "the ticket has a key that is not known there";
}

TEST_F(TlsServerTest, EachConnectionBringsTheTicketOfTheNext) {  // RFC 8446 §C.4: clients use one once
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SSL_CTX_set_max_proto_version(client_, version);
        const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
        for (int i = 0; i < 4; ++i) {
            serve(*server, [this](TlsPeer& peer) {
                ASSERT_TRUE(peer.connect());
                peer.write(framed({1}));
                EXPECT_EQ(peer.read_message(), Bytes{1});
                keep_session(peer);
                SSL_shutdown(peer.session());
            });
            EXPECT_EQ(handshake_, i == 0 ? Handshake::Full : Handshake::Resumed) << i;
        }
        SSL_SESSION_free(std::exchange(resumable_, nullptr));
    }
}

TEST_F(TlsServerTest, AConnectionGoesOnWhenItsServerIsGone) {
    auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    auto transport = server->accept(UniqueFd(fds[0]), tls_buffers_);
    server.reset();  // before the handshake, which makes a ticket
    echo(std::move(transport), UniqueFd(fds[1]), [this](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        peer.write(framed({1}));
        EXPECT_EQ(peer.read_message(), Bytes{1});
        keep_session(peer);
        SSL_shutdown(peer.session());
    });
    serve(*TlsServer::create(pair_.chain, pair_.key, tickets_).value(), [](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        SSL_shutdown(peer.session());
    });
    EXPECT_EQ(handshake_, Handshake::Resumed) << "the ticket has the key of the server that is gone";
}

TEST_F(TlsServerTest, OtherProtocolsAndOldVersionsAreTurnedAway) {
    const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    const auto connects = [&](std::string_view alpn, int version) {
        SSL_CTX_set_max_proto_version(client_, version);
        SSL_CTX_set_min_proto_version(client_, version);
        bool connected = false;
        serve(*server, [&](TlsPeer& peer) {
            SSL_set_security_level(peer.session(), 0);
            SSL_set_cipher_list(peer.session(), "ALL:@SECLEVEL=0");
            if (!alpn.empty())
                SSL_set_alpn_protos(peer.session(), reinterpret_cast<const std::uint8_t*>(alpn.data()),
                                    static_cast<unsigned>(alpn.size()));
            connected = peer.connect();
            SSL_shutdown(peer.session());
            ::shutdown(peer.fd(), SHUT_RDWR);
        });
        return connected;
    };
    EXPECT_TRUE(connects("", TLS1_3_VERSION));
    EXPECT_TRUE(
        connects("\x02h2\x03"
                 "dot",
                 TLS1_3_VERSION));
    EXPECT_FALSE(connects("\x02h2", TLS1_3_VERSION)) << "HTTP on the port of DNS over TLS";
    EXPECT_TRUE(connects("", TLS1_2_VERSION));
    EXPECT_FALSE(connects("", TLS1_1_VERSION));
}

TEST_F(TlsServerTest, BytesThatAreNoTlsEndTheConnection) {
    const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    serve(*server, [](TlsPeer& peer) {
        const Bytes query = framed(Bytes(30, 0));
        EXPECT_EQ(::send(peer.fd(), query.data(), query.size(), 0), static_cast<ssize_t>(query.size()));
        Bytes rest(1024);
        while (::recv(peer.fd(), rest.data(), rest.size(), 0) > 0) continue;
    });
    EXPECT_THAT(ends_, ElementsAre(StreamEnd::Failed));
    EXPECT_EQ(handshake_, Handshake::None);
    EXPECT_EQ(delivered_, 0);
}

TEST_F(TlsServerTest, TheThirtySecondKeyUpdateEndsTheConnection) {
    const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    serve(*server, [](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        const auto update = [&peer] {
            return SSL_key_update(peer.session(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
                   SSL_do_handshake(peer.session()) == 1;
        };
        for (int i = 0; i < 31; ++i) ASSERT_TRUE(update()) << i;
        peer.write(framed({1}));
        EXPECT_EQ(peer.read_message(), Bytes{1});
        EXPECT_TRUE(update());
        EXPECT_TRUE(peer.read_message().empty());
    });
    EXPECT_THAT(ends_, ElementsAre(StreamEnd::Failed));
}

TEST_F(TlsServerTest, RenegotiationIsRefused) {
    SSL_CTX_set_max_proto_version(client_, TLS1_2_VERSION);
    const auto server = TlsServer::create(pair_.chain, pair_.key, tickets_).value();
    serve(*server, [](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        SSL_renegotiate(peer.session());
        EXPECT_NE(SSL_do_handshake(peer.session()), 1);
        ::shutdown(peer.fd(), SHUT_RDWR);
    });
}

}  // namespace
}  // namespace cenote::loop
