// SPDX-License-Identifier: Apache-2.0
//
// The table of rules by which a report says how much attention a service needs. There is no score: the first rule whose
// conditions all hold decides, and the table is printed with the report.
//
//     [[rule]]
//     attention = "high"                # high, middle or low
//     when      = "its API is in use and nothing limits it"   # for the reader; by default the conditions themselves
//     status       = ["open", "observed"]     # any of these; limited, observed, advised, exception_only, open,
//     unlisted jurisdiction = ["ZZ"]                   # of the vendor category     = ["coding"] role         = ["api"]
//     # a role that was seen data_path    = ["api"]                  # the kind of role with the most queries: api,
//     web, app, login, other groups_least   = 3 episodes_least = 100                    # never holds where the number
//     is hidden
//
// Threads:  plain values.
// Memory:   the rules.
// Failure:  reading adds every mistake to the diagnostics, with its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/diagnostics.h"

namespace cenote::assessment {

enum class Attention : std::uint8_t { High, Middle, Low };
[[nodiscard]] std::string_view attention_to_text(Attention attention) noexcept;
[[nodiscard]] std::optional<Attention> parse_attention(std::string_view text) noexcept;

struct RiskRule {
    Attention attention = Attention::Low;
    std::string when;
    // Empty and 0: no condition.
    std::vector<std::string> status, jurisdictions, categories, roles, data_paths;
    std::uint64_t groups_least = 0;
    std::uint64_t episodes_least = 0;
};

/// What the rules decide by.
struct RiskFacts {
    std::string status;
    std::string jurisdiction;
    std::vector<std::string> categories;
    std::vector<std::string> roles;
    std::string data_path;
    std::uint64_t groups = 0;
    std::optional<std::uint64_t> episodes;  // nullopt: hidden, or not counted
};

struct RiskTable {
    std::string source;  // "built-in", or the name of the file
    std::string text;    // what it was read from
    std::vector<RiskRule> rules;
};

/// The table of this program.
[[nodiscard]] RiskTable built_in_risk_table();
/// nullopt: it has a mistake.
[[nodiscard]] std::optional<RiskTable> read_risk_table(const std::string& text, const std::string& file,
                                                       Diagnostics& diagnostics);

/// The index of the first rule that holds; nullopt: none does.
[[nodiscard]] std::optional<std::size_t> rule_for(const RiskTable& table, const RiskFacts& facts);

}  // namespace cenote::assessment
