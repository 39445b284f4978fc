// SPDX-License-Identifier: Apache-2.0
//
// Whether a JSON document is a report: every member is there that a part or a table reads, and of its kind. Private to
// document.
//
// Threads: pure.   Memory: the error.   Failure: an Error that names the first member that is not.
#pragma once

#include "resolver/base/result.h"
#include "resolver/control/protocol.h"

namespace cenote::document {

/// Any member may be null: not known.
[[nodiscard]] Status check_shape(const control::Json& report);

}  // namespace cenote::document
