// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "resolver/config/guarded_addresses.h"
#include "resolver/config/sections.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/address_check.h"

namespace cenote::config {
namespace {

constexpr std::string_view kDirectivesFolder = "directives.d";
// The keys of cenote.toml that are not allowed in directives.d.
constexpr std::array<std::string_view, 14> kMainOnly{"server",    "limits", "control",    "sinkhole", "upstream",
                                                     "cache",     "local",  "blocklist",  "list",     "tsig",
                                                     "serve_rpz", "group",  "exceptions", "notify"};

/// The defaults of keys that the file leaves out.
void set_defaults(Draft& draft) {
    auto& settings = draft.settings;
    settings.node = draft.host_info.host_name;
    settings.state = "/var/lib/cenote/state.db";
    for (const char* listen : {"127.0.0.1:53", "[::1]:53"})
        server::add_udp_and_tcp(settings.server.listen, *SocketAddress::parse(listen, 53));
    for (const char* prefix :
         {"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10"})
        settings.allow_from.push_back(*Prefix::parse(prefix));
    for (const char* server : {"9.9.9.9:53", "149.112.112.112:53"})
        settings.upstream.servers.push_back({*SocketAddress::parse(server, 53), {}});
}

void read_main(const TomlFile& file, Draft& draft) {
    const TomlTable root = file.root();
    rules::read_sinkhole(root, draft);
    rules::read_groups(root, draft);
    for (const auto read : {read_server, read_limits, read_control, read_upstream, read_cache, read_local,
                            read_blocklist, read_transfer, read_exceptions, read_notify})
        read(root, draft);
    rules::read_directives(root, draft);
    file.finish();
}

void read_beside(const Path& path, Draft& draft) {
    const auto file = TomlFile::load(path, draft.diagnostics);
    if (!file) return;
    const TomlTable root = file->root();
    for (const auto key : kMainOnly)
        if (root.has(key))
            root.error(key, fmt::format("only [[directive]] and [[allow]] are read from {}; move '{}' to cenote.toml",
                                        kDirectivesFolder, key));
    rules::read_directives(root, draft);
    file->finish();
}

/// `directives.d/*.toml` in the order of their names.
void read_directives_folder(Draft& draft) {
    const Path folder = draft.folder / kDirectivesFolder;
    std::error_code error;
    std::set<Path> files;
    for (auto entry = std::filesystem::directory_iterator(folder, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        if (const Path& path = entry->path(); path.extension() == ".toml" && path.filename().native().front() != '.')
            files.insert(path);
    if (error && error != std::errc::no_such_file_or_directory)
        draft.diagnostics.error({folder.string(), 0, 0}, fmt::format("cannot read this folder: {}", error.message()));
    for (const auto& path : files) read_beside(path, draft);
}

bool same_place(const SourcePlace& a, const SourcePlace& b) { return a.file == b.file && a.line == b.line; }

/// Adds semantic mistakes to syntactic ones, so that all are shown at once. Without syntactic ones the caller, which
/// has the set, runs the same check (Policy::check).
void add_semantic_mistakes(Draft& draft) {
    Diagnostics found;
    policy::Policy::check(draft.policy, set_for_check(draft.settings).get(), found);
    // A table that was read in part has an error already.
    auto broken = draft.broken;
    for (const auto& known : draft.diagnostics.all())
        if (known.severity == Diagnostic::Severity::Error) broken.push_back(known.place);
    for (const auto& one : found.all()) {
        const bool again = std::any_of(broken.begin(), broken.end(),
                                       [&one](const SourcePlace& place) { return same_place(place, one.place); });
        if (one.severity == Diagnostic::Severity::Error && !one.place.file.empty() && !again)
            draft.diagnostics.error(one.place, one.text);
    }
}

/// Copies in the order of the files, and in a file from top to bottom.
void copy_sorted(const Diagnostics& found, Diagnostics& out) {
    std::map<std::string, std::size_t, std::less<>> file_order;
    for (const auto& one : found.all()) file_order.try_emplace(one.place.file, file_order.size());
    auto all = found.all();
    std::stable_sort(all.begin(), all.end(), [&file_order](const Diagnostic& a, const Diagnostic& b) {
        return std::tuple(file_order.at(a.place.file), a.place.line, a.place.column) <
               std::tuple(file_order.at(b.place.file), b.place.line, b.place.column);
    });
    for (auto& one : all) out.add(std::move(one));
}

std::optional<Settings> finish(Draft& draft) {
    check_together(draft);
    rules::check_addresses(draft.policy.directives, guarded_addresses(draft.settings), draft.diagnostics);
    if (draft.diagnostics.has_errors()) {
        add_semantic_mistakes(draft);
        return std::nullopt;
    }
    draft.policy.node = draft.settings.node;
    draft.settings.control.published_in = draft.settings.set.parent_path();
    draft.settings.timezone = draft.timezone;
    draft.settings.policy = std::make_shared<const policy::Options>(std::move(draft.policy));
    return std::move(draft.settings);
}

Draft make_draft(const Path& file, const HostInfo& host_info, Diagnostics& diagnostics) {
    Draft draft(host_info, diagnostics);
    draft.settings.file = file;
    draft.folder = file.parent_path();
    set_defaults(draft);
    return draft;
}

}  // namespace

std::optional<Settings> load(const Path& file, Diagnostics& diagnostics) {
    Diagnostics found;
    const auto host_info = HostInfo::of_this_host();
    Draft draft = make_draft(file, host_info, found);
    if (const auto main = TomlFile::load(file, found)) read_main(*main, draft);
    read_directives_folder(draft);
    auto settings = finish(draft);
    copy_sorted(found, diagnostics);
    return settings;
}

std::optional<Settings> load_text(std::string_view text, const Path& file, const HostInfo& host_info,
                                  Diagnostics& diagnostics) {
    Diagnostics found;
    Draft draft = make_draft(file, host_info, found);
    if (const auto main = TomlFile::parse(text, file.string(), found)) read_main(*main, draft);
    auto settings = finish(draft);
    copy_sorted(found, diagnostics);
    return settings;
}

rules::FilePolicy file_policy(const Settings& settings) {
    return {settings.policy, settings.timezone, guarded_addresses(settings)};
}

Path control_socket_of(const Path& file) {
    Diagnostics ignored;
    const auto host_info = HostInfo::of_this_host();
    Draft draft = make_draft(file, host_info, ignored);
    if (const auto main = TomlFile::load(file, ignored)) read_control(main->root(), draft);
    return draft.settings.control.socket;
}

HostInfo HostInfo::of_this_host() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    const bool usable = wire::Name::parse(name.data()).has_value();
    return {.host_name = usable ? name.data() : "cenote", .resolv_conf = "/etc/resolv.conf"};
}

void check_together(Draft& draft) {
    const auto& allowed = draft.settings.allow_from;
    for (const auto& group : draft.policy.groups) {
        for (const auto& clients : group.clients) {
            const bool covered = std::any_of(allowed.begin(), allowed.end(),
                                             [&clients](const Prefix& prefix) { return prefix.contains(clients); });
            if (!covered)
                draft.diagnostics.warning(group.place, fmt::format("group '{}': server.allow_from refuses clients of "
                                                                   "{}; add that prefix there",
                                                                   group.id, clients.to_string()));
        }
    }
}

}  // namespace cenote::config
