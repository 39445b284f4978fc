// SPDX-License-Identifier: Apache-2.0
//
// Members of JSON that may be absent, by their paths.
//
// Threads: pure.   Memory: refers to the JSON.   Failure: a member that is absent is null.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/control/protocol.h"

namespace cenote::document {

using control::Json;

/// The member at a path of names with dots; null when there is none.
[[nodiscard]] const Json& at(const Json& json, std::string_view path) noexcept;
/// Empty for anything but a text.
[[nodiscard]] std::string text_at(const Json& json, std::string_view path);
/// The number; nullopt for null and anything else.
[[nodiscard]] std::optional<std::int64_t> number_at(const Json& json, std::string_view path) noexcept;
/// The n of a count of people; nullopt where it is hidden or not counted.
[[nodiscard]] std::optional<std::int64_t> people_at(const Json& json, std::string_view path) noexcept;
/// Whether it stands in the place of numbers that are hidden, because few people are behind them.
[[nodiscard]] bool is_withheld(const Json& value) noexcept;
[[nodiscard]] std::size_t size_at(const Json& json, std::string_view path) noexcept;

}  // namespace cenote::document
