// SPDX-License-Identifier: Apache-2.0
//
// [[group]]: people by the prefixes they come from.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "resolver/config/answer_mode.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

/// The shape of RFC 5646 §2.1: parts of one to eight letters and digits between hyphens.
bool is_language(std::string_view text) {
    if (text.empty() || text.size() > 35) return false;
    std::size_t part = 0;
    for (const char c : text) {
        if (c == '-' ? part == 0 : std::isalnum(static_cast<unsigned char>(c)) == 0) return false;
        part = c == '-' ? 0 : part + 1;
        if (part > 8) return false;
    }
    return part > 0;
}

void read_group(const TomlTable& table, Draft& draft) {
    policy::Group group;
    group.place = table.place();
    if (const auto name = table.text("name")) group.name = name->value;
    group.answer = read_answer_mode(table, draft);
    group.clients = read_prefixes(table, "clients", draft.diagnostics);
    if (!table.has("clients")) table.error("clients", "'clients' is missing; write clients = [\"10.20.0.0/16\"]");
    if (const auto language = table.text("language")) {
        group.language = language->value;
        if (!is_language(language->value))
            table.error("language", fmt::format("'{}' is not a language; write a tag as in \"ko\" or \"pt-BR\" "
                                                "(RFC 5646)",
                                                language->value));
    }
    const auto id = required_id(table, draft.diagnostics);
    if (!id) return;
    group.id = id->value;
    if (group.name.empty()) group.name = group.id;
    draft.policy.groups.push_back(std::move(group));
}

}  // namespace

void read_groups(const TomlTable& root, Draft& draft) {
    for (const auto& group : root.tables("group")) read_group(group, draft);
}

}  // namespace cenote::config
