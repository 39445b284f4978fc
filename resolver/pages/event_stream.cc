// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/event_stream.h"

#include <algorithm>

#include "resolver/pages/pages.h"

namespace cenote::pages {

std::string event_text(std::string_view name, std::string_view data) {
    std::string text;
    if (!name.empty()) text.append("event: ").append(name).append("\n");
    for (;;) {
        const auto end = std::min(data.find_first_of("\r\n"), data.size());
        text.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == data.size()) break;
        const bool both = data.substr(end).starts_with("\r\n");
        data.remove_prefix(end + (both ? 2 : 1));
    }
    return text + "\n";
}

std::string_view event_comment() noexcept { return ":\n\n"; }

std::string events_of(std::string_view lines) {
    std::string events;
    while (!lines.empty()) {
        const auto end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.empty()) continue;
        const bool dropped = line.starts_with("{\"dropped\":");
        events += event_text(dropped ? "dropped" : "", line);
    }
    return events;
}

}  // namespace cenote::pages
