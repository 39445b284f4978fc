// SPDX-License-Identifier: Apache-2.0
//
// The functions of the dialects, each of which reads a whole text. Private to blocklists; dialects.h is the public
// header. A new dialect is a file with such a function, an enumerator of Format (dialects.h), its row in dialects.cc,
// its recognition in detect.cc, and its word in the configuration (resolver/config/blocklist_sections.cc).
//
// Threads:  pure except for the Reading.   Memory: none.   Failure: lines that are not understood go to
// Reading::refuse.
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

/// One line of `hosts` or `domains`, for dialects that may contain such lines.
void read_hosts_line(std::string_view line, std::uint32_t number, Reading& reading);
void read_domains_line(std::string_view line, std::uint32_t number, Reading& reading);

/// Whether a line is a cosmetic rule of `adblock`: `##`, `#@#`, `#?#`, `#$#`, `#%#` behind a name or alone. Its `#`
/// begins no comment, and the name in front of it is not to be sinkholed.
[[nodiscard]] bool is_cosmetic(std::string_view line) noexcept;

/// Whether a name belongs to the local host in every hosts file.
[[nodiscard]] bool is_local_host_name(std::string_view name) noexcept;

/// The kind of a word in the place of an address: an address without a remote host (0.0.0.0, 127.*, ::, ::1), the
/// address of a host, or no address.
enum class AddressKind : std::uint8_t { NullOrLoopback, Host, NoAddress };
[[nodiscard]] AddressKind address_kind(std::string_view word);

}  // namespace cenote::blocklists
