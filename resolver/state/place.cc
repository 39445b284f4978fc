// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace cenote::state {
namespace {

constexpr std::array<std::string_view, 3> kPieces{"", "-wal", "-shm"};
constexpr std::string_view kTrace = ".made";
constexpr std::string_view kKept = ".before-restore";
constexpr std::string_view kTraceText =
    "Beside this file stands a state file of cenoted, with rules, exceptions and the audit trail.\n"
    "While this file is here, a state file that is missing or empty is an error: restore a backup.\n"
    "To begin anew without one, remove this file.\n";

Error failure(std::string_view what, const Path& path) {
    return Error{fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))};
}

Path folder_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

}  // namespace

Path with_ending(const Path& path, std::string_view ending) { return path.string() + std::string(ending); }

Status make_file(const Path& path, unsigned mode) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd.valid()) return Error{failure("open", path).text + "; check its folder's owner and mode"};
    struct stat folder {};
    const bool foreign = ::geteuid() == 0 && ::stat(folder_of(path).c_str(), &folder) == 0 && folder.st_uid != 0;
    if ((foreign && ::fchown(fd.get(), folder.st_uid, folder.st_gid) != 0) || ::fchmod(fd.get(), mode) != 0)
        return failure("set the owner and mode of", path);
    return Done{};
}

Path trace_of(const Path& path, bool missing) {
    for (const std::string_view ending : {kTrace, kKept, kPieces[1]}) {
        std::error_code none;
        if (ending == kPieces[1] && !missing) continue;
        if (Path trace = with_ending(path, ending); std::filesystem::exists(trace, none)) return trace;
    }
    return {};
}

void leave_trace(const Path& path) {
    const Path trace = with_ending(path, kTrace);
    if (!make_file(trace, 0640)) return;  // it is there already, or the next record makes it
    const UniqueFd fd(::open(trace.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    static_cast<void>(::write(fd.get(), kTraceText.data(), kTraceText.size()) < 0);  // the file's existence is enough
}

void remove_all_pieces(const Path& path) {
    std::error_code ignored;
    for (const auto piece : kPieces) std::filesystem::remove(with_ending(path, piece), ignored);
}

Path free_place_beside(const Path& path) {
    std::error_code none;
    Path place = with_ending(path, kKept);
    for (int next = 2; std::filesystem::exists(std::filesystem::symlink_status(place, none)); ++next)
        place = with_ending(path, fmt::format("{}.{}", kKept, next));
    return place;
}

Status sync_file(const Path& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!file.valid() || ::fsync(file.get()) != 0 || !folder.valid() || ::fsync(folder.get()) != 0)
        return failure("write", path);
    return Done{};
}

Status replace_unusable(const Path& path, const Path& made, const Path& kept) {
    if (auto synced = sync_file(made); !synced) return synced;
    // SQLite would apply a log that stays to the new file. Without its log the old file is as unusable as with it.
    for (const auto piece : kPieces) {
        const bool main_file = piece.empty();
        const int moved = main_file ? ::link(path.c_str(), kept.c_str())
                                    : ::rename(with_ending(path, piece).c_str(), with_ending(kept, piece).c_str());
        if (moved != 0 && errno != ENOENT) return failure("keep", with_ending(path, piece));
    }
    if (::rename(made.c_str(), path.c_str()) != 0) return failure("put in place", path);
    return sync_file(path);
}

}  // namespace cenote::state
