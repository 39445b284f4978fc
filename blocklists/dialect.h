// SPDX-License-Identifier: Apache-2.0
//
// What a dialect brings: one function that reads a whole text. A new dialect is a file with that function and its row
// in dialects.cc.
//
// Threads:  pure but for the Reading.   Memory: none.   Failure: lines that are not understood go to Reading::refuse.
#pragma once

#include <string_view>

#include "blocklists/dialects.h"

namespace cenote::blocklists {

void read_domains(std::string_view text, Reading& reading);  // and wildcard
void read_hosts(std::string_view text, Reading& reading);

}  // namespace cenote::blocklists
