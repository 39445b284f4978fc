// SPDX-License-Identifier: Apache-2.0
//
// Why a name of the catalogue stays open: the field `standing` of `cenote explain`, which a name outside the catalogue
// does not have.
//
// Threads: pure.   Memory: the answer.   Failure: none; a name without a standing gives null.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "blocklists/catalogue.h"
#include "resolver/report/values.h"
#include "resolver/wire/name.h"

namespace cenote::report {

enum class StandingKind : std::uint8_t {
    Shared,        // a shared name: no rule sinkholes it
    BelowShared,   // below one, and in no service
    Strict,        // a strict entry of a service
    OffByDefault,  // an entry of a service that wildcards leave out
    Protected,     // in [blocklist].protect, local or routed
};

struct Standing {
    StandingKind kind = StandingKind::Shared;
    std::string name;                   // the shared name, or the name in question
    std::vector<std::string> services;  // that share it, or whose entry it is
    std::string use;                    // "sign-in"; empty: not said
};

/// What a set says about a name; nullopt: nothing keeps it open.
[[nodiscard]] std::optional<Standing> find_standing(const domainset::DomainSet& set, const wire::Name& name);
/// The same for shared names alone, by the catalogue's files, which also have the shared infrastructure and its use.
[[nodiscard]] std::optional<Standing> find_standing(const blocklists::Catalogue& catalogue, const wire::Name& name);

/// Why, in words: "standing.KIND".
[[nodiscard]] std::span<const Phrase> standing_phrases() noexcept;
[[nodiscard]] Sentence sentence_of(const Standing& standing);

/// An object with `kind`, `name`, `services` and `text`, a sentence for people; null for nullopt.
[[nodiscard]] Json standing_json(const std::optional<Standing>& standing);

}  // namespace cenote::report
