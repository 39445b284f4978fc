// SPDX-License-Identifier: Apache-2.0
//
// [[tsig]], [[serve_rpz]]: read and checked, but served by a later version. Where ignoring them would
// leave a promise of the file unkept, that is an error.
#include <fmt/format.h>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
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

}  // namespace cenote::config
