// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/drafts.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "resolver/base/random.h"

namespace cenote {
namespace {

constexpr std::size_t kDigits = 16;

/// NAME of ".NAME.0123456789abcdef"; empty: it is no name of a temporary file.
std::string_view target_of(std::string_view draft) {
    if (draft.size() < kDigits + 3 || draft.front() != '.' || draft[draft.size() - kDigits - 1] != '.') return {};
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (!std::ranges::all_of(draft.substr(draft.size() - kDigits), is_digit)) return {};
    return draft.substr(1, draft.size() - kDigits - 2);
}

}  // namespace

Path draft_path(const Path& target) {
    return target.parent_path() / fmt::format(".{}.{:016x}", target.filename().string(), random_u64());
}

void remove_drafts(const Path& folder, const std::function<bool(std::string_view)>& is_left) {
    UniqueFd fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const int at = fd.get();
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(fd.valid() ? ::fdopendir(at) : nullptr, ::closedir);
    if (entries == nullptr) return;
    static_cast<void>(fd.release());  // it belongs to `entries`
    std::vector<std::string> left;    // removed behind the loop: readdir(3) does not say what a removal does to it
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string_view target = target_of(entry->d_name);
        if (!target.empty() && is_left(target)) left.emplace_back(entry->d_name);
    }
    for (const std::string& name : left) {
        struct stat status {};
        if (::fstatat(at, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISREG(status.st_mode) && status.st_uid == ::geteuid()) ::unlinkat(at, name.c_str(), 0);
    }
}

}  // namespace cenote
