// SPDX-License-Identifier: Apache-2.0
//
// The policy as a file for somebody else's resolver.
//
// Threads:  pure. Control plane.
// Memory:   the text.
// Failure:  none; what a format cannot say is counted by what comes of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/transfer/closed_names.h"

namespace cenote::transfer {

enum class ExportFormat : std::uint8_t { Rpz, Hosts, Domains, Dnsmasq, Unbound };
[[nodiscard]] std::optional<ExportFormat> parse_export_format(std::string_view text) noexcept;

struct Exported {
    std::string text;
    std::size_t rules = 0;
    std::size_t stays_open = 0;    // rules left out: what they close is open there
    std::size_t stays_closed = 0;  // rules left out: what they open is closed there
    std::size_t open_below = 0;    // names closed with all below them, of which the format closes those it lists alone
    std::size_t too_long = 0;      // of stays_open and stays_closed: names that do not fit into a zone

    /// What is not as it is here, a sentence each.
    [[nodiscard]] std::vector<std::string> shortcomings() const;
};
/// Lines in the order of their names. `title`: a comment in front. A zone is complete (SOA, NS, $TTL) and fits below
/// any name of up to 62 letters; its serial is `at`, in seconds.
[[nodiscard]] Exported export_policy(const GroupPolicy& of, ExportFormat format, std::string_view title, WallTime at);

}  // namespace cenote::transfer
