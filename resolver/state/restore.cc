// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "resolver/state/database.h"
#include "resolver/state/state.h"

namespace cenote::state {
namespace {

// What SQLite keeps beside a file: its log, and an index of that.
constexpr std::array<std::string_view, 3> kPieces{"", "-wal", "-shm"};

Path with(const Path& path, std::string_view ending) { return path.string() + std::string(ending); }

void remove_all_pieces(const Path& path) {
    std::error_code ignored;
    for (const auto piece : kPieces) std::filesystem::remove(with(path, piece), ignored);
}

Status rename_all_pieces(const Path& from, const Path& to) {
    for (const auto piece : kPieces) {
        std::error_code error;
        std::filesystem::rename(with(from, piece), with(to, piece), error);
        if (error && error != std::errc::no_such_file_or_directory)
            return Error{fmt::format("cannot rename {} to {}: {}", with(from, piece).string(), with(to, piece).string(),
                                     error.message())};
    }
    return Done{};
}

/// Its owner is this process's user: root works here as the owner of the folder.
void keep_mode_of(const Path& path, const Path& copy) {
    struct stat there {};
    if (::stat(path.c_str(), &there) == 0) static_cast<void>(::chmod(copy.c_str(), there.st_mode & 07777));
}

/// The rules as they shall be, and the record behind the trail; written into the copy.
Result<Record> adapt_copy(const Path& copy, const std::function<void(std::vector<Rule>&)>& adapt, Record record) {
    const auto trail = read_audit(copy);
    if (!trail) return trail.error();
    if (const auto breaks = find_breaks(*trail, {}); !breaks.empty())
        return Error{
            fmt::format("the audit trail of the backup is not whole: {}; nothing has changed", breaks.front())};
    auto opened = State::open(copy);
    if (!opened) return std::move(opened).error();
    const auto rules = (*opened)->rules();
    if (!rules) return rules.error();
    Import changed{.rules = *rules, .history = {}};
    adapt(changed.rules);
    return (*opened)->import(changed, {.record = std::move(record)});
}

}  // namespace

Result<Record> restore_state(const Path& backup, const Path& path, const std::function<void(std::vector<Rule>&)>& adapt,
                             Record record) {
    const Path copy = with(path, ".restoring");
    const Path kept = with(path, ".before-restore");
    remove_all_pieces(copy);
    if (auto copied = copy_state(backup, copy); !copied) {
        remove_all_pieces(copy);
        return std::move(copied).error();
    }
    keep_mode_of(path, copy);
    auto written = adapt_copy(copy, adapt, std::move(record));
    if (!written) {
        remove_all_pieces(copy);
        return written;
    }
    remove_all_pieces(kept);
    if (auto renamed = rename_all_pieces(path, kept); !renamed) return std::move(renamed).error();
    if (auto renamed = rename_all_pieces(copy, path); !renamed) return std::move(renamed).error();
    return written;
}

}  // namespace cenote::state
