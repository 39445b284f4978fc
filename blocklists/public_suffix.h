// SPDX-License-Identifier: Apache-2.0
//
// Public suffixes, the names below which the public may register domains. The only user of libpsl.
//
// Threads:  any.   Memory: the library's built-in list.   Failure: none.
#pragma once

#include <string>

#include "resolver/wire/name.h"

namespace cenote::blocklists {

/// By the ICANN section of the public suffix list. A top-level domain that is not in the list is no public suffix.
[[nodiscard]] bool is_public_suffix(const wire::Name& name);

/// The registrable domain: the public suffix (of both sections) and one label more; the name itself where there is
/// none.
[[nodiscard]] std::string registrable_domain(const wire::Name& name);

}  // namespace cenote::blocklists
