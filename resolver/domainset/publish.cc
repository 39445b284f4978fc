// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/publish.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace cenote::domainset {
namespace {

Error failure(std::string_view verb, const Path& path, int code) {
    return {fmt::format("cannot {} {}: {}; check its folder's owner, mode and free space", verb, path.string(),
                        std::generic_category().message(code))};
}

Path beside(const Path& path, std::string_view ending) {
    Path other = path;
    other += ending;
    return other;
}

/// Gives the file at `path` the second name previous_path(), in one step. A file that could not be used is no better
/// than the previous one, and stays without a second name.
Status keep_as_previous(const Path& path) {
    if (!DomainSet::open(path).ok()) return Done{};
    const Path draft = beside(path, ".previous.new");
    ::unlink(draft.c_str());  // of a run that was killed between the next two calls
    if (::link(path.c_str(), draft.c_str()) != 0) return failure("keep the previous set as", draft, errno);
    if (::rename(draft.c_str(), previous_path(path).c_str()) == 0) {
        ::unlink(draft.c_str());  // still there when both names led to one file already (rename(2))
        return Done{};
    }
    const int code = errno;
    ::unlink(draft.c_str());
    return failure("keep the previous set as", previous_path(path), code);
}

/// A rename is on disk when its folder is.
Status sync_folder_of(const Path& path) {
    const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid() || (::fsync(fd.get()) != 0 && errno != EINVAL))  // EINVAL: this file system has no such thing
        return failure("sync the folder", folder, errno);
    return Done{};
}

Result<Opened> open_or_previous(const Path& path, Result<DomainSet> (*open)(const Path&)) {
    auto set = open(path);
    if (set) return Opened{*std::move(set), path, {}};
    const Path previous = previous_path(path);
    auto older = open(previous);
    if (!older) return Error{fmt::format("{}; and {}", set.error().text, older.error().text)};
    auto problem = fmt::format("{}; the previous set {} is used until then", set.error().text, previous.string());
    return Opened{*std::move(older), previous, std::move(problem)};
}

}  // namespace

Path previous_path(const Path& path) { return beside(path, ".previous"); }

Status publish_set(const Path& path, ByteView bytes) {
    // Written whole under a third name first: a full disk must not have cost us the previous set.
    const Path next = beside(path, ".next");
    if (auto done = publish_file(next, bytes, 0644); !done) return done;
    auto done = keep_as_previous(path);
    if (done && ::rename(next.c_str(), path.c_str()) != 0) done = failure("replace", path, errno);
    if (!done) {
        ::unlink(next.c_str());
        return done;
    }
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

Result<Opened> open_with_fallback(const Path& path) { return open_or_previous(path, DomainSet::open); }
Result<Opened> open_unread_with_fallback(const Path& path) { return open_or_previous(path, DomainSet::open_unread); }

}  // namespace cenote::domainset
