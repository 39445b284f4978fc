// SPDX-License-Identifier: Apache-2.0
//
// The policy as a file for somebody else's resolver.
//
// Threads:  pure. Control plane.
// Memory:   the text.
// Failure:  none; what a format cannot say is counted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/transfer/closed_names.h"

namespace cenote::transfer {

enum class ExportFormat : std::uint8_t { Rpz, Hosts, Domains, Dnsmasq, Unbound };
[[nodiscard]] std::optional<ExportFormat> parse_export_format(std::string_view text) noexcept;

struct Exported {
    std::string text;
    std::size_t rules = 0;
    std::size_t unsaid = 0;  // rules that the format has no way to say
};
/// Lines in the order of their names. `title`: a comment in front.
[[nodiscard]] Exported export_policy(const GroupPolicy& of, ExportFormat format, std::string_view title);

}  // namespace cenote::transfer
