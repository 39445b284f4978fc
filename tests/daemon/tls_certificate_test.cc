// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/tls_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/authority.h"
#include "tests/support/certificate.h"
#include "tests/support/temporary_folder.h"

namespace cenote::daemon {
namespace {

using test::CertificatePair;
using test::make_certificate_pair;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr long kHour = 3600;

class TlsCertificateTest : public ::testing::Test {
protected:
    void write(const CertificatePair& pair) {
        replace(settings.certificate, pair.chain);
        replace(settings.key, pair.key);
    }
    /// As programs that renew certificates do: another file in its place.
    static void replace(const Path& path, const std::string& text) {
        const Path next = Path(path).concat(".new");
        std::ofstream(next) << text;
        std::filesystem::rename(next, path);
    }
    static CertificatePair pair_of(const std::string& name) { return make_certificate_pair(name, -kHour, 24 * kHour); }
    /// Runs the loop until the condition holds after a turn.
    template <typename Condition>
    void run_until(Condition condition) {
        loop::Timer look(loop, [&] {
            if (condition()) loop.stop();
        });
        look.start(milliseconds{1}, milliseconds{1});
        loop.run();
    }
    static std::vector<std::string> names(TlsCertificate& certificate) {
        const auto in_use = certificate.published().current();
        return in_use == nullptr ? std::vector<std::string>{} : in_use->facts().names;
    }

    testing_support::TemporaryFolder folder;
    config::TlsSettings settings{
        .name = "a.example", .certificate = folder.path() / "chain.pem", .key = folder.path() / "key.pem"};
    loop::Loop loop;
};

TEST_F(TlsCertificateTest, WithoutSettingsThereIsNone) {
    TlsCertificate certificate(loop, {});
    EXPECT_EQ(certificate.published().current(), nullptr);
    EXPECT_FALSE(certificate.state());
    EXPECT_FALSE(certificate.usable(wall_now()));
}

TEST_F(TlsCertificateTest, IsReadAtTheStartAndWhenItsFilesChange) {
    write(pair_of("a.example"));
    TlsCertificate certificate(loop, settings);
    EXPECT_THAT(names(certificate), ElementsAre("a.example"));
    EXPECT_EQ(certificate.state()->problem, "");
    EXPECT_EQ(certificate.state()->lacks, "");
    const auto before = certificate.published().current();
    write(pair_of("b.example"));
    run_until([&] { return certificate.published().current() != before; });
    EXPECT_THAT(names(certificate), ElementsAre("b.example"));
    EXPECT_EQ(certificate.state()->lacks, "a.example");
}

TEST_F(TlsCertificateTest, MissingFilesAreAProblemUntilTheyAreThere) {
    TlsCertificate certificate(loop, settings);
    EXPECT_THAT(certificate.state()->problem, HasSubstr("chain.pem"));
    EXPECT_FALSE(certificate.state()->ends);
    write(pair_of("a.example"));
    run_until([&] { return certificate.published().current() != nullptr; });
    EXPECT_EQ(certificate.state()->problem, "");
}

TEST_F(TlsCertificateTest, ABadPairLeavesTheOneBeforeAndFailsAReload) {
    const auto good = pair_of("a.example");
    write(good);
    TlsCertificate certificate(loop, settings);
    const auto in_use = certificate.published().current();
    const auto refused = [&] {
        const auto read = certificate.read(settings);
        EXPECT_EQ(certificate.published().current(), in_use);
        return read ? std::string() : read.error().text;
    };
    replace(settings.key, pair_of("a.example").key);
    EXPECT_THAT(refused(), HasSubstr("not that of the certificate"));
    write({good.chain.substr(0, good.chain.size() / 2), good.key});
    EXPECT_THAT(refused(), HasSubstr("no certificate in PEM"));
    write(make_certificate_pair("a.example", -2 * kHour, -kHour));
    EXPECT_THAT(refused(), HasSubstr("it ended"));
    write(make_certificate_pair("a.example", kHour, 2 * kHour));
    EXPECT_THAT(refused(), HasSubstr("it begins"));
    std::filesystem::remove(settings.certificate);
    ASSERT_EQ(::mkfifo(settings.certificate.c_str(), 0600), 0);
    EXPECT_NE(refused(), "") << "and it does not wait for a writer";
    std::filesystem::remove(settings.certificate);
    std::filesystem::create_directory(settings.certificate);
    EXPECT_NE(refused(), "");
    std::filesystem::remove(settings.certificate);
    write(good);
    EXPECT_EQ(refused(), "");
}

TEST_F(TlsCertificateTest, AnExpiredCertificateIsUsedWhereThereIsNoOther) {
    write(make_certificate_pair("a.example", -2 * kHour, -kHour));
    TlsCertificate certificate(loop, settings);
    EXPECT_THAT(names(certificate), ElementsAre("a.example")) << "clients that do not check it are encrypted still";
    EXPECT_LT(*certificate.state()->ends, wall_now());
    EXPECT_FALSE(certificate.usable(wall_now())) << "and no client is led to it";
    EXPECT_TRUE(certificate.usable(wall_now() - seconds{kHour + 1800}));
}

TEST_F(TlsCertificateTest, ACertificateThatBeginsLaterIsTakenThen) {
    write(pair_of("a.example"));
    TlsCertificate certificate(loop, settings, seconds{0});
    const auto before = certificate.published().current();
    write(make_certificate_pair("b.example", 2, kHour));
    run_until([&] { return certificate.published().current() != before; });
    EXPECT_THAT(names(certificate), ElementsAre("b.example"));
    EXPECT_EQ(certificate.state()->problem, "");
}

class ClientTrustFilesTest : public TlsCertificateTest {
protected:
    ClientTrustFilesTest() {
        write(pair_of("a.example"));
        settings.clients.authorities = folder.path() / "clients.pem";
        replace(settings.clients.authorities, authority.certificate());
    }

    test::Authority authority;
};

TEST_F(ClientTrustFilesTest, AreWatchedLikeTheCertificate) {
    TlsCertificate certificate(loop, settings);
    const auto before = certificate.published().current();
    ASSERT_NE(before, nullptr);
    EXPECT_NE(before->trust(), 0U);
    EXPECT_EQ(certificate.state()->client_ca, settings.clients.authorities);
    EXPECT_GT(certificate.state()->client_ca_ends, wall_now());
    replace(settings.clients.authorities, test::Authority().certificate());
    run_until([&] { return certificate.published().current() != before; });
    EXPECT_NE(certificate.published().current()->trust(), before->trust());
    EXPECT_EQ(certificate.state()->problem, "");
}

TEST_F(ClientTrustFilesTest, AListOfRevokedOnesIsTakenByAReload) {
    TlsCertificate certificate(loop, settings);
    const std::uint64_t before = certificate.published().current()->trust();
    settings.clients.revoked = folder.path() / "revoked.pem";
    EXPECT_THAT(certificate.read(settings).error().text, HasSubstr("client_crl"));
    replace(settings.clients.revoked, authority.revoked());
    certificate.take(certificate.read(settings).value());
    EXPECT_NE(certificate.published().current()->trust(), before);
    EXPECT_EQ(certificate.state()->client_crl, settings.clients.revoked);
    EXPECT_GT(certificate.state()->client_crl_ends, wall_now());
}

TEST_F(ClientTrustFilesTest, FilesThatCannotBeUsedLeaveTheOnesBefore) {
    TlsCertificate certificate(loop, settings);
    const auto in_use = certificate.published().current();
    for (const char* text : {"", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
        replace(settings.clients.authorities, text);
        EXPECT_FALSE(certificate.read(settings)) << text;
        EXPECT_EQ(certificate.published().current(), in_use);
    }
    std::filesystem::remove(settings.clients.authorities);
    EXPECT_THAT(certificate.read(settings).error().text, HasSubstr("client_ca"));
    run_until([&] { return !certificate.state()->problem.empty(); });
    EXPECT_EQ(certificate.published().current(), in_use);
}

TEST_F(ClientTrustFilesTest, AtTheStartTlsIsNotServedWithoutThem) {
    replace(settings.clients.authorities, "");
    TlsCertificate certificate(loop, settings);
    EXPECT_EQ(certificate.published().current(), nullptr);
    EXPECT_THAT(certificate.state()->problem, HasSubstr("client_ca"));
}

TEST_F(ClientTrustFilesTest, NoneAreAskedForWhereTheyAreNotWanted) {
    settings.clients.asked = loop::ClientCertificates::None;
    TlsCertificate certificate(loop, settings);
    EXPECT_EQ(certificate.published().current()->trust(), 0U);
    EXPECT_TRUE(certificate.state()->client_ca.empty());
}

TEST_F(TlsCertificateTest, AReloadTakesOtherFilesAndNone) {
    write(pair_of("a.example"));
    TlsCertificate certificate(loop, settings);
    settings.certificate = folder.path() / "other.pem";
    settings.key = folder.path() / "other.key";
    write(pair_of("b.example"));
    certificate.take(certificate.read(settings).value());
    EXPECT_THAT(names(certificate), ElementsAre("b.example"));
    certificate.take(certificate.read({}).value());
    EXPECT_EQ(certificate.published().current(), nullptr);
}

}  // namespace
}  // namespace cenote::daemon
