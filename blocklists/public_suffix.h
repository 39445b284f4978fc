// SPDX-License-Identifier: Apache-2.0
//
// Whether a name is one below which anybody may register others. The one door to libpsl.
//
// Threads:  any.   Memory: the library's built-in list.   Failure: none.
#pragma once

#include <string>

#include "resolver/wire/name.h"

namespace cenote::blocklists {

/// By the ICANN section of the public suffix list. A top-level name that is not in the list is none.
[[nodiscard]] bool is_public_suffix(const wire::Name& name);

/// What somebody registered: the public suffix (of both sections) and one label more; the name itself where there is
/// no such.
[[nodiscard]] std::string registrable_domain(const wire::Name& name);

}  // namespace cenote::blocklists
