// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/certificate_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;
using ::testing::HasSubstr;

Problem only(const Condition& condition) {
    std::vector<Problem> found;
    add_certificate_problems(condition, kNow, found);
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Problem{} : found.front();
}

TEST(CertificateProblems, WhatCertificatesOfClientsAreCheckedByEnds) {
    CertificateState state{.file = "chain.pem", .problem = {}, .ends = {}, .names = {}, .lacks = {}};
    state.begins = kNow - seconds(86400);
    state.ends = kNow + std::chrono::days(365);
    state.client_ca = "clients.pem";
    state.client_ca_ends = kNow + std::chrono::days(31);
    state.client_crl = "revoked.pem";
    state.client_crl_ends = kNow + std::chrono::hours(7);
    Condition condition;
    condition.certificate = state;
    std::vector<Problem> none;
    add_certificate_problems(condition, kNow, none);
    EXPECT_TRUE(none.empty());
    condition.certificate->client_crl_ends = kNow + std::chrono::hours(5);
    EXPECT_EQ(only(condition).severity, Severity::Warning);
    EXPECT_THAT(only(condition).what, HasSubstr("a list of revoked certificates in revoked.pem ends"));
    condition.certificate->client_crl_ends = kNow;
    EXPECT_EQ(only(condition).severity, Severity::Error);
    EXPECT_THAT(only(condition).what, HasSubstr("ended"));
    condition.certificate->client_crl.clear();
    condition.certificate->client_ca_ends = kNow + std::chrono::days(29);
    EXPECT_THAT(only(condition).what, HasSubstr("an authority of clients in clients.pem ends"));
}

}  // namespace
}  // namespace cenote::report
