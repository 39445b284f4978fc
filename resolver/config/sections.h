// SPDX-License-Identifier: Apache-2.0
//
// The sections of cenote.toml, one reader each; those of the policy are read by rules/policy_tables.h. Private to
// config.
//
// Threads: one.   Memory: the draft.
// Failure: every mistake goes into Draft::diagnostics, and reading goes on.
#pragma once

#include <string>
#include <string_view>

#include "resolver/config/config.h"
#include "resolver/config/source_files.h"
#include "resolver/rules/policy_tables.h"

namespace cenote::config {

/// The defaults that come from this host.
struct HostInfo {
    std::string host_name;
    Path resolv_conf;

    static HostInfo of_this_host();
};

/// Settings while they are being read.
struct Draft : rules::PolicyDraft {
    Draft(const HostInfo& of_host, Diagnostics& found) : PolicyDraft(found), host_info(of_host) {}

    Settings settings;
    Path folder;  // of cenote.toml
    SourceFiles files;
    bool has_history_file = false;  // [history].file is given, also as ""
    const HostInfo& host_info;
    std::vector<TomlText> listen;    // as written, of both keys
    std::vector<TomlText> key_uses;  // references to [[tsig]] keys, which may be defined later in the file
};

void read_server(const TomlTable& root, Draft& draft);      // [server]
void read_tokens(Draft& draft);                             // the files of [[group]].tokens
void read_limits(const TomlTable& root, Draft& draft);      // [limits]
void read_cookies(const TomlTable& limits, Draft& draft);   // cookies of [limits]
void read_control(const TomlTable& root, Draft& draft);     // [control]
void read_upstream(const TomlTable& root, Draft& draft);    // [upstream], [[upstream.route]]
void read_cache(const TomlTable& root, Draft& draft);       // [cache]
void read_local(const TomlTable& root, Draft& draft);       // [[local]]
void read_blocklist(const TomlTable& root, Draft& draft);   // [blocklist], [[list]]
void read_transfer(const TomlTable& root, Draft& draft);    // [[tsig]], [[serve_rpz]]
void read_privacy(const TomlTable& root, Draft& draft);     // [privacy]
void read_history(const TomlTable& root, Draft& draft);     // [history]
void read_log(const TomlTable& root, Draft& draft);         // [log]
void read_exports(const TomlTable& root, Draft& draft);     // [[log.export]]; after read_log()
void read_dnstap(const TomlTable& root, Draft& draft);      // [dnstap]
void read_web(const TomlTable& root, Draft& draft);         // [web]
void read_exceptions(const TomlTable& root, Draft& draft);  // [exceptions]
void read_notify(const TomlTable& root, Draft& draft);      // [notify]
void read_texts(const TomlTable& root, Draft& draft);       // [[texts]], in texts.d

/// Checks that need all sections: clients that would be refused, lists without use.
void check_together(Draft& draft);
/// Groups of identities that no client can have.
void check_identities(const Draft& draft);

/// Reads one text as cenote.toml, without directives.d.
std::optional<Settings> load_text(std::string_view text, const Path& file, const HostInfo& host_info,
                                  Diagnostics& diagnostics);

}  // namespace cenote::config
