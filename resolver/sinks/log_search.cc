// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_search.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>

#include "resolver/base/digest.h"
#include "resolver/sinks/log_reader.h"

namespace cenote::sinks {
namespace {

constexpr std::string_view kCompressed = ".zst";
constexpr std::string_view kCopy = ".without";
constexpr int kLevel = 3;
constexpr mode_t kMode = 0640;

struct FreeWriter {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

Error error_of(const char* what, const Path& path) {
    return Error{fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))};
}

bool is_compressed(const Path& file) { return file.extension() == kCompressed; }

/// A new file, compressed where its name says so.
class Writer {
public:
    static Result<Writer> create(const Path& file, bool compressed) {
        UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kMode));
        if (!fd.valid()) return error_of("create", file);
        return Writer(file, std::move(fd), compressed);
    }

    Status write(ByteView bytes) { return context_ ? pack(bytes, ZSTD_e_continue) : write_raw(bytes); }
    Status finish() {
        if (context_)
            if (auto packed = pack({}, ZSTD_e_end); !packed) return packed;
        return ::fsync(fd_.get()) == 0 ? Status(Done{}) : Status(error_of("sync", file_));
    }

private:
    Writer(const Path& file, UniqueFd fd, bool compressed) : file_(file), fd_(std::move(fd)) {
        if (!compressed) return;
        context_.reset(ZSTD_createCCtx());
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
        packed_.resize(ZSTD_CStreamOutSize());
    }

    Status pack(ByteView bytes, ZSTD_EndDirective end) {
        ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
        for (;;) {
            ZSTD_outBuffer output{packed_.data(), packed_.size(), 0};
            const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input, end);
            if (ZSTD_isError(left) != 0)
                return Error{fmt::format("cannot compress {}: {}", file_.string(), ZSTD_getErrorName(left))};
            if (auto written = write_raw(ByteView(packed_).first(output.pos)); !written) return written;
            if (end == ZSTD_e_end ? left == 0 : input.pos == input.size) return Done{};
        }
    }

    Status write_raw(ByteView bytes) {
        while (!bytes.empty()) {
            const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return error_of("write", file_);
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        }
        return Done{};
    }

    Path file_;
    UniqueFd fd_;
    std::vector<std::uint8_t> packed_;
    std::unique_ptr<ZSTD_CCtx, FreeWriter> context_;
};

/// Calls for each line, with its line feed; the last one may lack it.
Status each_line(const Path& file, const std::atomic<bool>& stopping,
                 const std::function<Status(std::string_view)>& on_line) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid()) return error_of("open", file);
    LogReader reader(fd.get());
    std::string whole;
    for (;;) {
        if (stopping.load(std::memory_order_relaxed)) return Error{"the daemon is stopping"};
        const auto line = reader.next();
        if (!line) return Error{fmt::format("{} {}", file.string(), line.error().text)};
        if (!*line) return Done{};
        if ((*line)->size() >= LogReader::kLineMax)
            return Error{fmt::format("{} has a line that is too long", file.string())};
        whole.assign(**line);
        if (!reader.is_unfinished()) whole += '\n';
        if (auto done = on_line(whole); !done) return done;
    }
}

}  // namespace

ClientLines::ClientLines(const std::vector<std::string>& clients) {
    for (const std::string& client : clients) {
        for (const char* key : {"client", "ip", "hash", "uid"})
            in_json_.push_back(fmt::format("\"{}\":\"{}\"", key, client));
        for (const char* key : {"src", "c6a2", "suid"}) in_cef_.push_back(fmt::format(" {}={} ", key, client));
    }
}

bool ClientLines::has(std::string_view line) const {
    const auto in_line = [line](const std::string& text) { return line.find(text) != std::string_view::npos; };
    return std::ranges::any_of(line.starts_with("CEF:") ? in_cef_ : in_json_, in_line);
}

std::vector<Path> log_files(const Path& log) {
    const std::string before = fmt::format("{}-", log.stem().string());
    const std::string extension = log.extension().string();
    std::vector<Path> files;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(log.parent_path(), error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with(before) &&
            (name.ends_with(extension) || name.ends_with(extension + std::string(kCompressed))))
            files.push_back(entry->path());
    }
    std::ranges::sort(files);
    if (std::filesystem::exists(log, error)) files.push_back(log);
    return files;
}

Result<LogLines> search_log(const Path& file, const ClientLines& clients, const std::atomic<bool>& stopping) {
    LogLines lines;
    Sha256 digest;
    const auto read = each_line(file, stopping, [&](std::string_view line) {
        digest.update(bytes_of(line));
        ++lines.all;
        if (clients.has(line)) ++lines.found;
        return Status(Done{});
    });
    if (!read) return read.error();
    lines.sha256 = to_hex(digest.finish());
    return lines;
}

Result<LogCopy> copy_without(const Path& file, const ClientLines& clients, const std::atomic<bool>& stopping) {
    LogCopy made{.file = file, .copy = file.string() + std::string(kCopy), .before = {}, .lines = 0, .sha256 = {}};
    auto writer = Writer::create(made.copy, is_compressed(file));
    if (!writer) return std::move(writer).error();
    Sha256 before;
    Sha256 after;
    auto copied = each_line(file, stopping, [&](std::string_view line) {
        before.update(bytes_of(line));
        ++made.before.all;
        if (clients.has(line)) {
            ++made.before.found;
            return Status(Done{});
        }
        ++made.lines;
        after.update(bytes_of(line));
        return writer->write(bytes_of(line));
    });
    if (copied) copied = writer->finish();
    if (!copied) {
        ::unlink(made.copy.c_str());
        return copied.error();
    }
    made.before.sha256 = to_hex(before.finish());
    made.sha256 = to_hex(after.finish());
    return made;
}

Status replace_log(const LogCopy& copy) {
    std::error_code none;
    const bool there = std::filesystem::exists(copy.file, none);
    const bool compressed_since =
        !is_compressed(copy.file) && std::filesystem::exists(copy.file.string() + std::string(kCompressed), none);
    if (there && !compressed_since && ::rename(copy.copy.c_str(), copy.file.c_str()) == 0) return Done{};
    Error error = there && !compressed_since ? error_of("replace", copy.file)
                                             : Error{fmt::format("{} is not there any more", copy.file.string())};
    ::unlink(copy.copy.c_str());
    return error;
}

}  // namespace cenote::sinks
