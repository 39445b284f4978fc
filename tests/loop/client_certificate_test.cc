// SPDX-License-Identifier: Apache-2.0
//
// Certificates of clients: which are valid, what they say, and that a session that is resumed says the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "resolver/loop/tls_server.h"
#include "tests/support/authority.h"
#include "tests/support/tls_peer.h"

namespace cenote::loop {
namespace {

using test::Authority;
using test::make_certificate_pair;
using test::TlsPeer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using Bytes = std::vector<std::uint8_t>;
using Kind = PeerCertificate::Kind;

constexpr long kHour = 3600;

class ClientCertificateTest : public ::testing::TestWithParam<int>, public StreamOwner {
protected:
    ClientCertificateTest() { ::signal(SIGPIPE, SIG_IGN); }
    ~ClientCertificateTest() override {
        if (resumable_ != nullptr) SSL_SESSION_free(resumable_);
        if (client_ != nullptr) SSL_CTX_free(client_);
    }

    /// A client with this certificate, or without one.
    void present(const std::optional<test::CertificatePair>& pair) {
        if (client_ != nullptr) SSL_CTX_free(client_);
        client_ = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_verify(client_, SSL_VERIFY_NONE, nullptr);
        SSL_CTX_set_max_proto_version(client_, GetParam());
        if (pair) test::use_certificate(client_, *pair);
    }
    [[nodiscard]] std::shared_ptr<const TlsServer> server_of(const ClientTrust& trust) const {
        return TlsServer::create(pair_.chain, pair_.key, tickets_, trust).value();
    }
    [[nodiscard]] ClientTrust trust(ClientCertificates asked = ClientCertificates::Optional) const {
        return {.authorities = authority_.certificate(), .revoked = {}, .asked = asked};
    }
    /// Serves one connection, which sends a message; false: it got no answer.
    bool serve(const TlsServer& server, Alpn alpn = Alpn::Dot) {
        int fds[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        stream_.emplace(loop_, buffers_, server.accept(UniqueFd(fds[0]), tls_buffers_, alpn), *this);
        auto answered = std::async(std::launch::async, [&] {
            TlsPeer peer(UniqueFd(fds[1]), client_);
            if (resumable_ != nullptr) SSL_set_session(peer.session(), resumable_);
            if (!peer.connect()) return false;
            const std::uint8_t message[] = {0, 1, 7};
            if (SSL_write(peer.session(), message, sizeof message) != sizeof message) return false;
            const bool has_answer = peer.read_message() == Bytes{7};
            if (resumable_ != nullptr) SSL_SESSION_free(resumable_);
            resumable_ = SSL_get1_session(peer.session());
            SSL_shutdown(peer.session());
            return has_answer;
        });
        loop_.run();
        state_ = stream_->transport().certificate_state();
        certificate_ = stream_->transport().peer_certificate();
        handshake_ = stream_->transport().handshake();
        stream_.reset();
        return answered.get();
    }
    void forget_session() {
        if (resumable_ != nullptr) SSL_SESSION_free(resumable_);
        resumable_ = nullptr;
    }

    void on_message(MessageStream& stream, ByteView message) noexcept override {
        static_cast<void>(stream.send(message));
    }
    void on_drained(MessageStream&) noexcept override {}
    void on_end(MessageStream&, StreamEnd) noexcept override { loop_.stop(); }

    Authority authority_;
    test::CertificatePair pair_ = make_certificate_pair("dns.example", -kHour, kHour);
    TicketKeys tickets_ = TicketKeys::create();
    Loop loop_;
    StreamBuffers buffers_{4};
    TlsBuffers tls_buffers_{buffers_};
    std::optional<MessageStream> stream_;
    SSL_CTX* client_ = nullptr;
    SSL_SESSION* resumable_ = nullptr;
    CertificateState state_ = CertificateState::None;
    PeerCertificate certificate_;
    Handshake handshake_ = Handshake::None;
};

TEST_P(ClientCertificateTest, AValidOneSaysWhoTheClientIs) {
    present(authority_.issue("DNS:pc7.lab.example,email:anna@lab.example,URI:spiffe://lab/7,IP:192.0.2.1"));
    const auto server = server_of(trust());
    ASSERT_TRUE(serve(*server));
    EXPECT_EQ(state_, CertificateState::Valid);
    EXPECT_THAT(certificate_.names,
                ElementsAre(Pair(Kind::Dns, "pc7.lab.example"), Pair(Kind::Email, "anna@lab.example"),
                            Pair(Kind::Uri, "spiffe://lab/7")));
    EXPECT_EQ(certificate_.trust, server->trust());
    EXPECT_GT(certificate_.ends, wall_now());
}

TEST_P(ClientCertificateTest, ASessionThatIsResumedSaysTheSame) {
    present(authority_.issue("DNS:pc7.lab.example"));
    const auto server = server_of(trust());
    ASSERT_TRUE(serve(*server));
    const PeerCertificate first = certificate_;
    ASSERT_TRUE(serve(*server_of(trust()))) << "another context with the same keys, as another worker has it";
    EXPECT_EQ(handshake_, Handshake::Resumed);
    EXPECT_EQ(state_, CertificateState::Valid);
    EXPECT_EQ(certificate_.names, first.names);
    EXPECT_EQ(certificate_.ends, first.ends);
}

TEST_P(ClientCertificateTest, ATicketIsForItsAuthorityAndItsProtocol) {
    present(authority_.issue("DNS:pc7.lab.example"));
    ASSERT_TRUE(serve(*server_of(trust())));
    SSL_SESSION* const session = resumable_;
    SSL_SESSION_up_ref(session);
    const auto with_ticket = [&](const ClientTrust& of, Alpn alpn) {
        forget_session();
        SSL_SESSION_up_ref(session);
        resumable_ = session;
        EXPECT_TRUE(serve(*server_of(of), alpn));
        return handshake_;
    };
    const Authority other;
    EXPECT_EQ(with_ticket({.authorities = other.certificate()}, Alpn::Dot), Handshake::Full);
    EXPECT_EQ(state_, CertificateState::NotValid) << "of another authority";
    EXPECT_EQ(with_ticket(trust(ClientCertificates::Required), Alpn::Dot), Handshake::Full);
    EXPECT_EQ(with_ticket(trust(), Alpn::Http), Handshake::Full);
    ClientTrust revoking = trust();
    revoking.revoked = authority_.revoked();
    EXPECT_EQ(with_ticket(revoking, Alpn::Dot), Handshake::Full);
    EXPECT_EQ(state_, CertificateState::Valid);
    EXPECT_EQ(with_ticket({}, Alpn::Dot), Handshake::Full);
    EXPECT_EQ(state_, CertificateState::None);
    SSL_SESSION_free(session);
}

TEST_P(ClientCertificateTest, WhatIsNotValidGivesNoIdentityOrNoConnection) {
    Authority other;
    authority_.issue("DNS:old.lab.example");
    struct Case {
        const char* what;
        std::optional<test::CertificatePair> pair;
    };
    const auto revoked = authority_.issue("DNS:pc7.lab.example");
    authority_.revoke_last();
    ClientTrust optional = trust();
    optional.revoked = authority_.revoked();
    ClientTrust required = optional;
    required.asked = ClientCertificates::Required;
    for (const Case& each :
         {Case{"none", std::nullopt}, Case{"of another authority", other.issue("DNS:pc7.lab.example")},
          Case{"expired", authority_.issue("DNS:pc7.lab.example", -2 * kHour, -kHour)},
          Case{"not begun", authority_.issue("DNS:pc7.lab.example", kHour, 2 * kHour)}, Case{"revoked", revoked},
          Case{"signed by itself", make_certificate_pair("pc7.lab.example", -kHour, kHour)}}) {
        present(each.pair);
        forget_session();
        EXPECT_TRUE(serve(*server_of(optional))) << each.what;
        EXPECT_EQ(state_, each.pair ? CertificateState::NotValid : CertificateState::None) << each.what;
        EXPECT_TRUE(certificate_.names.empty()) << each.what;
        EXPECT_TRUE(serve(*server_of(optional))) << each.what << ", once more with what it was given";
        EXPECT_NE(state_, CertificateState::Valid) << each.what;
        forget_session();
        EXPECT_FALSE(serve(*server_of(required))) << each.what;
    }
    present(authority_.issue("DNS:pc8.lab.example"));
    forget_session();
    EXPECT_TRUE(serve(*server_of(required)));
    EXPECT_EQ(state_, CertificateState::Valid);
}

TEST_P(ClientCertificateTest, AListThatIsOverdueMakesNoneValid) {
    present(authority_.issue("DNS:pc7.lab.example"));
    ClientTrust overdue = trust();
    overdue.revoked = authority_.revoked(-60);
    const auto server = server_of(overdue);
    EXPECT_LT(server->trust_facts().revoked_ends, wall_now());
    EXPECT_TRUE(serve(*server));
    EXPECT_EQ(state_, CertificateState::NotValid);
}

/// A session lasts longer than a certificate that ends soon.
TEST_P(ClientCertificateTest, ATicketEndsWithTheCertificate) {
    constexpr long kSoon = 2;
    present(authority_.issue("DNS:pc7.lab.example", -kHour, kSoon));
    const auto server = server_of(trust());
    const WallTime ended = wall_now() + seconds(kSoon + 1);
    ASSERT_TRUE(serve(*server));
    while (wall_now() < ended) std::this_thread::yield();
    ASSERT_TRUE(serve(*server));
    EXPECT_EQ(handshake_, Handshake::Full);
    EXPECT_NE(state_, CertificateState::Valid);
}

TEST_P(ClientCertificateTest, WithoutAuthoritiesNoneIsAskedFor) {
    present(authority_.issue("DNS:pc7.lab.example"));
    EXPECT_TRUE(serve(*server_of({})));
    EXPECT_EQ(state_, CertificateState::None);
    EXPECT_TRUE(serve(*server_of(trust(ClientCertificates::None))));
    EXPECT_EQ(state_, CertificateState::None);
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientCertificateTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST(ClientTrustTest, FilesThatCannotBeUsedSayWhy) {
    const Authority authority;
    const auto pair = make_certificate_pair("dns.example", -kHour, kHour);
    const auto refusal = [&](const ClientTrust& trust) {
        const auto made = TlsServer::create(pair.chain, pair.key, TicketKeys::create(), trust);
        return made ? std::string() : made.error().text;
    };
    EXPECT_EQ(refusal({.authorities = authority.certificate() + pair.chain}), "");
    EXPECT_EQ(refusal({.authorities = authority.certificate(), .revoked = authority.revoked()}), "");
    EXPECT_THAT(refusal({.authorities = "no PEM"}), HasSubstr("no certificate in PEM"));
    EXPECT_THAT(refusal({.authorities = authority.certificate(), .revoked = authority.certificate()}),
                HasSubstr("no list of revoked certificates in PEM"));
    EXPECT_THAT(refusal({.authorities = authority.certificate() + authority.certificate().substr(0, 200)}),
                HasSubstr("cannot be read"));
}

TEST(ClientTrustTest, ANumberForAllThatDecides) {
    const Authority authority;
    const auto pair = make_certificate_pair("dns.example", -kHour, kHour);
    const auto number = [&](const ClientTrust& trust) {
        return TlsServer::create(pair.chain, pair.key, TicketKeys::create(), trust).value()->trust();
    };
    const ClientTrust plain{.authorities = authority.certificate()};
    EXPECT_EQ(number({}), 0U);
    EXPECT_NE(number(plain), 0U);
    EXPECT_EQ(number(plain), number(plain));
    EXPECT_NE(number(plain), number({.authorities = authority.certificate(), .revoked = authority.revoked()}));
    EXPECT_NE(number(plain), number({.authorities = Authority().certificate()}));
}

}  // namespace
}  // namespace cenote::loop
