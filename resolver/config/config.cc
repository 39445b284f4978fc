// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "resolver/config/guarded_addresses.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/address_check.h"

namespace cenote::config {
namespace {

constexpr std::size_t kFileMax = 16U << 20;
constexpr std::string_view kDirectivesFolder = "directives.d";
constexpr std::string_view kTextsFolder = "texts.d";
// The keys of cenote.toml that are not allowed in directives.d.
constexpr std::array<std::string_view, 19> kMainOnly{
    "server",    "limits", "control",    "sinkhole", "upstream", "cache",   "local", "blocklist", "list", "tsig",
    "serve_rpz", "group",  "exceptions", "notify",   "privacy",  "history", "log",   "dnstap",    "web"};

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

/// Everything of cenote.toml but [server].
void read_main(const TomlTable& root, Draft& draft) {
    rules::read_sinkhole(root, draft);
    rules::read_groups(root, draft);
    read_tokens(draft);
    for (const auto read :
         {read_limits, read_control, read_upstream, read_cache, read_local, read_blocklist, read_transfer,
          read_exceptions, read_notify, read_privacy, read_history, read_log, read_exports, read_dnstap, read_web})
        read(root, draft);
    rules::read_directives(root, draft);
}

/// The file, as the draft's SourceFiles have it.
std::optional<TomlFile> open_file(const Path& path, Draft& draft) {
    const auto text = draft.files.read(path, kFileMax);
    if (text) return TomlFile::parse(*text, draft.files.shown_name(path), draft.diagnostics);
    draft.diagnostics.error({path.string(), 0, 0}, text.error().text);
    return std::nullopt;
}

void read_directives_file(const TomlTable& root, Draft& draft) {
    for (const auto key : kMainOnly)
        if (root.has(key))
            root.error(key, fmt::format("only [[directive]] and [[allow]] are read from {}; move '{}' to cenote.toml",
                                        kDirectivesFolder, key));
    rules::read_directives(root, draft);
}

/// The `*.toml` of a folder beside cenote.toml, in the order of their names.
void read_folder(std::string_view name, Draft& draft, void (*read)(const TomlTable& root, Draft& draft)) {
    const Path folder = draft.folder / name;
    const auto files = draft.files.toml_files_in(folder);
    if (!files) return draft.diagnostics.error({folder.string(), 0, 0}, files.error().text);
    for (const Path& path : *files) {
        const auto file = open_file(path, draft);
        if (!file) continue;
        read(file->root(), draft);
        file->finish();
    }
}

void read_beside(Draft& draft) {
    read_folder(kTextsFolder, draft, read_texts);
    read_folder(kDirectivesFolder, draft, read_directives_file);
}

/// The file, or of a file with a mistake in its syntax one table.
std::optional<TomlFile> open_for_table(const Path& path, std::string_view table, Diagnostics& diagnostics) {
    const auto text = read_file(path, kFileMax);
    if (!text) {
        diagnostics.error({path.string(), 0, 0}, text.error().text);
        return std::nullopt;
    }
    Diagnostics found;
    if (auto file = TomlFile::parse(*text, path.string(), found)) return file;
    Diagnostics ignored;
    if (const auto part = only_table(*text, table))
        if (auto file = TomlFile::parse(*part, path.string(), ignored)) return file;
    for (const Diagnostic& one : found.all()) diagnostics.error(one.place, one.text);
    return std::nullopt;
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
    if (!draft.has_history_file) draft.settings.history.file = draft.settings.state.parent_path() / "history.db";
    draft.settings.control.published_in = draft.settings.set.parent_path();
    draft.settings.timezone = draft.timezone;
    draft.policy.timezone = draft.timezone;
    draft.settings.files = std::make_shared<const ConfigurationFiles>(draft.files.all());
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
    if (const auto main = open_file(file, draft)) {
        read_server(main->root(), draft);
        read_main(main->root(), draft);
        main->finish();
    }
    read_beside(draft);
    auto settings = finish(draft);
    copy_sorted(found, diagnostics);
    return settings;
}

std::optional<Settings> load_stored(const Path& file, ConfigurationFiles stored, Diagnostics& diagnostics) {
    Diagnostics found;
    const auto host_info = HostInfo::of_this_host();
    Draft draft = make_draft(file, host_info, found);
    const auto present = open_for_table(file, "server", found);
    if (present) read_server(present->root(), draft);
    draft.files = SourceFiles(std::move(stored));
    if (const auto main = present ? open_file(file, draft) : std::nullopt) read_main(main->root(), draft);
    read_beside(draft);
    auto settings = finish(draft);
    copy_sorted(found, diagnostics);
    return settings;
}

Result<Path> state_path_of(const Path& file) {
    Diagnostics found;
    const auto host_info = HostInfo::of_this_host();
    Draft draft = make_draft(file, host_info, found);
    if (const auto main = open_for_table(file, "server", found)) read_server(main->root(), draft);
    if (found.has_errors()) return Error{all_errors(found)};
    return draft.settings.state;
}

std::optional<Settings> load_text(std::string_view text, const Path& file, const HostInfo& host_info,
                                  Diagnostics& diagnostics) {
    Diagnostics found;
    Draft draft = make_draft(file, host_info, found);
    if (const auto main = TomlFile::parse(text, file.string(), found)) {
        read_server(main->root(), draft);
        read_main(main->root(), draft);
        main->finish();
    }
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
    if (const auto main = open_for_table(file, "control", ignored)) read_control(main->root(), draft);
    return draft.settings.control.socket;
}

HostInfo HostInfo::of_this_host() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    const bool usable = wire::Name::parse(name.data()).has_value();
    return {.host_name = usable ? name.data() : "cenote", .resolv_conf = "/etc/resolv.conf"};
}

namespace {

/// Whether clients of this prefix send to an address of ours: those of its family, and to a global IPv6 address (RFC
/// 4291 §2.4) those with global addresses alone, because hosts choose a source of the same scope (RFC 6724 §5).
bool may_send_to(const Prefix& clients, const IpAddress& own) {
    const Prefix global = *Prefix::parse("2000::/3");
    if (clients.contains(own)) return true;
    if (clients.ip().is_loopback() || clients.ip().is_v4() != own.is_v4()) return false;
    return !global.contains(own) || global.contains(clients.ip());
}

/// A listen address that no client may use, because allow_from refuses all that would.
void check_listen(const Draft& draft) {
    for (const TomlText& text : draft.listen) {
        const auto address = SocketAddress::parse(text.value, 0);
        if (!address || address->ip.is_loopback()) continue;
        const bool used = std::ranges::any_of(draft.settings.allow_from,
                                              [&](const Prefix& clients) { return may_send_to(clients, address->ip); });
        if (!used)
            draft.diagnostics.warning(
                text.place, fmt::format("allow_from refuses every client that would use '{}'; add the prefix of those "
                                        "clients to allow_from",
                                        text.value));
    }
}

}  // namespace

void check_together(Draft& draft) {
    check_listen(draft);
    check_identities(draft);
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
