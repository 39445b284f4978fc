// SPDX-License-Identifier: Apache-2.0
//
// The catalogue of AI services, read from folders of TOML files (blocklists/services/README.md has the format).
//
// A service whose id occurs in a later folder again is extended: arrays are appended to, single values are replaced, a
// domain that exists already takes the role and strictness of the later file.
//
// Threads:  control plane.
// Memory:   a few hundred kilobytes.
// Failure:  every mistake goes into the Diagnostics with its place; its entry is left out.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/diagnostics.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/wire/name.h"

namespace cenote::blocklists {

/// The newest evidence of a row or of an entry.
struct Sighting {
    std::optional<std::chrono::sys_days> day;  // of the revision; nullopt: not known
    std::string source;                        // as in the evidence of the service
    std::string revision;                      // empty: the source has none
};

struct ServiceDomain {
    wire::Name name;
    domainset::Role role = domainset::Role::Web;
    bool strict = false;
    SourcePlace place;
    std::optional<Sighting> seen = std::nullopt;  // nullopt: that of the service
};

struct Service {
    std::string id;
    std::string name;
    std::string vendor;
    std::string jurisdiction;
    std::vector<std::string> aliases;
    std::vector<std::string> categories;
    bool by_default = true;
    std::vector<ServiceDomain> domains;
    std::vector<wire::Name> shared;  // never sinkholed
    std::string note;
    std::optional<std::chrono::sys_days> checked;  // day of the last verification of the facts
    std::optional<Sighting> seen;                  // nullopt: none
    bool watched = false;                          // among the most used: its facts are looked at more often
    std::vector<std::string> evidence;             // sources of the facts
    Sha256Digest digest{};                         // of the files that define or extend it
    SourcePlace place;
};

/// A name that may not be sinkholed, and the part of the catalogue that lists it.
struct SharedName {
    wire::Name name;
    std::string whose;  // "service 'openai'", "the list of shared infrastructure"
    std::string use;    // "sign-in"; empty: not said
};

struct Catalogue {
    std::vector<Service> services;
    std::vector<SharedName> shared;  // of all services, and of shared_infrastructure.txt beside a folder
};

[[nodiscard]] Catalogue load_catalogue(std::span<const Path> folders, Diagnostics& diagnostics);

}  // namespace cenote::blocklists
