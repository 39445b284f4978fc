// SPDX-License-Identifier: Apache-2.0
//
// Domain names with letters beyond ASCII (RFC 5890): U-labels to A-labels, with the mappings of UTS 46, and back.
// The only user of libidn2.
//
// Threads:  any; control plane.
// Memory:   texts of a few hundred bytes.
// Failure:  to A-labels: Result with a short reason. To U-labels: the A-labels stay.
#pragma once

#include <string>
#include <string_view>

#include "resolver/base/result.h"
#include "resolver/wire/name.h"

namespace cenote::wire {

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;

/// Every label of `text` as an A-label, in lower case. The text is UTF-8; labels of ASCII stay as they are.
Result<std::string> to_a_labels(std::string_view text);

/// The name in U-labels; empty when it has none, or when they do not convert back to the same name.
[[nodiscard]] std::string to_u_labels(const Name& name);

/// For people: "한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)"; a name without U-labels as Name::to_string() gives it.
[[nodiscard]] std::string both_forms(const Name& name);

}  // namespace cenote::wire
