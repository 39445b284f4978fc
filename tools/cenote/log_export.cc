// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/log_export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "resolver/base/digest.h"
#include "tools/cenote/as_owner.h"

namespace cenote::cli {
namespace {

/// A file that has no name, or another one, until it is whole.
class NewFile {
public:
    static Result<NewFile> create(Path path) {
        std::error_code none;
        if (std::filesystem::exists(std::filesystem::symlink_status(path, none)))
            return Error{fmt::format("{} exists already; name another file", path.string())};
        NewFile made(std::move(path));
        made.temporary_ = made.path_.string() + ".XXXXXX";
        made.fd_.reset(::mkostemp(made.temporary_.data(), O_CLOEXEC));  // of mode 0600
        if (!made.fd_.valid()) return made.error("write");
        return made;
    }
    ~NewFile() {
        if (fd_.valid()) ::unlink(temporary_.c_str());
    }
    NewFile(NewFile&&) = default;
    NewFile& operator=(NewFile&&) = delete;

    Status write(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return error("write");
            bytes.remove_prefix(static_cast<std::size_t>(done));
        }
        return Done{};
    }
    /// Gives it its name, unless another file has that.
    Status finish() {
        if (::fsync(fd_.get()) != 0 || ::link(temporary_.c_str(), path_.c_str()) != 0) return error("write");
        return Done{};
    }

private:
    explicit NewFile(Path path) : path_(std::move(path)) {}
    [[nodiscard]] Error error(const char* what) const {
        return Error{fmt::format("cannot {} {}: {}", what, path_.string(), std::strerror(errno))};
    }

    Path path_;
    std::string temporary_;
    UniqueFd fd_;
};

}  // namespace

Result<ExportedLog> export_log(const std::vector<sinks::OpenLogFile>& files, const sinks::LogSpan& span, const Path& to,
                               const sinks::OnDamage& on_damage) {
    constexpr std::size_t kBuffer = std::size_t{1} << 20;
    const auto owner = AsOwner::of(to.parent_path());
    if (!owner) return owner.error();
    auto file = NewFile::create(to);
    if (!file) return std::move(file).error();
    ExportedLog exported;
    Sha256 digest;
    std::string buffer;
    Status written = Done{};
    const auto write = [&] {
        digest.update(bytes_of(buffer));
        if (written) written = file->write(buffer);
        buffer.clear();
    };
    for (const sinks::OpenLogFile& each : files)
        sinks::each_logged_line(each, on_damage, [&](std::string_view line, const sinks::LoggedHit& hit) {
            if (!span.has(std::chrono::floor<seconds>(hit.at))) return true;
            buffer.append(line).append(1, '\n');
            ++exported.lines;
            if (buffer.size() >= kBuffer) write();
            return written.ok();
        });
    write();
    if (written) written = file->finish();
    if (!written) return std::move(written).error();
    exported.sha256 = to_hex(digest.finish());
    return exported;
}

}  // namespace cenote::cli
