// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/host_check.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "resolver/config/listen_check.h"
#include "resolver/config/values.h"
#include "resolver/loop/tls_server.h"

namespace cenote::config {
namespace {

constexpr const char* kDaemon = "cenote";         // systemd/cenoted.service
constexpr const char* kUpdater = "cenote-lists";  // systemd/cenote-update.service

std::string name_of_owner(uid_t uid) {
    std::array<char, 4096> space{};
    passwd entry{};
    passwd* found = nullptr;
    return ::getpwuid_r(uid, &entry, space.data(), space.size(), &found) == 0 && found != nullptr ? entry.pw_name
                                                                                                  : std::to_string(uid);
}

/// Whether the mode grants all of these rights: 4 to read, 1 to enter.
bool is_granted(const struct stat& info, const HostUser& user, mode_t wanted) {
    if (user.uid == 0) return true;
    const bool in_group = std::ranges::find(user.groups, info.st_gid) != user.groups.end();
    const unsigned shift = info.st_uid == user.uid ? 6 : in_group ? 3 : 0;
    return ((info.st_mode >> shift) & wanted) == wanted;
}

/// Addresses at which a client may do without verification (RFC 9462 §4.3).
bool is_private(const IpAddress& ip) {
    return std::ranges::any_of(std::array{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                                          "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128"},
                               [&ip](const char* prefix) { return Prefix::parse(prefix)->contains(ip); });
}

/// The tables of cenote.toml, read once more for the places of their values.
class HostCheck {
public:
    HostCheck(const Settings& settings, const ServiceUsers& users, Diagnostics& out)
        : settings_(settings), users_(users), out_(out), folder_(settings.file.parent_path()) {}

    void run(const TomlTable& root, const Path& proc_net) {
        check_configuration();
        for (const auto& table : root.tables("tsig"))
            if (const auto secret = table.text("secret_file"))
                may_read(secret->place, in_folder(*secret), users_.daemon);
        if (const auto limits = root.table("limits"))
            if (const auto secret = limits->text("cookie_secret_file"); secret && !secret->value.empty())
                may_read(secret->place, in_folder(*secret), users_.daemon);
        for (const auto& table : root.tables("group"))
            if (const auto tokens = table.text("tokens")) may_read(tokens->place, in_folder(*tokens), users_.daemon);
        if (const auto table = root.table("log"))
            for (const auto& receiver : table->tables("export"))
                if (const auto ca = receiver.text("ca")) may_read(ca->place, in_folder(*ca), users_.daemon);
        if (const auto table = root.table("blocklist")) check_blocklist(*table);
        for (const auto& table : root.tables("list")) check_list(table);
        if (const auto table = root.table("server")) {
            const auto state = table->text("state");
            check_parent(state ? state->place : table->place(), settings_.state);
            ListenCheck(settings_, users_.daemon.uid, out_).run(table->texts("listen"), proc_net);
            if (const auto tls = table->table("tls")) check_tls(*tls);
        }
    }

private:
    [[nodiscard]] Path in_folder(const TomlText& text) const { return to_path(text.value, folder_); }

    static bool is_there(const Path& path) {
        struct stat info {};
        return ::stat(path.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR);
    }

    /// A warning for each cause, once.
    void may_read(const SourcePlace& place, const Path& path, const HostUser& user) {
        const std::string why = why_unreadable(path, user);
        if (!why.empty() && told_.insert(user.name + why).second)
            out_.warning(place, fmt::format("the user {} cannot read {}: {}; change its owner, group or mode",
                                            user.name, path.string(), why));
    }

    /// Both services read the configuration.
    void check_configuration() {
        for (const HostUser* user : {&users_.daemon, &users_.updater}) {
            for (const auto& file : *settings_.files) may_read({file.path, 0, 0}, file.path, *user);
            for (const char* beside : {"directives.d", "texts.d"})
                may_read({(folder_ / beside).string(), 0, 0}, folder_ / beside, *user);
        }
    }

    void check_tls(const TomlTable& table) {
        for (const char* key : {"certificate", "key", "client_ca", "client_crl"}) {
            const auto text = table.text(key);
            if (!text || text->value.empty()) continue;
            if (is_there(in_folder(*text)))
                may_read(text->place, in_folder(*text), users_.daemon);
            else
                out_.warning(text->place, fmt::format("there is no file {}; make it, TLS is served as soon as it is "
                                                      "there",
                                                      in_folder(*text).string()));
        }
        check_discovery(table);
    }

    /// Whether clients that look for an encrypted resolver can verify this one (RFC 9462 §4.2).
    void check_discovery(const TomlTable& table) {
        std::set<IpAddress> addresses;
        for (const server::Endpoint& endpoint : settings_.server.listen)
            if (is_encrypted(endpoint.protocol)) addresses.insert(endpoint.address.ip);
        if (addresses.empty()) return;
        const auto name = table.text("name");
        if (!name)
            out_.note(table.place(),
                      "without 'name' DNS over TLS and HTTPS are not announced to clients (RFC 9462); name the "
                      "resolver as the certificate does");
        const auto certificate = read_certificate();
        if (certificate == nullptr) return;
        const auto place = table.text("certificate")->place;
        if (name && !certificate->covers(settings_.tls.name))
            out_.warning(name->place, fmt::format("the certificate is not for the name '{}', so clients that know the "
                                                  "resolver by it refuse it; change one of the two",
                                                  settings_.tls.name));
        for (const IpAddress& address : addresses)
            if (!address.is_unspecified() && !certificate->covers(address)) warn_of_address(place, address);
    }

    /// Null where the daemon has a problem to report.
    [[nodiscard]] std::shared_ptr<const loop::TlsServer> read_certificate() const {
        constexpr std::size_t kFileMax = 1U << 20;
        const auto chain = read_file(settings_.tls.certificate, kFileMax);
        const auto key = read_file(settings_.tls.key, kFileMax);
        if (!chain || !key) return nullptr;
        auto server = loop::TlsServer::create(*chain, *key, loop::TicketKeys::create());
        return server ? *std::move(server) : nullptr;
    }

    void warn_of_address(const SourcePlace& place, const IpAddress& address) {
        const std::string lacks =
            fmt::format("the certificate does not have the address {} in its subjectAltName", address.to_string());
        if (is_private(address))
            out_.note(place, lacks +
                                 ": clients that are led to DNS over TLS or HTTPS by this address use it without "
                                 "verification, or not at all (RFC 9462 §4.3); add the address to the certificate");
        else
            out_.warning(place, lacks +
                                    ": clients that are led to DNS over TLS or HTTPS by this address do not use it "
                                    "(RFC 9462 §4.2); add the address to the certificate");
    }

    void check_blocklist(const TomlTable& table) {
        for (const auto& text : table.texts("services")) {
            const Path folder = in_folder(text);
            if (is_there(folder))
                may_read(text.place, folder, users_.updater);
            else
                out_.warning(text.place,
                             fmt::format("there is no folder {}; make it, or remove it here", folder.string()));
        }
        const auto popular = table.text("popular");
        if (popular) check_file(popular->place, settings_.popular);
        const auto set = table.text("set");
        if (!settings_.set.empty()) check_parent(set ? set->place : table.place(), settings_.set);
    }

    void check_list(const TomlTable& table) {
        const auto source = table.text("source");
        if (source && source->value.find("://") == std::string::npos) check_file(source->place, in_folder(*source));
    }

    void check_file(const SourcePlace& place, const Path& path) {
        if (is_there(path))
            may_read(place, path, users_.updater);
        else
            out_.warning(place, fmt::format("there is no file {}; make it, or remove it here", path.string()));
    }

    void check_parent(const SourcePlace& place, const Path& path) {
        const Path folder = path.parent_path();
        if (!is_there(folder))
            out_.warning(
                place, fmt::format("there is no folder {} for {}; make it", folder.string(), path.filename().string()));
    }

    const Settings& settings_;
    const ServiceUsers& users_;
    Diagnostics& out_;
    Path folder_;
    std::set<std::string> told_;
};

}  // namespace

std::optional<HostUser> HostUser::find(const std::string& name) {
    std::array<char, 4096> space{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(name.c_str(), &entry, space.data(), space.size(), &found) != 0 || found == nullptr)
        return std::nullopt;
    int count = 64;
    HostUser user{name, entry.pw_uid, std::vector<gid_t>(static_cast<std::size_t>(count))};
    if (::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count) < 0) {
        user.groups.resize(static_cast<std::size_t>(count));
        ::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count);
    }
    user.groups.resize(static_cast<std::size_t>(count));
    return user;
}

HostUser HostUser::current() {
    const int count = std::max(::getgroups(0, nullptr), 0);
    HostUser user{name_of_owner(::geteuid()), ::geteuid(), std::vector<gid_t>(static_cast<std::size_t>(count))};
    if (::getgroups(count, user.groups.data()) < 0) user.groups.clear();
    user.groups.push_back(::getegid());
    return user;
}

ServiceUsers ServiceUsers::of_this_host() {
    ServiceUsers users{HostUser::current(), HostUser::current()};
    if (users.daemon.uid != 0) return users;
    if (auto daemon = HostUser::find(kDaemon)) users.daemon = users.updater = std::move(*daemon);
    if (auto updater = HostUser::find(kUpdater)) users.updater = std::move(*updater);
    return users;
}

std::string why_unreadable(const Path& path, const HostUser& user) {
    constexpr mode_t kRead = 4;
    constexpr mode_t kEnter = 1;
    Path reached;
    for (const Path& part : path) {
        reached /= part;
        struct stat info {};
        if (::stat(reached.c_str(), &info) != 0) return {};
        const bool last = reached == path;
        const mode_t wanted = !last ? kEnter : S_ISDIR(info.st_mode) ? kRead | kEnter : kRead;
        if (!is_granted(info, user, wanted))
            return fmt::format("{} has mode {:04o} and belongs to {}", reached.string(), info.st_mode & 07777U,
                               name_of_owner(info.st_uid));
    }
    return {};
}

void check_host(const Settings& settings, const ServiceUsers& users, const Path& proc_net, Diagnostics& diagnostics) {
    Diagnostics known;  // load() has reported them
    const auto file = TomlFile::load(settings.file, known);
    if (file) HostCheck(settings, users, diagnostics).run(file->root(), proc_net);
}

}  // namespace cenote::config
