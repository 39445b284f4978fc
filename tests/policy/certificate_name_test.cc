// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/certificate_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::policy {
namespace {

using Kind = CertificateName::Kind;
using ::testing::HasSubstr;

bool takes(std::string_view pattern, Kind kind, std::string_view name) {
    const auto read = CertificateName::of_certificate(kind, name);
    return read && CertificateName::parse_pattern(pattern).value().covers(*read);
}

std::string refusal(std::string_view pattern) {
    const auto read = CertificateName::parse_pattern(pattern);
    return read ? std::string() : read.error().text;
}

TEST(CertificateName, AnAsteriskIsOneLabelOfAHostName) {
    constexpr std::string_view kPattern = "*.lab.agency.example";
    EXPECT_TRUE(takes(kPattern, Kind::Dns, "pc7.lab.agency.example"));
    EXPECT_TRUE(takes(kPattern, Kind::Dns, "PC7.Lab.agency.EXAMPLE"));
    EXPECT_TRUE(takes("*.LAB.agency.example", Kind::Dns, "pc7.lab.agency.example"));
    for (const char* name : {"lab.agency.example", "a.pc7.lab.agency.example", ".lab.agency.example",
                             "pc7.lab.agency.example.", "pc7.lab.agency.example.org", "pc7xlab.agency.example"})
        EXPECT_FALSE(takes(kPattern, Kind::Dns, name)) << name;
    EXPECT_TRUE(takes("pc7.*.agency.example", Kind::Dns, "pc7.lab.agency.example"));
    EXPECT_FALSE(takes("pc7.*.agency.example", Kind::Dns, "pc8.lab.agency.example"));
    EXPECT_TRUE(takes("pc7.lab.agency.example", Kind::Dns, "pc7.lab.agency.example"));
}

TEST(CertificateName, AKindIsNoOther) {
    EXPECT_FALSE(takes("*.lab.example", Kind::Email, "pc7.lab.example"));
    EXPECT_FALSE(takes("*.lab.example", Kind::Uri, "pc7.lab.example"));
    EXPECT_FALSE(takes("*@lab.example", Kind::Dns, "a@lab.example"));
    EXPECT_FALSE(takes("https://*.lab.example", Kind::Dns, "a.lab.example"));
}

TEST(CertificateName, MailAddresses) {
    EXPECT_TRUE(takes("*@lab.example", Kind::Email, "anna@lab.example"));
    EXPECT_TRUE(takes("*@lab.example", Kind::Email, "anna.b@LAB.example")) << "all in front of the @ is one label";
    EXPECT_FALSE(takes("*@lab.example", Kind::Email, "anna@x.lab.example"));
    EXPECT_TRUE(takes("anna@*.example", Kind::Email, "anna@lab.example"));
    EXPECT_TRUE(takes("Anna@lab.example", Kind::Email, "Anna@lab.example"));
    EXPECT_FALSE(takes("Anna@lab.example", Kind::Email, "anna@lab.example")) << "RFC 5280 §7.5";
    EXPECT_FALSE(takes("*@lab.example", Kind::Email, "@lab.example"));
    EXPECT_TRUE(takes("*@lab.example", Kind::Email, "\"a@b\"@lab.example")) << "the last @ counts";
}

TEST(CertificateName, Uris) {
    EXPECT_TRUE(takes("spiffe://agency.example/lab/*", Kind::Uri, "spiffe://agency.example/lab/pc7"));
    EXPECT_TRUE(takes("spiffe://agency.example/lab/*", Kind::Uri, "SPIFFE://Agency.example/lab/pc7"));
    EXPECT_FALSE(takes("spiffe://agency.example/lab/*", Kind::Uri, "spiffe://agency.example/Lab/pc7"));
    EXPECT_FALSE(takes("spiffe://agency.example/lab/*", Kind::Uri, "spiffe://agency.example/lab/a/b"));
    EXPECT_FALSE(takes("spiffe://agency.example/lab/*", Kind::Uri, "spiffe://agency.example/lab/"));
    EXPECT_FALSE(takes("spiffe://agency.example/lab/*", Kind::Uri, "spiffe://agency.example.lab/pc7"));
    EXPECT_TRUE(takes("spiffe://*.example/lab", Kind::Uri, "spiffe://agency.example/lab"));
    EXPECT_TRUE(takes("urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", Kind::Uri,
                      "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"));
    EXPECT_FALSE(takes("spiffe://a/*", Kind::Uri, "urn:a:b"));
}

/// What an authority may have been made to sign.
TEST(CertificateName, NamesThatIdentifyNoOne) {
    using namespace std::string_view_literals;
    for (const auto name : {""sv, "pc7.lab.example\0.evil.example"sv, "pc7.lab.example\n"sv, "*.lab.example"sv,
                            "pc 7.lab.example"sv, "pc\xc3\xa9.lab.example"sv, "pc7..lab.example"sv})
        EXPECT_FALSE(CertificateName::of_certificate(Kind::Dns, name)) << name;
    EXPECT_FALSE(CertificateName::of_certificate(Kind::Email, "lab.example"));
    EXPECT_FALSE(CertificateName::of_certificate(Kind::Email, "*@lab.example"));
    EXPECT_FALSE(CertificateName::of_certificate(Kind::Uri, "spiffe://a/*"));
    EXPECT_FALSE(CertificateName::of_certificate(Kind::Dns, std::string(256, 'a')));
}

TEST(CertificateName, APatternThatIsWrongSaysHowToWriteIt) {
    EXPECT_THAT(refusal("pc*.lab.example"), HasSubstr("is no name of a client certificate"));
    EXPECT_THAT(refusal("a*b@lab.example"), HasSubstr("* stands for a whole label"));
    EXPECT_THAT(refusal("spiffe://a/lab-*"), HasSubstr("* stands for a whole label"));
    EXPECT_THAT(refusal("*://a/lab"), HasSubstr("cannot stand for the scheme"));
    for (const char* all : {"*", "*.*", "*@*", "spiffe://*", "spiffe://*/*"})
        EXPECT_THAT(refusal(all), HasSubstr("would take every certificate")) << all;
    for (const char* wrong : {"", ".", "lab..example", "lab example", "한글.example", "lab.example/", "@", "a@"})
        EXPECT_THAT(refusal(wrong), HasSubstr("is no name of a client certificate")) << wrong;
    EXPECT_EQ(refusal("*.example"), "");
}

TEST(CertificateName, APatternCoversNarrowerOnes) {
    const auto of = [](std::string_view text) { return CertificateName::parse_pattern(text).value(); };
    EXPECT_TRUE(of("*.*.example").covers(of("*.lab.example")));
    EXPECT_FALSE(of("*.lab.example").covers(of("*.*.example")));
    EXPECT_TRUE(of("*.lab.example").covers(of("*.lab.example")));
}

}  // namespace
}  // namespace cenote::policy
