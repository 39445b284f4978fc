// SPDX-License-Identifier: Apache-2.0
//
// [exceptions]: which exceptions may be granted, and how many persons it takes.
#include <fmt/format.h>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

/// "/28"
void read_width(const TomlTable& table, std::string_view key, int highest, std::uint8_t& width) {
    const auto text = table.text(key);
    if (!text) return;
    const bool slash = text->value.starts_with('/');
    const auto prefix = slash ? Prefix::parse((highest == 32 ? "0.0.0.0" : "::") + text->value) : std::nullopt;
    if (prefix)
        width = prefix->length();
    else
        table.error(key, fmt::format("'{}' is '{}'; write /0 to /{}", key, text->value, highest));
}

}  // namespace

void read_exceptions(const TomlTable& root, Draft& draft) {
    const auto table = root.table("exceptions");
    if (!table) return;
    rules::ExceptionLimits& limits = draft.settings.exceptions;
    limits.approvals = table->integer("approvals", 1, 10).value_or(limits.approvals);
    if (const auto max = read_whole_seconds(*table, "max", {seconds{60}, seconds{86400 * 3650}})) limits.max = *max;
    read_width(*table, "widest4", 32, limits.widest4);
    read_width(*table, "widest6", 128, limits.widest6);
}

}  // namespace cenote::config
