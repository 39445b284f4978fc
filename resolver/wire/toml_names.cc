// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/toml_names.h"

namespace cenote::wire {

std::optional<Name> read_name(const TomlText& text, NameUse use, Diagnostics& diagnostics) {
    auto typed = parse_typed_name(text.value, use);
    if (!typed) {
        diagnostics.error(text.place, std::move(typed).error().text);
        return std::nullopt;
    }
    if (!typed->note.empty()) diagnostics.note(text.place, std::move(typed->note));
    return typed->name;
}

std::vector<Name> read_subtrees(const TomlTable& table, std::string_view key, Diagnostics& diagnostics) {
    std::vector<Name> names;
    for (const auto& text : table.texts(key))
        if (auto name = read_name(text, NameUse::Subtree, diagnostics)) names.push_back(*name);
    return names;
}

}  // namespace cenote::wire
