// SPDX-License-Identifier: Apache-2.0
//
// cenote.toml, directives.d/*.toml and texts.d/*.toml, read into the options of the modules below. Control plane.
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
#include "resolver/engine/discovery.h"
#include "resolver/engine/snapshot.h"
#include "resolver/history/options.h"
#include "resolver/loop/tls_server.h"
#include "resolver/policy/options.h"
#include "resolver/rules/options.h"
#include "resolver/rules/rules.h"
#include "resolver/server/options.h"
#include "resolver/sinks/options.h"
#include "resolver/state/state.h"
#include "resolver/transfer/options.h"
#include "resolver/upstream/options.h"
#include "resolver/wire/cookie.h"

namespace cenote::config {

struct ListSettings {
    std::string id;
    std::string source;
    std::string format = "auto";
    seconds max_age{7 * 86400};  // 0: never stale
    std::string key;             // minisign public key; empty: signatures are not checked
    SourcePlace place;
};

/// Certificates that clients are asked for.
struct TlsClientSettings {
    Path authorities;  // that issue them, in PEM; empty: none are asked for
    Path revoked;      // lists of revoked ones, in PEM; empty: none is looked at
    loop::ClientCertificates asked = loop::ClientCertificates::Optional;

    friend bool operator==(const TlsClientSettings&, const TlsClientSettings&) = default;
};

/// [server.tls]: the certificate of the TLS listeners, those of their clients, and what the resolver announces of
/// itself.
struct TlsSettings {
    std::string name;  // of the resolver, as clients check it; empty: none is given
    Path certificate;  // with the chain behind it, in PEM; empty: no TLS
    Path key;
    TlsClientSettings clients{};
    std::string info_url;  // of a page about the resolver (RFC 9606 §5); empty: none

    friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

/// One place of [web].listen.
struct WebListen {
    std::string text;         // "127.0.0.1:8053", "unix:/run/cenote-web/web.sock"
    bool is_address = false;  // else a unix socket
    bool tls = false;         // everywhere but on loopback and unix sockets
    bool any_port = false;    // port 0

    friend bool operator==(const WebListen&, const WebListen&) = default;
};

/// [web]: for cenote-web, which asks the daemon for it. The daemon itself does not listen there.
struct WebSettings {
    std::vector<WebListen> listen;  // empty: there is no page
    Path certificate;               // with the chain behind it, in PEM
    Path key;
    std::vector<std::string> hosts;  // names in `Host` beside those of the node and of the addresses
    std::string proxy_user;          // the user of a proxy on a unix socket,
    std::string user_header;         // whose header names the user of the page
    bool metrics = false;            // /metrics needs no sign-in beyond loopback either
};

/// Files of a configuration with their texts.
using ConfigurationFiles = std::vector<state::ConfigurationFile>;

/// Every key of the file as a typed value; a key that is left out has its default (docs/CONFIG.md).
struct Settings {
    Path file;
    std::string node;
    std::string timezone;  // default of every directive
    Path state;
    engine::WithoutSet without_set = engine::WithoutSet::ServFail;
    std::vector<Prefix> allow_from;
    Path set;  // empty: the configuration has no lists and no catalogue
    std::vector<Path> services;
    std::vector<wire::Name> protect;
    Path notify_command;  // gets what needs attention; empty: none
    Path popular;         // a file of popular names; empty: none
    std::vector<ListSettings> lists;
    std::vector<engine::LocalRecord> local;
    server::Options server;
    std::uint32_t rate = 0;                          // queries a second of each client; 0: no limit
    bool cookies = true;                             // whether cookies of clients are answered
    bool require_cookies = false;                    // of clients that ask over UDP
    std::vector<wire::CookieSecret> cookie_secrets;  // of the file; empty: the daemon makes one
    TlsSettings tls;
    control::Options control;
    cache::Options cache;
    upstream::Options upstream;
    transfer::Options transfer;
    rules::ExceptionLimits exceptions;
    sinks::PrivacyOptions privacy;
    history::Options history;
    sinks::LogOptions log;
    std::vector<sinks::ExportOptions> exports;  // [[log.export]]
    sinks::DnstapOptions dnstap;
    WebSettings web;
    std::vector<Diagnostic> unread;  // files that this user must not read, and the daemon has to
    std::shared_ptr<const policy::Options> policy;
    std::shared_ptr<const ConfigurationFiles>
        files;  // what all this was read from; files with secrets are not among it
};

/// Reads `file`, and `directives.d` and `texts.d` beside it. Mistakes that only the set reveals, such as an unknown
/// service, are found by policy::Policy::check with Settings::policy.
std::optional<Settings> load(const Path& file, Diagnostics& diagnostics);

/// Whether the file can be run as the command of [notify]; the Error follows its name in a sentence.
Status check_command(const Path& command);

/// The configuration of files that were stored, where the present ones have mistakes: all of it but for [server], which
/// is that of the present `file`.
std::optional<Settings> load_stored(const Path& file, ConfigurationFiles stored, Diagnostics& diagnostics);

/// [server].state, also when other tables of the file are wrong. The Error has a line for each mistake in [server].
Result<Path> state_path_of(const Path& file);

/// The policy that rules made at the command line are added to.
rules::FilePolicy file_policy(const Settings& settings);

/// The set that targets are checked against: the set in use or the previous one, otherwise one that is compiled from
/// the catalogue; null without any.
std::shared_ptr<const domainset::DomainSet> set_for_check(const Settings& settings);

/// The path of the control socket, also when the rest of the file is wrong.
Path control_socket_of(const Path& file);

/// What the lists and the catalogue are compiled from, for a set built at `built_at`. Of a list with a URL it is the
/// last good copy.
blocklists::Manifest manifest_of(const Settings& settings, WallTime built_at);
/// The names that this resolver answers itself, and those that are never sinkholed. `discovery`: what it
/// announces of itself.
[[nodiscard]] engine::LocalNames local_names(const Settings& settings, const engine::Discovery& discovery);
/// What the resolver announces of itself, with the listeners that it has.
[[nodiscard]] engine::Discovery discovery_of(const Settings& settings, const engine::Listeners& listeners);
/// The encrypted ones among the endpoints, and the addresses for datagrams. Those behind a proxy are left out.
[[nodiscard]] engine::Listeners listeners_of(const std::vector<server::Endpoint>& endpoints);
[[nodiscard]] bool is_url(const ListSettings& list);
[[nodiscard]] bool is_zone(const ListSettings& list);  // a secondary zone

}  // namespace cenote::config
