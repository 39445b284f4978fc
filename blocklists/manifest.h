// SPDX-License-Identifier: Apache-2.0
//
// What a set is compiled from. `config` fills it.
//
// Threads:  a plain value.   Memory: its texts.   Failure: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "blocklists/acceptance_limits.h"
#include "blocklists/dialects.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/domainset/address_guard.h"
#include "resolver/wire/name.h"

namespace cenote::blocklists {

/// What is known of the source of a list since its last complete download.
struct ListOrigin {
    std::string url;
    std::string key;   // minisign public key it was checked with; empty: unsigned
    std::string etag;  // validators of the response (RFC 9110 §8.8); empty: none
    std::string last_modified;
    std::int64_t fetched_at = 0;  // in seconds since 1970
};

struct Manifest {
    struct List {
        std::string id;
        Path path;
        Format format = Format::Auto;
        Path last_good;                      // the copy that serves when `path` cannot; empty: there is none
        std::string key{};                   // minisign public key; empty: unsigned
        Path signature{};                    // with a key: the .minisig file
        std::string failed{};                // why there is nothing at `path`: it could not be fetched; empty: there is
        std::int64_t signed_since = 0;       // with a key: of the last good copy's signature; 0: unknown
        std::string url{};                   // where what is at `path` was fetched from; empty: it is the list itself
        std::optional<ListOrigin> origin{};  // of a new download, kept when its text is taken
        bool unmodified = false;             // the source has confirmed the last good copy, which is at `path`

        /// Where the list is for a reader of messages, to whom a temporary copy says nothing.
        [[nodiscard]] std::string from() const { return url.empty() ? path.string() : url; }
    };

    std::vector<Path> services;  // folders of the catalogue; a later one extends services of an earlier one
    Path services_last_good;     // a domains list of the names the catalogue had that was taken last; empty: none
    std::vector<List> lists;
    std::vector<wire::Name> protect;                   // never sinkholed, nor anything below
    std::vector<wire::Name> route_zones;               // likewise: they have servers of their own
    std::vector<wire::Name> local_names;               // answered here; names below them are free
    std::vector<domainset::GuardedAddress> addresses;  // never sinkholed by a rule over addresses
    Path popular;  // names that people ask for, most popular first; empty: popular_names are
    std::vector<wire::Name> popular_names;
    bool force = false;  // take what may not be sinkholed all the same
    WallTime built_at{};
    std::uint64_t seed = 0;  // of the set's hashes: a secret from the authors of lists
    ListLimits limits;
    AcceptanceLimits acceptance;
};

}  // namespace cenote::blocklists
