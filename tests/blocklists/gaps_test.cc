// SPDX-License-Identifier: Apache-2.0
#include "blocklists/gaps.h"

#include <gtest/gtest.h>

#include "tests/blocklists/lists.h"

namespace cenote::blocklists {
namespace {

Catalogue a_catalogue() {
    Catalogue catalogue;
    const auto add = [&catalogue](std::string id, const std::vector<std::string>& names) {
        Service service;
        service.id = std::move(id);
        for (const auto& text : names) service.domains.push_back({name(text), domainset::Role::Api, false, {}});
        catalogue.services.push_back(std::move(service));
    };
    add("notes", {"notebook-pa.apis.example", "notes.example", "chat.notes-app.example"});
    add("cloud", {"model-runtime.us-east-1.cloud.example"});
    for (const char* text : {"apis.example", "jnn-pa.apis.example", "cloud.example"})
        catalogue.shared.push_back({name(text), "the test", {}});
    return catalogue;
}

std::string gap(std::string_view asked) {
    const auto found = find_gap(a_catalogue(), name(asked));
    return found ? found->service + " " + found->beside.to_string() : std::string();
}

TEST(Gaps, ASiblingWithAPartInCommon) {
    EXPECT_EQ(gap("planner-pa.apis.example"), "notes notebook-pa.apis.example");
    EXPECT_EQ(gap("notebook-staging.apis.example"), "notes notebook-pa.apis.example");
}

TEST(Gaps, AnotherRegion) {
    EXPECT_EQ(gap("model-runtime.eu-west-9.cloud.example"), "cloud model-runtime.us-east-1.cloud.example");
    EXPECT_EQ(gap("model-agent.us-east-1.cloud.example"), "cloud model-runtime.us-east-1.cloud.example");
    EXPECT_EQ(gap("model-agent.eu-west-9.cloud.example"), "") << "two labels differ";
}

TEST(Gaps, WhatIsKnownIsNone) {
    EXPECT_EQ(gap("notebook-pa.apis.example"), "") << "listed";
    EXPECT_EQ(gap("x-pa.notes.example"), "") << "below a listed name";
    EXPECT_EQ(gap("jnn-pa.apis.example"), "") << "shared";
}

TEST(Gaps, OtherNamesAreNone) {
    EXPECT_EQ(gap("fonts.apis.example"), "") << "nothing in common";
    EXPECT_EQ(gap("a-1.apis.example"), "");
    EXPECT_EQ(gap("planner-pa.other.example"), "");
    EXPECT_EQ(gap("a.b-pa.apis.example"), "") << "one label more";
    EXPECT_EQ(gap("chat.notes-web.example"), "") << "the name above both is not shared";
    EXPECT_EQ(gap("example"), "");
}

}  // namespace
}  // namespace cenote::blocklists
