// SPDX-License-Identifier: Apache-2.0
//
// An exception with its use, as `cenote exceptions --json` prints it.
//
// Threads: pure.   Memory: the answer.   Failure: none; an unknown value is null.
#pragma once

#include "resolver/report/values.h"
#include "resolver/rules/exception_document.h"

namespace cenote::report {

/// An extension that waits for approval; null: there is none.
[[nodiscard]] Json extension_json(const std::optional<rules::RequestedExtension>& extension);
[[nodiscard]] Json exception_json(const rules::ExceptionDocument& document, const state::Use& use);

}  // namespace cenote::report
