// SPDX-License-Identifier: Apache-2.0
//
// The target of an HTTP request: path and query, decoded strictly. What a browser never sends is refused.
//
// Threads: pure.   Memory: kTargetBytesMax.   Failure: nullopt for everything that is not in plain form.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cenote::web {

inline constexpr std::size_t kTargetBytesMax = 4096;
inline constexpr std::size_t kParametersMax = 64;

struct Target {
    std::string path;                          // as pages::Request has it
    std::map<std::string, std::string> query;  // the first value of each name
};

/// nullopt: not in origin form (RFC 9112 §3.2.1), a wrong escape, no UTF-8, a control character, an escaped slash, an
/// empty part, "." or "..".
[[nodiscard]] std::optional<Target> read_target(std::string_view raw);

}  // namespace cenote::web
