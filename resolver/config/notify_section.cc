// SPDX-License-Identifier: Apache-2.0
//
// [notify]: the command that gets what needs attention.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {

/// A warning, because the file may come later (a mount, a package), and queries are answered without it.
void read_notify(const TomlTable& root, Draft& draft) {
    const auto notify = root.table("notify");
    if (!notify) return;
    const auto command = notify->text("command");
    if (!command || command->value.empty()) return;
    draft.settings.notify_command = to_path(command->value, draft.folder);
    if (const auto usable = check_command(draft.settings.notify_command); !usable)
        draft.diagnostics.warning(command->place, fmt::format("'{}' {}", command->value, usable.error().text));
}

Status check_command(const Path& command) {
    struct stat found {};
    if (::stat(command.c_str(), &found) != 0)
        return Error{fmt::format("cannot be found: {}; name an executable file, without arguments",
                                 std::generic_category().message(errno))};
    if (!S_ISREG(found.st_mode) || (found.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
        return Error{"is no executable file; name one, without arguments, or run chmod 755"};
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return Error{"can be written by others than its owner, and is not run; run chmod go-w"};
    return Done{};
}

}  // namespace cenote::config
