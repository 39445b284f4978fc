// SPDX-License-Identifier: Apache-2.0
//
// Groups of clients by what they prove: names in certificates, files of tokens, and what certificates are checked by.
#include "tests/config/fixture.h"

namespace cenote::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Severity = Diagnostic::Severity;

const std::string kToken = "5f2b9c0e7a1d4386b2f09d5e6c7a8140";
const std::string kOther = "0c66e0d5b1f94a2f8d3e7b5a69c81f24";

class IdentityConfigTest : public LoadTest {
protected:
    void write_tokens(const std::string& name, const std::string& text) const {
        write(name, text);
        std::filesystem::permissions(folder_ / name, std::filesystem::perms(0640));
    }
    static std::string with(const std::string& groups) {
        return "[server]\nlisten_https = [\"127.0.0.1:443\"]\n[server.tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n"
               "client_ca = \"clients.pem\"\n" +
               groups;
    }
    /// The mistakes of a configuration, which is refused.
    std::vector<std::string> mistakes(const std::string& text) {
        diagnostics_ = {};
        write("cenote.toml", text);
        EXPECT_FALSE(load_folder()) << text;
        return texts(Severity::Error);
    }
    std::vector<std::string> warnings(const std::string& text) {
        diagnostics_ = {};
        write("cenote.toml", text);
        EXPECT_TRUE(load_folder()) << (diagnostics_.all().empty() ? "" : diagnostics_.all()[0].to_string());
        return texts(Severity::Warning);
    }
};

TEST_F(IdentityConfigTest, GroupsByCertificatesAndTokens) {
    write_tokens("lab.tokens", "# of the lab\n\n" + kToken + "\n  " + kOther + " \r\n");
    EXPECT_THAT(warnings(with("[[group]]\nid = \"lab\"\ncertificates = [\"*.lab.example\", \"*@lab.example\"]\n"
                              "tokens = \"lab.tokens\"\n")),
                IsEmpty());
    const auto settings = load_folder();
    ASSERT_TRUE(settings);
    const policy::Group& group = settings->policy->groups.at(0);
    EXPECT_TRUE(group.clients.empty());
    EXPECT_EQ(group.certificates, (std::vector<std::string>{"*.lab.example", "*@lab.example"}));
    EXPECT_EQ(group.tokens, (folder_ / "lab.tokens").string());
    EXPECT_EQ(group.token_digests, (std::vector{policy::digest_of_token(kToken), policy::digest_of_token(kOther)}));
    for (const auto& file : *settings->files) EXPECT_EQ(file.text.find(kToken), std::string::npos) << file.path;
}

TEST_F(IdentityConfigTest, WhatCertificatesAreCheckedBy) {
    const auto settings = load_string(
        "[server.tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\nclient_ca = \"c.pem\"\n"
        "client_crl = \"r.pem\"\nclient_certificates = \"required\"\n");
    EXPECT_EQ(settings->tls.clients.authorities, folder_ / "c.pem");
    EXPECT_EQ(settings->tls.clients.revoked, folder_ / "r.pem");
    EXPECT_EQ(settings->tls.clients.asked, loop::ClientCertificates::Required);
    const auto plain = load_string("[server.tls]\nclient_crl = \"\"\nclient_certificates = \"none\"\n");
    EXPECT_TRUE(plain->tls.clients.authorities.empty());
    EXPECT_THAT(mistakes("[server.tls]\nclient_crl = \"r.pem\"\n"),
                Contains(AllOf(HasSubstr("cenote.toml:2:"), HasSubstr("client_ca"))));
    EXPECT_THAT(mistakes("[server.tls]\nclient_certificates = \"required\"\n"),
                Contains(AllOf(HasSubstr("cenote.toml:2:"), HasSubstr("client_ca"))));
    EXPECT_THAT(mistakes("[server.tls]\nclient_certificates = \"maybe\"\n"),
                Contains(HasSubstr("none, optional, required")));
}

TEST_F(IdentityConfigTest, AWrongPatternHasItsPlace) {
    EXPECT_THAT(mistakes(with("[[group]]\nid = \"lab\"\ncertificates = [\"*.lab.example\", \"*\"]\n")),
                Contains(AllOf(HasSubstr("cenote.toml:9:34"), HasSubstr("would take every certificate"))));
    EXPECT_THAT(mistakes(with("[[group]]\nid = \"lab\"\ncertificates = [\"a*b@lab.example\"]\n")),
                Contains(HasSubstr("stands for a whole label")));
    EXPECT_THAT(mistakes(with("[[group]]\nid = \"lab\"\ncertificates = [\"a.example\", \"a.example\"]\n")),
                Contains(HasSubstr("listed twice")));
    EXPECT_THAT(mistakes(with("[[group]]\nid = \"lab\"\ncertificates = []\n")),
                Contains(HasSubstr("'clients' is missing")));
}

TEST_F(IdentityConfigTest, AWrongTokenHasItsPlaceAndIsNotShown) {
    const std::string text = with(
        "[[group]]\nid = \"lab\"\ntokens = \"lab.tokens\"\n"
        "[[group]]\nid = \"other\"\ntokens = \"other.tokens\"\n");
    write_tokens("other.tokens", kOther + "\n");
    const auto expect = [&](const std::string& tokens, const std::string& place, const std::string& what) {
        write_tokens("lab.tokens", tokens);
        const auto found = mistakes(text);
        EXPECT_THAT(found, Contains(AllOf(HasSubstr(place), HasSubstr(what))));
        EXPECT_THAT(found, Each(AllOf(Not(HasSubstr("short1234")), Not(HasSubstr(kToken)), Not(HasSubstr(kOther)))));
    };
    expect("# one\nshort1234\n", "lab.tokens:2:1: ", "fewer than 128");
    expect(kToken + "\n" + kToken + "\n", "lab.tokens:2:1: ", "the same token is in line 1");
    expect(kToken + "\n" + kOther + "\n", "other.tokens:1:1: ", "for group 'lab'");
    expect(kToken + "/\n", "lab.tokens:1:1: ", "a path cannot have");
    std::filesystem::remove(folder_ / "lab.tokens");
    EXPECT_THAT(mistakes(text), Contains(AllOf(HasSubstr("cenote.toml:9:"), HasSubstr("lab.tokens"))));
    EXPECT_THAT(mistakes(with("[[group]]\nid = \"lab\"\ntokens = \"\"\n")), Contains(HasSubstr("'tokens' is empty")));
}

TEST_F(IdentityConfigTest, WhatHasNoEffectIsWarnedOf) {
    write_tokens("lab.tokens", kToken + "\n");
    std::filesystem::permissions(folder_ / "lab.tokens", std::filesystem::perms(0644));
    EXPECT_THAT(warnings(with("[[group]]\nid = \"lab\"\ntokens = \"lab.tokens\"\n")),
                Contains(AllOf(HasSubstr("cenote.toml:9:"), HasSubstr("every user of this host can read the tokens"))));
    EXPECT_THAT(warnings("[[group]]\nid = \"lab\"\ntokens = \"lab.tokens\"\ncertificates = [\"*.lab.example\"]\n"),
                AllOf(Contains(HasSubstr("listen_https")), Contains(HasSubstr("client_ca"))));
    write_tokens("lab.tokens", "# none yet\n");
    EXPECT_THAT(warnings(with("[[group]]\nid = \"lab\"\ntokens = \"lab.tokens\"\n")),
                Contains(HasSubstr("there is no token in")));
}

}  // namespace
}  // namespace cenote::config
