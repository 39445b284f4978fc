// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/publish.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

namespace cenote::domainset {
namespace {

constexpr unsigned kFileMode = 0644;
constexpr milliseconds kLockPause{20};
constexpr std::string_view kPrevious = ".previous";
constexpr std::string_view kDelta = ".delta.";

Error failure(std::string_view verb, const Path& path, int code) {
    return {fmt::format("cannot {} {}: {}; check its folder's owner, mode and free space", verb, path.string(),
                        std::generic_category().message(code))};
}

Path beside(const Path& path, std::string_view ending) {
    Path other = path;
    other += ending;
    return other;
}

Path lock_path(const Path& path) { return beside(path, ".lock"); }

/// Moves `next` to `path`. The set that was there becomes the previous set if it is valid. Files are renamed, never
/// linked: renaming a file of another user requires ownership of the folder, linking it ownership of the file
/// (fs.protected_hardlinks, proc_sys_fs(5)).
Status put_in_place(const Path& next, const Path& path) {
    const Path previous = previous_path(path);
    const auto before = DomainSet::open_alone(path);
    if (!before || !before->check())
        return ::rename(next.c_str(), path.c_str()) == 0 ? Status(Done{}) : failure("replace", path, errno);
    if (::renameat2(AT_FDCWD, next.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
        if (::rename(next.c_str(), previous.c_str()) == 0) return Done{};
        const auto failed = failure("keep the previous set as", previous, errno);
        ::renameat2(AT_FDCWD, next.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE);
        return failed;
    }
    if (errno != EINVAL) return failure("replace", path, errno);
    // The file system cannot exchange files: for an instant only the previous set exists, and readers use that one.
    if (::rename(path.c_str(), previous.c_str()) != 0) return failure("keep the previous set as", previous, errno);
    if (::rename(next.c_str(), path.c_str()) == 0) return Done{};
    const auto failed = failure("replace", path, errno);
    ::rename(previous.c_str(), path.c_str());
    return failed;
}

/// Removes deltas of sets that no longer exist. Failing to unlink is harmless.
void remove_deltas_of_others(const Path& path) {
    std::vector<Path> kept;
    for (const Path& each : {path, previous_path(path)})
        if (const auto set = DomainSet::open_alone(each)) kept.push_back(delta_path(path, set->info().checksum));
    const std::string beginning = beside(path, kDelta).filename().string();
    std::error_code error;
    for (const auto& file :
         std::filesystem::directory_iterator(path.parent_path().empty() ? "." : path.parent_path(), error))
        if (file.path().filename().string().starts_with(beginning) &&
            std::none_of(kept.begin(), kept.end(),
                         [&](const Path& each) { return each.filename() == file.path().filename(); }))
            std::filesystem::remove(file.path(), error);
}

/// A rename is durable once its folder is synced.
Status sync_folder_of(const Path& path) {
    const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() || (::fsync(fd.get()) != 0 && errno != EINVAL))  // EINVAL: this file system does not sync folders
        return failure("sync the folder", folder, errno);
    return Done{};
}

using Open = Result<DomainSet> (*)(const Path&, const DomainSet*);

Result<Opened> open_or_previous(const Path& path, const DomainSet* known, Open open) {
    auto set = open(path, known);
    if (set) return Opened{*std::move(set), path, {}};
    if (auto alone = DomainSet::open_alone(path, known); alone && alone->check())
        return Opened{*std::move(alone), path,
                      fmt::format("{}; the set is used without its delta until then", set.error().text)};
    const Path previous = previous_path(path);
    auto older = open(previous, known);
    if (!older) return Error{fmt::format("{}; and {}", set.error().text, older.error().text)};
    auto problem = fmt::format("{}; the previous set {} is used until then", set.error().text, previous.string());
    return Opened{*std::move(older), previous, std::move(problem)};
}

}  // namespace

Path previous_path(const Path& path) { return beside(path, kPrevious); }

Path delta_path(const Path& path, std::uint64_t checksum) {
    Path set = path;
    if (set.extension() == kPrevious) set.replace_extension();
    return beside(set, fmt::format("{}{:016x}", kDelta, checksum));
}

Result<UniqueFd> lock_for_publishing(const Path& path, milliseconds patience) {
    const Path lock = lock_path(path);
    // flock(2) needs read access only, so another user may have created the file.
    UniqueFd fd(::open(lock.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kFileMode));
    if (!fd.valid()) return failure("open", lock, errno);
    for (const Ticks end = ticks_now() + patience; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;) {
        if (ticks_now() < end) {
            std::this_thread::sleep_for(kLockPause);
            continue;
        }
        return Error{fmt::format("another cenote update is at work on {}; wait for it", path.string())};
    }
    return fd;
}

bool is_being_published(const Path& path) {
    const UniqueFd fd(::open(lock_path(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    return fd.valid() && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Status publish_delta(const Path& path, ByteView bytes, const DomainSet& known) {
    const auto large = DomainSet::open_alone(path, &known);
    if (!large) return large.error();
    if (auto checked = large->with_delta({bytes.begin(), bytes.end()}); !checked) return std::move(checked).error();
    return publish_file(delta_path(path, large->info().checksum), bytes, kFileMode);
}

Status publish_set(const Path& path, ByteView bytes) {
    // Written completely under a third name first, so that a full disk does not cost the previous set.
    const Path next = beside(path, ".next");
    if (auto done = publish_file(next, bytes, kFileMode); !done) return done;
    if (auto done = put_in_place(next, path); !done) {
        ::unlink(next.c_str());
        return done;
    }
    remove_deltas_of_others(path);
    return sync_folder_of(path);
}

Status restore_previous(const Path& path) {
    const Path previous = previous_path(path);
    if (auto set = DomainSet::open(previous); !set) return std::move(set).error();
    const bool exchanged = ::renameat2(AT_FDCWD, previous.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0;
    if (!exchanged && errno != ENOENT) return failure("exchange the set with the previous one", path, errno);
    if (!exchanged && ::rename(previous.c_str(), path.c_str()) != 0) return failure("replace", path, errno);
    return sync_folder_of(path);
}

Result<Opened> open_with_fallback(const Path& path, const DomainSet* known) {
    return open_or_previous(path, known, DomainSet::open);
}
Result<Opened> open_unread_with_fallback(const Path& path) {
    return open_or_previous(path, nullptr, DomainSet::open_unverified);
}

}  // namespace cenote::domainset
