// SPDX-License-Identifier: Apache-2.0
//
// The policy as a file for another resolver.
//
// Threads:  pure. Control plane.
// Memory:   the text.
// Failure:  none; rules that a format cannot express are counted by their effect.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/transfer/sinkholed_names.h"

namespace cenote::transfer {

enum class ExportFormat : std::uint8_t { Rpz, Hosts, Domains, Dnsmasq, Unbound };
[[nodiscard]] std::optional<ExportFormat> parse_export_format(std::string_view text) noexcept;

struct Exported {
    std::string text;
    std::size_t rules = 0;
    std::size_t not_sinkholed = 0;  // rules left out whose names resolve there
    std::size_t not_allowed = 0;    // rules left out whose names are sinkholed there
    std::size_t names_alone = 0;    // names sinkholed with all below them, of which the format has only listed ones
    std::size_t too_long = 0;       // of not_sinkholed and not_allowed: names that do not fit into a zone

    /// What the file enforces otherwise than the policy, one sentence each.
    [[nodiscard]] std::vector<std::string> shortcomings() const;
};
/// Lines in the order of their names. `title`: a comment in front. A zone is complete (SOA, NS, $TTL) and fits below
/// any name of up to 62 characters; its serial is `at`, in seconds.
[[nodiscard]] Exported export_policy(const GroupPolicy& of, ExportFormat format, std::string_view title, WallTime at);

}  // namespace cenote::transfer
