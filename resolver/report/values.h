// SPDX-License-Identifier: Apache-2.0
//
// JSON values that several shapes share.
//
// Threads: pure.   Memory: the value.   Failure: none.
#pragma once

#include <optional>
#include <string_view>

#include "resolver/base/clock.h"
#include "resolver/base/sentence.h"
#include "resolver/control/protocol.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::report {

using control::Json;

/// "2026-12-31T14:59:59Z", or null.
[[nodiscard]] Json time_json(const std::optional<WallTime>& time);
/// Puts a number of clients into `row`: null with a field `fewer_than` where it is below `smallest`, and not 0.
void put_clients(Json& row, const char* key, std::uint64_t clients, std::uint64_t smallest);
/// The text; null where it is empty.
[[nodiscard]] Json text_or_null(std::string_view text);
/// An object with the values of a sentence.
[[nodiscard]] Json values_json(const SentenceValues& values);
/// An object with `code` and `values`.
[[nodiscard]] Json sentence_json(const Sentence& sentence);

/// The description of a service or a list in a set; nullptr where there is none, or no set.
[[nodiscard]] const domainset::Source* find_source(const domainset::DomainSet* set, domainset::SourceKind kind,
                                                   std::string_view id);

}  // namespace cenote::report
