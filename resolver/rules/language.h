// SPDX-License-Identifier: Apache-2.0
//
// Languages of groups, reasons and phrases (RFC 5646). Control plane.
//
// Threads: any.   Memory: none.
// Failure: a diagnostic with the language that may be meant.
#pragma once

#include <string_view>

#include "resolver/base/diagnostics.h"

namespace cenote::rules {

/// An error for a text that is no tag such as "ko" or "pt-BR"; otherwise as warn_of_language().
void check_language(std::string_view tag, const SourcePlace& place, Diagnostics& diagnostics);
/// A warning for a tag of no language (ISO 639-1), such as the code of a country.
void warn_of_language(std::string_view tag, const SourcePlace& place, Diagnostics& diagnostics);

}  // namespace cenote::rules
