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
void read_adblock(std::string_view text, Reading& reading);
void read_dnsmasq(std::string_view text, Reading& reading);
void read_unbound(std::string_view text, Reading& reading);
void read_rpz(std::string_view text, Reading& reading);

/// One line of hosts, or of names alone, for dialects that have such lines as well.
void read_hosts_line(std::string_view line, std::uint32_t number, Reading& reading);
void read_domains_line(std::string_view line, std::uint32_t number, Reading& reading);

/// Whether a line is a rule of adblock's over what a page shows: `##`, `#@#`, `#?#`, `#$#`, `#%#` behind a name or
/// alone. Its `#` begins no comment, and the name in front of it is not to be closed.
[[nodiscard]] bool is_cosmetic(std::string_view line) noexcept;

/// Whether every hosts file has the name for the machine itself.
[[nodiscard]] bool is_of_the_machine(std::string_view name) noexcept;

/// Where an address in a list leads: nowhere (0.0.0.0, 127.*, ::, ::1), or to somebody.
enum class Leads : std::uint8_t { Nowhere, Somewhere, NoAddress };
[[nodiscard]] Leads where_leads(std::string_view word);

}  // namespace cenote::blocklists
