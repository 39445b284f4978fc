// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the reports of the fixture are made of.
#pragma once

#include <cstdint>
#include <string>

#include "tests/document/report_fixture.h"

namespace cenote::document::fixture {

inline const std::string kDigest(64, 'a');

/// A count of people, one that is hidden, and one that is hidden so that no subtraction gives another away.
[[nodiscard]] Json people(std::int64_t n);
[[nodiscard]] Json fewer();
[[nodiscard]] Json hidden();
/// A time some days and hours after 2026-01-20 00:00 KST, and the day in Seoul.
[[nodiscard]] std::string time_after(std::int64_t days, std::int64_t hours = 0);
[[nodiscard]] std::string day_after(std::int64_t days);

[[nodiscard]] Json directive_json(const char* id, const Json& title, const char* state);
/// One of which nothing is compared, and one with too few clients.
[[nodiscard]] Json planned_directive();
[[nodiscard]] Json small_directive();
[[nodiscard]] Json exceptions_json();
[[nodiscard]] Json bypass_json();
[[nodiscard]] Json proof_json();
[[nodiscard]] Json risk_json();

}  // namespace cenote::document::fixture
