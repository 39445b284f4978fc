// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/source.h"

#include <array>

namespace cenote::domainset {
namespace {

constexpr std::array<std::string_view, kRoleCount> kRoles{"web", "app", "api", "sdk", "cdn", "login", "telemetry"};

}  // namespace

std::string_view role_to_text(Role role) noexcept { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> parse_role(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kRoles.size(); ++i)
        if (kRoles[i] == text) return static_cast<Role>(i);
    return std::nullopt;
}

}  // namespace cenote::domainset
