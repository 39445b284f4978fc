// SPDX-License-Identifier: Apache-2.0
//
// A scenario as written: a policy, and steps to act out. The format is a subset of unbound's `.rpl`.
//
// Failure: an Error "FILE:LINE: what is wrong" for every word that is not understood; nothing is skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/base/result.h"
#include "tests/engine/world.h"

namespace cenote::scenarios {

enum class Act : std::uint8_t { Query, CheckOutQuery, Reply, CheckAnswer, TimePasses, Timeout, Config, Nothing };

struct QuestionText {
    std::string name;  // case as written
    std::string type;
};

/// An extended error that the answer has to carry (RFC 8914).
struct ErrorText {
    unsigned code = 0;
    std::string part;  // of its text; empty: any text
};

/// What stands between ENTRY_BEGIN and ENTRY_END.
struct Entry {
    std::uint32_t line = 0;
    bool match_all = false;
    std::optional<std::vector<std::string>> words;  // of REPLY: flags and rcode
    std::optional<QuestionText> question;
    std::vector<engine::testing::RecordText> answer;
    std::vector<engine::testing::RecordText> authority;
    std::vector<ErrorText> errors;
};

struct ConfigText {
    std::uint32_t line = 0;
    std::string text;
};

struct Step {
    std::uint32_t line = 0;
    std::uint16_t number = 0;
    Act act = Act::Nothing;
    std::optional<IpAddress> from;
    bool over_tcp = false;
    seconds elapse{0};
    Entry entry;
    ConfigText config;
};

struct Script {
    std::string path;
    ConfigText config;
    std::vector<Step> steps;
};

[[nodiscard]] std::string place(const std::string& path, std::uint32_t line);
[[nodiscard]] Result<Script> read_script(const std::string& path);

}  // namespace cenote::scenarios
