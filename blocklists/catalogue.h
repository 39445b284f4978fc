// SPDX-License-Identifier: Apache-2.0
//
// The catalogue of AI services, read from folders of TOML files (blocklists/services/README.md has the format).
//
// A service id that a later folder names again is extended: lists of texts grow, single values are replaced, a domain
// that is there already takes the role and strictness of the later file.
//
// Threads:  control plane.
// Memory:   a few hundred kilobytes.
// Failure:  every mistake goes into the Diagnostics with its place; what is wrong is left out.
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

struct ServiceDomain {
    wire::Name name;
    domainset::Role role = domainset::Role::Web;
    bool strict = false;
    SourcePlace place;
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
    std::optional<std::chrono::sys_days> checked;  // when somebody last looked whether this is still so
    std::vector<std::string> evidence;             // what it rests on
    Sha256Digest digest{};                         // of the files that speak of it
    SourcePlace place;
};

/// A name that may not be sinkholed, and whose word that is.
struct SharedName {
    wire::Name name;
    std::string whose;  // "service 'openai'", "the list of shared infrastructure"
};

struct Catalogue {
    std::vector<Service> services;
    std::vector<SharedName> shared;  // of all services, and of shared_infrastructure.txt beside a folder
};

[[nodiscard]] Catalogue load_catalogue(std::span<const Path> folders, Diagnostics& diagnostics);

}  // namespace cenote::blocklists
