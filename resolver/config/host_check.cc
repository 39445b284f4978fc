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
        for (const char* key : {"certificate", "key"}) {
            const auto text = table.text(key);
            if (!text) continue;
            if (is_there(in_folder(*text)))
                may_read(text->place, in_folder(*text), users_.daemon);
            else
                out_.warning(text->place, fmt::format("there is no file {}; make it, TLS is served as soon as it is "
                                                      "there",
                                                      in_folder(*text).string()));
        }
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
