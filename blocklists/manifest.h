// SPDX-License-Identifier: Apache-2.0
//
// The input of a compilation. `config` fills it.
//
// Threads:  a plain value.   Memory: its strings.   Failure: none.
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
        Path last_good;                      // the copy that is used when `path` fails; empty: there is none
        std::string key{};                   // minisign public key; empty: unsigned
        Path signature{};                    // with a key: the .minisig file
        std::string failed{};                // why there is no text at `path`; empty: there is one
        std::int64_t signed_since = 0;       // with a key: time of the last good copy's signature; 0: unknown
        std::string url{};                   // source of the text at `path`; empty: `path` is the source
        std::optional<ListOrigin> origin{};  // of a new download, kept when its text is taken
        bool copy_damaged = false;           // there is a last good copy, and it cannot be used
        bool unmodified = false;             // the source has confirmed the last good copy, which is at `path`

        /// The source of the list for messages, instead of the path of a temporary copy.
        [[nodiscard]] std::string from() const { return url.empty() ? path.string() : url; }
    };

    std::vector<Path> services;  // folders of the catalogue; a later one extends services of an earlier one
    Path services_last_good;     // names of the catalogue that was taken last, as a domains list; empty: none
    std::vector<List> lists;
    std::vector<wire::Name> protect;                   // never sinkholed, nor names below them
    std::vector<wire::Name> route_zones;               // likewise: they have upstream servers of their own
    std::vector<wire::Name> local_names;               // answered locally; names below them may be sinkholed
    std::vector<domainset::GuardedAddress> addresses;  // never sinkholed by a rule over addresses
    Path popular;  // file of queried names, most popular first; empty: popular_names is used
    std::vector<wire::Name> popular_names;
    bool force = false;  // accept everything
    WallTime built_at{};
    std::uint64_t seed = 0;  // of the set's hashes: the authors of lists must not know it
    ListLimits limits;
    AcceptanceLimits acceptance;
};

}  // namespace cenote::blocklists
