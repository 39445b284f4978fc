// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::transfer {
namespace {

using policy::Step;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Export : public ::testing::Test {
protected:
    Exported exported(ExportFormat format) {
        const auto policy = policy::testing::build(options_, policy::testing::kNow);
        const auto of = policy_of_group(*policy, "everyone", policy::testing::kNow);
        EXPECT_TRUE(of.ok());
        return export_policy(*of, format, "title", policy::testing::kNow);
    }
    void close(std::vector<std::string_view> targets) {
        options_.directives.push_back(policy::testing::directive("d", Step::Restrict, {}));
        for (const auto text : targets) options_.directives.back().targets.push_back(policy::testing::target(text));
    }

    policy::Options options_;
};

TEST_F(Export, AZoneIsComplete) {
    close({"domain:bad.test"});
    const auto made = exported(ExportFormat::Rpz);
    const auto serial = policy::testing::kNow.time_since_epoch().count();
    EXPECT_EQ(made.text, "; title\n$TTL 30\n@ SOA localhost. hostmaster.localhost. " + std::to_string(serial) +
                             " 3600 600 604800 30\n@ NS localhost.\n*.bad.test CNAME *.\nbad.test CNAME *.\n");
    EXPECT_THAT(made.shortcomings(), IsEmpty());
}

TEST_F(Export, NamesThatAreTooLongForAZoneAreLeftOut) {
    const std::string long_name =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(60, 'c') + ".test";
    close({"domain:" + long_name, "domain:" + long_name.substr(8)});
    const auto made = exported(ExportFormat::Rpz);
    EXPECT_EQ(made.text.find(long_name), std::string::npos);
    EXPECT_THAT(made.text, HasSubstr("\n" + long_name.substr(8) + " CNAME"));
    EXPECT_EQ(made.too_long, made.not_sinkholed);
    EXPECT_THAT(made.shortcomings(), ElementsAre("2 rules are left out, and the names that they sinkhole resolve there",
                                                 "2 of them have names that are too long for a zone"));
    EXPECT_THAT(made.text, HasSubstr("\n; 2 rules are left out"));
}

TEST_F(Export, AHostsFileListsAllKnownNames) {
    close({"service:openai"});
    const auto made = exported(ExportFormat::Hosts);
    EXPECT_THAT(made.text, HasSubstr("\n0.0.0.0 openai.com\n"));
    EXPECT_THAT(made.text, HasSubstr("\n0.0.0.0 api.openai.com\n"));
    EXPECT_GE(made.names_alone, 1U);
    EXPECT_THAT(made.shortcomings().back(), HasSubstr("there only those that are listed"));
}

TEST_F(Export, WhatAFormatCannotSayIsCountedByWhatComesOfIt) {
    close({"list:extra", "address:192.0.2.0/24"});
    for (const auto format : {ExportFormat::Domains, ExportFormat::Dnsmasq, ExportFormat::Unbound, ExportFormat::Hosts})
        EXPECT_GE(exported(format).not_sinkholed, 1U) << "the addresses";
    EXPECT_GE(exported(ExportFormat::Domains).not_allowed, 1U) << "the list's exception";
    EXPECT_EQ(exported(ExportFormat::Dnsmasq).not_allowed, 0U);
    EXPECT_EQ(exported(ExportFormat::Unbound).not_allowed, 0U);
    EXPECT_THAT(exported(ExportFormat::Unbound).text,
                HasSubstr("local-zone: \"good.bad.example.\" always_transparent"));
}

}  // namespace
}  // namespace cenote::transfer
