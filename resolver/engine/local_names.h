// SPDX-License-Identifier: Apache-2.0
//
// Names that are answered here and not sent upstream: `[[local]]` records, special-use names (RFC 6761, 7686, 8375,
// 6303, 9462), and the canary names by which browsers and devices ask whether they may bypass this resolver. Also the
// trusted names, at which the check of what an answer reveals ends: protected, routed and local ones.
//
// A local name `*.corp.example.com` is a wildcard (RFC 4592): it answers names below corp.example.com, unless QNAME has
// a closer encloser here than corp.example.com (a local record, an empty non-terminal above one, a routed
// zone, a special-use name). A query that is not answered here goes upstream.
//
// Threads:  built once, then read by any thread; find() is data plane.
// Memory:   one hash table over all names.
// Failure:  none; records are parsed and checked where the configuration is read.
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

/// How to answer a name that is local.
enum class LocalKind : std::uint8_t {
    None,          // not a local name
    Records,       // `[[local]]`: the records of the type, or NODATA
    Nxdomain,      // special-use: does not exist
    Nodata,        // special-use: exists without records
    EmptyZone,     // a locally served zone (RFC 6303 §3): find() gives Nodata at its apex, Nxdomain below
    Chaos,         // class CH: identity and version of this server (RFC 4892)
    MinimalAny,    // type ANY (RFC 8482 §4.2)
    Loopback,      // localhost (RFC 6761 §6.3)
    Canary,        // use-application-dns.net and Private Relay: NXDOMAIN, whatever the policy
    Designation,   // _dns.resolver.arpa (RFC 9462 §4): the encrypted listeners, or NODATA
    ResolverInfo,  // type RESINFO (RFC 9606) of resolver.arpa and of the resolver's own name; not from find()
};

struct LocalAnswer {
    LocalKind kind = LocalKind::None;
    std::uint8_t zone_labels = 0;          // labels of the local zone, the owner of the SOA
    std::span<const LocalRecord> records;  // with Records: all of the name, or of the wildcard that matches it
    bool trusted = false;                  // protected, routed or local: the links of its answer are not judged
};

/// Zones whose names are trusted (LocalAnswer::trusted), themselves and all below.
struct TrustedZones {
    std::vector<wire::Name> routed;  // conditional forwarding: takes precedence over empty zones above and below
    std::vector<wire::Name> protect;
};

class LocalNames {
public:
    LocalNames() = default;
    LocalNames(std::vector<LocalRecord> records, const TrustedZones& zones);

    [[nodiscard]] LocalAnswer find(const wire::Name& name) const noexcept;
    /// Changes with the trusted and local names, on which the links of cached answers depend.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

private:
    enum class Role : std::uint8_t { Builtin, Routed, Protect, Records, EmptyNonTerminal, WildcardParent };
    struct Entry {
        wire::Name name;
        Role role = Role::Builtin;
        LocalKind kind = LocalKind::None;  // with Builtin only
        std::uint32_t first_record = 0;    // with Records, and the wildcard below a WildcardParent
        std::uint32_t record_count = 0;
    };
    struct Walk;  // the state of find() on its way

    void add_builtins();
    void add_zones(const TrustedZones& zones);
    void add_records();
    void add_empty_non_terminals();
    void build_table();
    void meet(const Entry& entry, std::uint8_t labels, Walk& walk) const noexcept;
    [[nodiscard]] std::span<const LocalRecord> records_of(const Entry& entry) const noexcept {
        return std::span(records_).subspan(entry.first_record, entry.record_count);
    }

    std::vector<LocalRecord> records_;  // sorted by name
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> table_;  // open addressing over entries_, index + 1
    std::uint64_t generation_ = 0;
};

}  // namespace cenote::engine
