// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/handed_log.h"

#include <fmt/format.h>

#include "resolver/report/fields.h"

namespace cenote::report {

void LogReplies::take(const control::Response& part) {
    for (const control::Json& row : part.data)
        log_.files.push_back({row.value(field::kPath, ""), row.value(field::kOpen, false), nullptr});
    open_.insert(open_.end(), part.files.begin(), part.files.end());
}

Result<HandedLog> LogReplies::finish(const control::Response& last) && {
    open_.insert(open_.end(), last.files.begin(), last.files.end());
    if (open_.size() != log_.files.size())
        return Error{
            fmt::format("{} files of the log are in that time, and {} could be opened: raise the limit of open "
                        "files (ulimit -n), or narrow the time",
                        log_.files.size(), open_.size())};
    for (std::size_t i = 0; i < open_.size(); ++i) log_.files[i].fd = open_[i];
    log_.service = last.data.value(field::kService, "");
    log_.unknown = last.data.value(field::kUnknown, "");
    return std::move(log_);
}

}  // namespace cenote::report
