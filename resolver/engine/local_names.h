// SPDX-License-Identifier: Apache-2.0
//
// Names answered here and never asked upstream: `[[local]]` records, special-use names (RFC 6761, 7686, 8375, 6303,
// 9462), and the canaries by which browsers and devices ask whether this resolver minds being bypassed.
//
// Threads:  built once, then read by any thread; find() is data plane.
// Memory:   one hash table over all names.
// Failure:  a record that does not parse is reported by whoever reads the configuration.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::engine {

struct LocalRecord {
    wire::Name name;
    wire::RrType type{};
    std::uint32_t ttl_s = 300;
    std::vector<std::uint8_t> rdata;

    friend bool operator==(const LocalRecord&, const LocalRecord&) noexcept = default;
};

/// What to answer for a name that is ours.
enum class LocalKind : std::uint8_t {
    None,        // not a name of ours
    Records,     // `[[local]]`: the records of the type, or NODATA
    Nxdomain,    // special-use: nothing is there
    Nodata,      // special-use: it exists, empty
    EmptyZone,   // a locally served zone (RFC 6303 §3): find() gives Nodata at its apex, Nxdomain below
    Chaos,       // class CH: what this server says of itself (RFC 4892)
    MinimalAny,  // type ANY (RFC 8482 §4.2)
    Loopback,    // localhost (RFC 6761 §6.3)
    Canary,      // use-application-dns.net and Private Relay: NXDOMAIN, whatever the policy says of them
};

struct LocalAnswer {
    LocalKind kind = LocalKind::None;
    std::uint8_t zone_labels = 0;          // of the zone that is ours, for the SOA's owner
    std::span<const LocalRecord> records;  // all of the name; of Records only
};

class LocalNames {
public:
    LocalNames() = default;
    /// `routed`: zones of conditional forwarding, which win over the built-in empty zones they lie in or above.
    LocalNames(std::vector<LocalRecord> records, const std::vector<wire::Name>& routed);

    [[nodiscard]] LocalAnswer find(const wire::Name& name) const noexcept;

private:
    struct Entry {
        wire::Name name;
        LocalKind kind = LocalKind::None;  // None: a routed zone
        std::uint32_t first_record = 0;
        std::uint32_t record_count = 0;
    };
    void build_table();

    std::vector<LocalRecord> records_;  // sorted by name
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> table_;  // open addressing over entries_, index + 1
};

}  // namespace cenote::engine
