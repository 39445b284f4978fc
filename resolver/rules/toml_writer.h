// SPDX-License-Identifier: Apache-2.0
//
// Writes tables of TOML. Private to rules.
//
// Threads: any.   Memory: the text.   Failure: none.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/time_text.h"

namespace cenote::rules {

[[nodiscard]] std::string in_quotes(std::string_view text);
[[nodiscard]] std::string in_quotes(const std::vector<std::string>& texts);

/// The lines of one table. Empty values are left out.
class TomlWriter {
public:
    /// `header`: "[[directive]]", "[sinkhole]".
    explicit TomlWriter(std::string header) : text_(std::move(header) + "\n") {}

    void line(std::string_view key, const std::string& value) { text_ += fmt::format("{} = {}\n", key, value); }
    void text(std::string_view key, std::string_view value) {
        if (!value.empty()) line(key, in_quotes(value));
    }
    void texts(std::string_view key, const std::vector<std::string>& values) {
        if (!values.empty()) line(key, in_quotes(values));
    }
    void time(std::string_view key, const std::optional<WallTime>& value) {
        if (value) line(key, format_time(*value));
    }
    [[nodiscard]] std::string finish() && { return std::move(text_); }

private:
    std::string text_;
};

}  // namespace cenote::rules
