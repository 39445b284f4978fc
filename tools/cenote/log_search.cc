// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/log_search.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>

#include "resolver/base/digest.h"
#include "resolver/sinks/log_reader.h"
#include "tools/cenote/as_owner.h"

namespace cenote::cli {
namespace {

constexpr std::uint64_t kDamagesTold = 5;  // of one file

/// Calls `on_line` for each line of a file that is one of the log.
void read_lines(const OpenLogFile& file, const OnDamage& on_damage,
                const std::function<void(std::string_view, const sinks::LoggedHit&)>& on_line) {
    sinks::LogReader reader(file.fd->get());
    std::uint64_t damages = 0;
    const auto tell = [&](const std::string& what) {
        if (++damages <= kDamagesTold) on_damage(fmt::format("{}:{}: {}", file.path, reader.number(), what));
    };
    while (true) {
        const auto line = reader.next();
        if (!line) {
            on_damage(fmt::format("{} {}; behind line {} nothing can be read", file.path, line.error().text,
                                  reader.number()));
            break;
        }
        if (!*line) break;
        if (reader.is_unfinished() && file.open) break;  // cenoted is writing it
        const auto hit = sinks::read_log_line(**line);
        if (reader.is_unfinished())
            tell("the line was cut; it is left out");
        else if (!hit)
            tell("this is no line of a log; it is left out");
        else
            on_line(**line, *hit);
    }
    if (damages > kDamagesTold)
        on_damage(fmt::format("{}: {} lines more like these", file.path, damages - kDamagesTold));
}

void search_file(const OpenLogFile& file, const LogQuestion& question, const std::function<void(FoundLine)>& on_found,
                 const OnDamage& on_damage) {
    std::uint64_t of_cef = 0;
    read_lines(file, on_damage, [&](std::string_view line, const sinks::LoggedHit& hit) {
        if (!question.span.has(std::chrono::floor<seconds>(hit.at))) return;
        if (hit.format == sinks::LogFormat::Cef)
            ++of_cef;
        else if (question.takes(hit))
            on_found({std::string(line), hit});
    });
    if (of_cef != 0)
        on_damage(fmt::format("{}: {} lines are in the format cef, which is not searched; --export has them", file.path,
                              of_cef));
}

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

bool LogQuestion::takes(const sinks::LoggedHit& hit) const {
    if (!filter.takes(hit, hit.verdict)) return false;
    if (!name) return true;
    const auto its_name = wire::Name::parse(hit.name);
    return its_name && its_name->is_below_or_equal(*name);
}

void search_log(const std::vector<OpenLogFile>& files, const LogQuestion& question,
                const std::function<void(const FoundLine&)>& on_found, const OnDamage& on_damage) {
    if (question.limit == 0) {
        for (const OpenLogFile& file : files) search_file(file, question, on_found, on_damage);
        return;
    }
    std::deque<FoundLine> newest;
    for (auto file = files.rbegin(); file != files.rend() && newest.size() < question.limit; ++file) {
        std::deque<FoundLine> of_file;
        search_file(
            *file, question,
            [&](FoundLine found) {
                if (of_file.size() == question.limit - newest.size()) of_file.pop_front();
                of_file.push_back(std::move(found));
            },
            on_damage);
        newest.insert(newest.begin(), std::make_move_iterator(of_file.begin()), std::make_move_iterator(of_file.end()));
    }
    for (const FoundLine& found : newest) on_found(found);
}

Result<ExportedLog> export_log(const std::vector<OpenLogFile>& files, const sinks::LogSpan& span, const Path& to,
                               const OnDamage& on_damage) {
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
    for (const OpenLogFile& each : files)
        read_lines(each, on_damage, [&](std::string_view line, const sinks::LoggedHit& hit) {
            if (!written || !span.has(std::chrono::floor<seconds>(hit.at))) return;
            buffer.append(line).append(1, '\n');
            ++exported.lines;
            if (buffer.size() >= kBuffer) write();
        });
    write();
    if (written) written = file->finish();
    if (!written) return std::move(written).error();
    exported.sha256 = to_hex(digest.finish());
    return exported;
}

}  // namespace cenote::cli
