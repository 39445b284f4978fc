// SPDX-License-Identifier: Apache-2.0
//
// What the verbs of the control socket share.
//
// Threads: pure.   Memory: values.   Failure: none.
#pragma once

#include <optional>
#include <string>

#include "resolver/control/control.h"

namespace cenote::daemon {

[[nodiscard]] inline control::Response fail(std::string text) {
    return {.ok = false, .more = false, .error = std::move(text), .data = nullptr};
}
[[nodiscard]] inline control::Response done(control::Json data) {
    return {.ok = true, .more = false, .error = {}, .data = std::move(data)};
}

/// A text argument; nullopt when it is not there.
[[nodiscard]] inline std::optional<std::string> text_of(const control::Request& request, const char* key) {
    const auto found = request.args.find(key);
    if (found == request.args.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

}  // namespace cenote::daemon
