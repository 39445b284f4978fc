// SPDX-License-Identifier: Apache-2.0
//
// [[tsig]], [[serve_rpz]], [exceptions]: read and checked, but served by a later version. Where ignoring them would
// leave a promise of the file unkept, that is an error.
#include <fmt/format.h>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

void read_width(const TomlTable& table, std::string_view key, int highest) {
    const auto text = table.text(key);
    if (!text) return;
    const bool slash = text->value.starts_with('/');
    const auto prefix = slash ? Prefix::parse((highest == 32 ? "0.0.0.0" : "::") + text->value) : std::nullopt;
    if (!prefix) table.error(key, fmt::format("'{}' is '{}'; write /0 to /{}", key, text->value, highest));
}

}  // namespace

void read_transfer(const TomlTable& root, Draft& draft) {
    for (const auto& tsig : root.tables("tsig")) {
        if (const auto name = tsig.required_text("name")) (void)to_name(*name, draft.diagnostics);
        (void)tsig.text("algorithm");
        (void)tsig.required_text("secret_file");
        draft.diagnostics.error(tsig.place(), "this version does not sign transfers yet; remove [[tsig]]");
    }
    for (const auto& zone : root.tables("serve_rpz")) {
        if (const auto name = zone.required_text("zone")) (void)to_name(*name, draft.diagnostics);
        (void)zone.text("group");
        (void)zone.texts("tsig");
        (void)zone.texts("notify");
        draft.diagnostics.error(zone.place(), "this version does not serve RPZ zones yet; remove [[serve_rpz]]");
    }
}

void read_exceptions(const TomlTable& root, Draft& draft) {
    const auto table = root.table("exceptions");
    if (!table) return;
    (void)table->integer("approvals", 1, 10);
    (void)duration(*table, "max", {seconds{60}, seconds{86400 * 3650}});
    read_width(*table, "widest4", 32);
    read_width(*table, "widest6", 128);
    draft.diagnostics.warning(table->place(), "this version does not grant exceptions yet; nothing obeys [exceptions]");
}

}  // namespace cenote::config
