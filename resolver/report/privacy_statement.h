// SPDX-License-Identifier: Apache-2.0
//
// What this resolver keeps of queries, where, how long, and who may look: the statement to hang on the wall, in English
// or Korean, and the same as JSON.
//
// Threads: pure.   Memory: the answer.   Failure: none; parse_statement_language() gives nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/report/values.h"
#include "resolver/telemetry/event.h"

namespace cenote::report {

enum class StatementLanguage : std::uint8_t { English, Korean };
[[nodiscard]] std::optional<StatementLanguage> parse_statement_language(std::string_view text) noexcept;

struct PrivacyFacts {
    std::string node;
    std::string policy_digest;  // as short as policy.cenote has it
    WallTime at{};
    telemetry::IdentityLevel identity = telemetry::IdentityLevel::None;
    std::string agreement;
    seconds rotate{};
    std::uint32_t smallest = 0;
    std::vector<std::pair<std::string, telemetry::IdentityLevel>> less;  // directives that keep less than that
    Path history;                                                        // empty: none
    seconds keep_minutes{};
    seconds keep_hours{};
    Path log;  // empty: none
    seconds keep_log{};
    std::vector<std::string> receivers;  // where single queries are sent: [[log.export]], [dnstap]
    bool all_queries = false;            // the log or a receiver gets queries that no directive covers
    Path keys;                           // of pseudonyms
    Path state;
    std::vector<std::string> admins;  // unix groups, like those below
    std::vector<std::string> approvers;
    std::vector<std::string> readers;
    std::vector<std::string> inspectors;
};

[[nodiscard]] std::string privacy_statement(const PrivacyFacts& facts, StatementLanguage language);
[[nodiscard]] Json privacy_json(const PrivacyFacts& facts);

}  // namespace cenote::report
