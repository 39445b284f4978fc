// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/state_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace cenote::cli {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;

}  // namespace

Result<StateCopy> StateCopy::of(const Path& state) {
    auto owner = AsOwner::of(state.parent_path());
    if (!owner) return std::move(owner).error();
    StateCopy copy(*std::move(owner));
    std::string pattern = (std::filesystem::temp_directory_path() / "cenote-state-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        return Error{fmt::format("cannot make a folder for a copy of the state in {}: {}",
                                 std::filesystem::temp_directory_path().string(), std::strerror(errno))};
    copy.folder_ = pattern;
    if (auto copied = state::copy_state(state, copy.file()); !copied) return std::move(copied).error();
    return copy;
}

StateCopy::~StateCopy() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Status write_new(int from, const Path& file) {
    const UniqueFd to(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    ssize_t count = to.valid() ? 1 : -1;
    while (count > 0) count = ::sendfile(to.get(), from, nullptr, kChunk);
    if (count == 0 && ::fsync(to.get()) == 0) return Done{};
    Error failed{fmt::format("cannot write {}: {}", file.string(), std::strerror(errno))};
    if (to.valid()) ::unlink(file.c_str());
    return failed;
}

}  // namespace cenote::cli
