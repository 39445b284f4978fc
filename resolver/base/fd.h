// SPDX-License-Identifier: Apache-2.0
//
// Files: an owned descriptor, a read-only mapping, reading a whole file, and publishing a file so that after a power
// failure it has the old content or the new.
//
// Threads:  values; not shared.
// Memory:   the mapping, or the content that is read.
// Failure:  an Error with the path, the reason and what to do.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "resolver/base/bytes.h"
#include "resolver/base/result.h"

namespace cenote {

using Path = std::filesystem::path;

class UniqueFd {
public:
    UniqueFd() noexcept = default;
    explicit UniqueFd(int fd) noexcept : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other) reset(std::exchange(other.fd_, -1));
        return *this;
    }
    ~UniqueFd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    void reset(int fd = -1) noexcept;

private:
    int fd_ = -1;
};

/// A whole regular file, mapped read-only and shared.
class MappedFile {
public:
    static Result<MappedFile> open(const Path& path);
    MappedFile() noexcept = default;
    MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    MappedFile& operator=(MappedFile&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~MappedFile();

    [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }

private:
    ByteView bytes_;
};

/// The content of a regular file of at most `size_max` bytes.
Result<std::string> read_file(const Path& path, std::size_t size_max);

/// Writes `content` to a temporary file beside `path`, syncs it, renames it to `path`, syncs the folder. The file gets
/// the mode `mode`. On failure `path` is unchanged and the temporary file is removed; only when the last action fails,
/// the sync of the folder, does `path` have the new content, and the error mentions that.
Status publish_file(const Path& path, ByteView content, unsigned mode);

}  // namespace cenote
