// SPDX-License-Identifier: Apache-2.0
//
// cenote.toml and directives.d/*.toml, read into the options of the modules below. Control plane.
//
// Threads: any, one call at a time.   Memory: the Settings.
// Failure: nullopt, and every mistake of meaning at once in `diagnostics`, each with its place (one syntax error a
// file).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blocklists/manifest.h"
#include "resolver/base/toml.h"
#include "resolver/cache/options.h"
#include "resolver/control/options.h"
#include "resolver/engine/snapshot.h"
#include "resolver/policy/options.h"
#include "resolver/rules/options.h"
#include "resolver/rules/rules.h"
#include "resolver/server/options.h"
#include "resolver/transfer/options.h"
#include "resolver/upstream/options.h"

namespace cenote::config {

struct ListSettings {
    std::string id;
    std::string source;
    std::string format = "auto";
    seconds max_age{7 * 86400};  // 0: never stale
    std::string key;             // minisign public key; empty: unsigned
    SourcePlace place;
};

/// Everything the file says, typed. What the file leaves out has the contract's default.
struct Settings {
    Path file;
    std::string node;
    std::string timezone;  // of every directive that names none
    Path state;
    engine::WithoutSet without_set = engine::WithoutSet::ServFail;
    std::vector<Prefix> allow_from;
    Path set;  // empty: there is nothing to compile, and none is expected
    std::vector<Path> services;
    std::vector<wire::Name> protect;
    Path popular;  // names that people ask for; empty: none are known
    std::vector<ListSettings> lists;
    std::vector<engine::LocalRecord> local;
    server::Options server;
    control::Options control;
    cache::Options cache;
    upstream::Options upstream;
    transfer::Options transfer;
    rules::ExceptionLimits exceptions;
    std::shared_ptr<const policy::Options> policy;
};

/// Reads `file` and the `directives.d` beside it. Mistakes that need the set to be seen (an unknown service) are for
/// policy::Policy::check with Settings::policy.
std::optional<Settings> load(const Path& file, Diagnostics& diagnostics);

/// What rules made at the command line are added to.
rules::FilePolicy file_policy(const Settings& settings);

/// What targets can be held against: the set or the one before it, else the catalogue as its files have it; null when
/// there is nothing of the kind.
std::shared_ptr<const domainset::DomainSet> set_for_check(const Settings& settings);

/// Where the control socket is, even when the rest of the file is wrong; the default where the file does not say.
Path control_socket_of(const Path& file);

/// What the lists and the catalogue are compiled from, for a set built at `built_at`. Of a list with a URL it is the
/// last good copy.
blocklists::Manifest manifest_of(const Settings& settings, WallTime built_at);
/// The names that are answered here, and those that are never sinkholed.
[[nodiscard]] engine::LocalNames local_names(const Settings& settings);
[[nodiscard]] bool is_url(const ListSettings& list);
[[nodiscard]] bool is_zone(const ListSettings& list);  // kept by transfer

}  // namespace cenote::config
