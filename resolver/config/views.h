// SPDX-License-Identifier: Apache-2.0
//
// What people are shown of policy and sets, as the JSON of the contract: one shape, whether the daemon tells it over
// the control socket or the tool reads it from files.
//
// Threads:  pure, but for lists_json(), which looks at files.
// Time:     an argument.
// Failure:  none: what is not known is null.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blocklists/catalogue.h"
#include "resolver/config/config.h"
#include "resolver/control/protocol.h"
#include "resolver/engine/snapshot.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/exception_document.h"

namespace cenote::config {

using control::Json;

struct ExplainAsk {
    wire::Name name;
    std::string note;  // what was taken off the name as it was typed; empty: nothing
    IpAddress client = IpAddress::v4({127, 0, 0, 1});
    wire::RrType type = wire::RrType::A;
    /// [server].allow_from, when the client was named; nullopt: whether it may ask is not looked at.
    std::optional<std::vector<Prefix>> allow_from;
};

/// One object: the verdict and every step to it.
Json explain_json(const policy::Policy& policy, const engine::LocalNames& local, const ExplainAsk& ask);

/// Arrays of objects with `id`.
Json services_json(const domainset::DomainSet& set);
Json services_json(const blocklists::Catalogue& catalogue);
Json lists_json(const Settings& settings, const domainset::DomainSet* set, WallTime now);
/// `clients_seen` and `last_seen` are null: only the daemon knows.
Json groups_json(const policy::Options& options);
/// `step_now` and `now_because` tell what holds at `now`, for which the policy was built.
Json directives_json(const policy::Policy& policy, WallTime now);

Json exception_json(const rules::ExceptionDocument& document, const state::Use& use);

/// What one or two clients ask for is theirs.
inline constexpr std::uint64_t kPopularClientsMin = 3;

/// What the daemon is asked for the names that people here ask for, and those of its answer that count as popular: what
/// a changed list is judged by where no file says it.
control::Request popular_names_request();
std::vector<wire::Name> popular_names(const Json& top_names);

/// "2026-12-31T14:59:59Z", or null.
Json time_json(const std::optional<WallTime>& time);

}  // namespace cenote::config
