// SPDX-License-Identifier: Apache-2.0
//
// A policy with one directive of each kind, and what judges exceptions from them, for tests without a daemon.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "resolver/base/time_text.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/exceptions.h"

namespace cenote::rules {

inline const WallTime kNow = parse_time("2026-03-02T12:00:00Z").value();
inline constexpr seconds kHour{3600};
inline constexpr seconds kDay{86400};

inline const Person kKim{"kim", false};
inline const Person kLee{"lee", true};
inline const Person kPark{"park", true};
inline const Person kRoot{"root", true};

inline policy::Directive directive_at(const std::string& id, policy::Step step) {
    policy::Directive directive;
    directive.id = id;
    directive.targets = {policy::parse_target("domain:" + id + ".example").value()};
    directive.step = step;
    directive.timezone = "UTC";
    return directive;
}

inline policy::Options all_kinds() {
    policy::Options options;
    options.node = "dns1";
    options.groups = {{.id = "lab", .name = "lab", .clients = {*Prefix::parse("10.20.0.0/16")}, .language = {}},
                      {.id = "office", .name = "office", .clients = {*Prefix::parse("10.30.0.0/16")}, .language = {}}};
    options.directives = {
        directive_at("restricts", policy::Step::Restrict),  directive_at("blocks", policy::Step::Block),
        directive_at("advises", policy::Step::Advise),      directive_at("will-restrict", policy::Step::Advise),
        directive_at("will-block", policy::Step::Restrict), directive_at("lapsed", policy::Step::Restrict),
        directive_at("of-the-lab", policy::Step::Restrict), directive_at("short", policy::Step::Restrict),
        directive_at("ends-soon", policy::Step::Restrict)};
    options.directives[1].issuer = "The Ministry";
    options.directives[3].planned = {{kNow + kDay, policy::Step::Restrict}};
    options.directives[4].planned = {{kNow - kDay, policy::Step::Block}};
    options.directives[5].ends = kNow - kHour;
    options.directives[6].groups = {"lab"};
    options.directives[7].exceptions_max = kHour;
    options.directives[8].ends = kNow + 3 * kHour;
    return options;
}

/// What an ExceptionApproval refers to, which the tests change before they ask for one.
struct ExceptionFixture {
    policy::Options options = all_kinds();
    ExceptionLimits limits;
    std::vector<Prefix> allow_from{*Prefix::parse("10.0.0.0/8"), *Prefix::parse("2001:db8::/32")};
    WallTime now = kNow;
    std::string clock_problem;
    std::shared_ptr<const policy::Policy> policy;

    ExceptionApproval approval() {
        auto built = policy::Policy::build(std::make_shared<const policy::Options>(options), nullptr, 1, now);
        EXPECT_TRUE(built.ok()) << (built ? "" : built.error().text);
        policy = std::move(built).value();
        return {{*policy, limits, allow_from}, now, clock_problem};
    }
};

/// Two hours for a client, from kim.
inline ExceptionRequest request_of_kim() {
    return {.directive = "restricts",
            .client = "10.20.3.0/28",
            .group = {},
            .purpose = "a test",
            .emergency = false,
            .end = {.until = {}, .lasts = "2h"}};
}

inline ExceptionDocument document_at(Stage stage) {
    ExceptionDocument document;
    document.id = "dns1-17";
    document.directive = "restricts";
    document.client = Prefix::parse("10.20.3.0/28");
    document.purpose = "a test";
    document.stage = stage;
    document.asked_by = "kim";
    document.asked_at = kNow - kHour;
    document.lasts = 2 * kHour;
    if (stage == Stage::Asked || stage == Stage::Denied) return document;
    document.granted_at = kNow - kHour;
    document.ends = kNow + kHour;
    document.agreed_by = {"lee"};
    return document;
}

/// Why it is refused; empty: it is not.
template <typename T>
std::string refusal(const Result<T>& result) {
    return result ? std::string() : result.error().text;
}

}  // namespace cenote::rules
