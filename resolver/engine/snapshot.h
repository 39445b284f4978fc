// SPDX-License-Identifier: Apache-2.0
//
// Everything that can change while running, as one immutable value: built apart, checked, published as a whole.
//
// Threads:  read by every worker; built on the control thread.
// Memory:   snapshots share their sets and policies.
// Failure:  none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/prefix_table.h"
#include "resolver/cache/options.h"
#include "resolver/engine/cell_keys.h"
#include "resolver/engine/discovery.h"
#include "resolver/engine/local_names.h"
#include "resolver/engine/rate_table.h"
#include "resolver/policy/policy.h"
#include "resolver/upstream/options.h"
#include "resolver/wire/cookie.h"

namespace cenote::engine {

enum class WithoutSet : std::uint8_t { ServFail, Forward };

/// Values of Snapshot::allow_from.
struct Access {
    static constexpr PrefixTable::Value kNone = 0;
    static constexpr PrefixTable::Value kFree = 1;     // may query
    static constexpr PrefixTable::Value kLimited = 2;  // may query within Snapshot::rate
};

/// What queries of a client with an identity are counted and shown under.
struct IdentifiedKeys {
    telemetry::Key group = telemetry::kKeyNone;
    telemetry::Key identity = telemetry::kKeyNone;
};

struct Snapshot {
    /// Null: no policy is in force yet, and every query gets SERVFAIL and EDE 14.
    std::shared_ptr<const policy::Policy> policy;
    WithoutSet without_set = WithoutSet::ServFail;  // how to answer while a base set is configured and missing
    bool set_missing = false;
    LocalNames local;
    Discovery discovery;
    PrefixTable allow_from;                    // values of Access
    std::shared_ptr<RateTable> rate;           // of [limits].rate, the same one in every snapshot; null: no limit
    std::vector<wire::CookieSecret> cookies;   // the first makes cookies (RFC 9018); none: they are not answered
    bool cookies_required = false;             // over UDP no query is answered without a valid one; needs `cookies`
    std::string node;                          // id.server (RFC 4892)
    std::string nsid;                          // RFC 5001: node and policy version
    std::string version_text;                  // version.bind
    std::string policy_text;                   // policy.cenote: version and digests
    Ticks next_edge = Ticks::max();            // when a verdict changes next: no TTL lasts longer
    std::vector<CellKeys> cell_keys;           // what queries are counted under, by number of the cell
    std::vector<telemetry::RoleNumber> roles;  // by source set of the base set
    std::vector<telemetry::Key> group_keys;    // by client class, of classes by address
    std::vector<IdentifiedKeys> identified;    // by client class, of those behind them
    std::vector<wire::Name> zones;             // zones that are transferred: queries about them are handed over
    PrefixTable zone_peers;                    // value 1: may query `zones` and send NOTIFY
    upstream::Options upstream;
    cache::Options cache;
};

}  // namespace cenote::engine
