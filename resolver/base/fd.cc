// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "resolver/base/drafts.h"
#include "resolver/base/mapping_guard.h"

namespace cenote {
namespace {

const char* advice(int code) noexcept {
    switch (code) {
        case ENOENT:
        case ENOTDIR: return "; check the path";
        case EACCES:
        case EPERM: return "; check owner and mode of the file and of the folders above it";
        case ENOSPC:
        case EDQUOT: return "; free some space";
        case EFBIG: return "; raise the limit on the size of files";
        case EROFS: return "; mount it writable or choose another path";
        case EMFILE:
        case ENFILE: return "; raise the limit on open files";
        default: return "";
    }
}

Error failure(std::string_view verb, const Path& path, int code) {
    return {
        fmt::format("cannot {} {}: {}{}", verb, path.string(), std::generic_category().message(code), advice(code))};
}

struct RegularFile {
    UniqueFd fd;
    std::size_t size;
};

Result<RegularFile> open_regular(const Path& path) {
    // Without O_NONBLOCK the open of a FIFO would block.
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return failure("read", path, errno);
    if (!S_ISREG(status.st_mode)) return Error{fmt::format("cannot read {}: it is not a regular file", path.string())};
    return RegularFile{std::move(fd), static_cast<std::size_t>(status.st_size)};
}

bool write_all(int fd, ByteView content) noexcept {
    while (!content.empty()) {
        const auto count = ::write(fd, content.data(), content.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        content = content.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

/// The temporary file; removed unless it was renamed.
class Draft {
public:
    explicit Draft(const Path& target) : path_(draft_path(target)) {}
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        if (exists_) ::unlink(path_.c_str());
    }

    bool write(ByteView content, unsigned mode) {
        const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        exists_ = fd.valid();
        // fchmod(), because the umask restricts the mode of open().
        return exists_ && write_all(fd.get(), content) && ::fchmod(fd.get(), mode) == 0 && ::fsync(fd.get()) == 0;
    }
    bool rename_to(const Path& target) {
        if (::rename(path_.c_str(), target.c_str()) != 0) return false;
        exists_ = false;
        return true;
    }

private:
    Path path_;
    bool exists_ = false;
};

}  // namespace

void UniqueFd::reset(int fd) noexcept {
    if (fd_ >= 0) ::close(fd_);  // not repeated on EINTR: Linux has closed the descriptor then
    fd_ = fd;
}

Result<MappedFile> MappedFile::open(const Path& path) {
    auto file = open_regular(path);
    if (!file) return std::move(file).error();
    MappedFile mapped;
    if (file->size == 0) return mapped;
    void* at = ::mmap(nullptr, file->size, PROT_READ, MAP_SHARED, file->fd.get(), 0);
    if (at == MAP_FAILED) return failure("map", path, errno);
    mapped.bytes_ = {static_cast<const std::uint8_t*>(at), file->size};
    if (!guard_mapping(mapped.bytes_)) return failure("map", path, EMFILE);
    return mapped;
}

MappedFile::~MappedFile() {
    release_mapping(bytes_);
    if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

Result<std::string> read_file(const Path& path, std::size_t size_max) {
    auto file = open_regular(path);
    if (!file) return std::move(file).error();
    std::string content;
    std::array<char, 65536> chunk;
    while (true) {  // to the end, not to st_size: the file may grow, and files of /proc have size 0
        const auto count = ::read(file->fd.get(), chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failure("read", path, errno);
        if (count == 0) return content;
        content.append(chunk.data(), static_cast<std::size_t>(count));
        if (content.size() > size_max)
            return Error{fmt::format("cannot read {}: it is larger than {} bytes", path.string(), size_max)};
    }
}

Status publish_file(const Path& path, ByteView content, unsigned mode) {
    const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
    const UniqueFd folder_fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_fd.valid()) return failure("open the folder", folder, errno);
    Draft draft(path);
    if (!draft.write(content, mode) || !draft.rename_to(path)) return failure("write", path, errno);
    // EINVAL: the file system does not sync folders.
    if (::fsync(folder_fd.get()) != 0 && errno != EINVAL)
        return failure("sync (though the new file is in its place) the folder", folder, errno);
    return Done{};
}

}  // namespace cenote
