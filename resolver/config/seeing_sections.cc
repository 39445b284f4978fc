// SPDX-License-Identifier: Apache-2.0
//
// [privacy], [history] and [log]: what is kept and shown of queries.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
void read_privacy(const TomlTable& root, Draft& draft) {
    const auto table = root.table("privacy");
    if (!table) return;
    sinks::PrivacyOptions& privacy = draft.settings.privacy;
    if (const auto identity = read_word(*table, "identity", telemetry::parse_identity, "none, pseudonym, address"))
        privacy.identity = *identity;
    if (const auto text = table->text("agreement")) privacy.agreement = text->value;
    if (const auto rotate = read_whole_seconds(*table, "rotate", {kHour, 366 * kDay})) privacy.rotate = *rotate;
    privacy.smallest = static_cast<std::uint32_t>(table->integer("smallest", 1, 1000).value_or(privacy.smallest));
    if (privacy.identity != telemetry::IdentityLevel::None && privacy.agreement.empty())
        table->error("identity",
                     "this keeps what identifies people; name what allows it in 'agreement' (a works agreement, an "
                     "impact assessment), or write identity = \"none\"");
}

void read_history(const TomlTable& root, Draft& draft) {
    const auto table = root.table("history");
    if (!table) return;
    history::Options& history = draft.settings.history;
    if (const auto file = table->text("file")) {
        history.file = file->value.empty() ? Path() : to_path(file->value, draft.folder);
        draft.has_history_file = true;
    }
    if (const auto keep = read_whole_seconds(*table, "keep_minutes", {kHour, 3660 * kDay}))
        history.keep_minutes = *keep;
    if (const auto keep = read_whole_seconds(*table, "keep_hours", {kDay, 36600 * kDay})) history.keep_hours = *keep;
}

void read_log(const TomlTable& root, Draft& draft) {
    const auto table = root.table("log");
    if (!table) return;
    sinks::LogOptions& log = draft.settings.log;
    if (const auto file = table->text("file"); file && !file->value.empty())
        log.file = to_path(file->value, draft.folder);
    if (const auto format = read_word(*table, "format", sinks::parse_log_format, "jsonl, ecs, ocsf, cef"))
        log.format = *format;
    if (const auto what = read_word(*table, "what", sinks::parse_scope, "directives, all")) log.what = *what;
    if (const auto keep = read_whole_seconds(*table, "keep", {kDay, 3660 * kDay})) log.keep = *keep;
    constexpr std::uint64_t kSmallest = std::uint64_t{1} << 20;
    constexpr std::uint64_t kLargest = std::uint64_t{1} << 44;
    if (const auto size = table->size("max_size")) {
        log.max_size = std::clamp(*size, kSmallest, kLargest);
        if (log.max_size != *size)
            table->error("max_size", fmt::format("a file has {} to {}", format_size(kSmallest), format_size(kLargest)));
    }
}

}  // namespace cenote::config
