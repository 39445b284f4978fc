// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_search.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include "resolver/base/digest.h"
#include "resolver/sinks/log_files.h"
#include "resolver/sinks/log_reader.h"
#include "resolver/sinks/log_writer.h"

namespace cenote::sinks {
namespace {

Error error_of(const char* what, const Path& path) {
    return Error{fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))};
}

bool is_compressed(const Path& file) { return file.extension() == kCompressedLog; }

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
    LogCopy made{.file = file, .copy = file.string() + std::string(kCopyOfLog), .before = {}, .lines = 0, .sha256 = {}};
    ::unlink(made.copy.c_str());  // of a process that was killed
    auto writer = LogWriter::create(made.copy, is_compressed(file));
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
        !is_compressed(copy.file) && std::filesystem::exists(copy.file.string() + std::string(kCompressedLog), none);
    if (there && !compressed_since && ::rename(copy.copy.c_str(), copy.file.c_str()) == 0) return Done{};
    Error error = there && !compressed_since ? error_of("replace", copy.file)
                                             : Error{fmt::format("{} is not there any more", copy.file.string())};
    ::unlink(copy.copy.c_str());
    return error;
}

}  // namespace cenote::sinks
