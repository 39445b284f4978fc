// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/drafts.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
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
    std::vector<Path> left;  // removed behind the loop: an iterator does not say what a removal does to it
    std::error_code error;
    std::filesystem::directory_iterator each(folder.empty() ? Path(".") : folder, error);
    for (const std::filesystem::directory_iterator end; !error && each != end; each.increment(error)) {
        const std::string name = each->path().filename().string();
        const std::string_view target = target_of(name);
        if (!target.empty() && is_left(target)) left.push_back(each->path());
    }
    for (const Path& path : left) {
        struct stat status {};
        if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid())
            ::unlink(path.c_str());
    }
}

}  // namespace cenote
