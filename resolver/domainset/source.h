// SPDX-License-Identifier: Apache-2.0
//
// What a set is compiled from: sources (services of the catalogue, lists, names of a policy), and the tags that stand
// for them in the set.
//
// Threads:  plain values.
// Memory:   a source owns its texts.
// Failure:  parsing gives nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/digest.h"

namespace cenote::domainset {

enum class SourceKind : std::uint8_t { Service = 0, List = 1, Names = 2 };  // Names: domains that a policy names itself
enum class Role : std::uint8_t { Web = 0, App, Api, Sdk, Cdn, Login, Telemetry };
inline constexpr std::size_t kRoleCount = 7;
/// What an entry covers: the name; the name and all names below it; only the names below it.
enum class MatchKind : std::uint8_t { Exact, Suffix, Below };

/// A service or list, as the set describes it.
struct Source {
    SourceKind kind = SourceKind::List;
    bool by_default = true;     // false: a strict service, which wildcard targets leave out
    std::uint32_t entries = 0;  // names and addresses that it contributed
    Sha256Digest digest{};      // SHA-256 of the text that it was compiled from
    std::string id;
    std::string name;
    std::string vendor;
    std::string jurisdiction;  // ISO 3166-1 alpha-2
    std::string format;        // list only: the dialect, as detected
    std::vector<std::string> aliases;
    std::vector<std::string> categories;
    std::vector<std::string> shared_names;  // never sinkholed
    std::string note;
};

/// A source in one role.
struct Tag {
    std::uint32_t source = 0;  // index into DomainSet::sources()
    Role role = Role::Web;
    bool strict = false;  // a strict name of a service

    friend auto operator<=>(const Tag&, const Tag&) noexcept = default;
};

[[nodiscard]] std::string_view role_to_text(Role role) noexcept;
[[nodiscard]] std::optional<Role> parse_role(std::string_view text) noexcept;

}  // namespace cenote::domainset
