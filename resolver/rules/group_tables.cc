// SPDX-License-Identifier: Apache-2.0
//
// [[group]]: clients by their address prefixes.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "resolver/base/toml_values.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/answer_mode.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/toml_writer.h"

namespace cenote::rules {
namespace {

/// The syntax of RFC 5646 §2.1: subtags of one to eight letters and digits between hyphens.
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

void read_group(const TomlTable& table, PolicyDraft& draft) {
    policy::Group group;
    group.place = table.place();
    if (const auto name = table.text("name")) group.name = name->value;
    group.answer = read_answer_mode(table);
    check_answer_mode(group.answer, draft.policy.sinkhole, table.place("answer"), draft.diagnostics);
    group.clients = read_prefixes(table, "clients", draft.diagnostics);
    if (!table.has("clients")) table.error("clients", "'clients' is missing; write clients = [\"10.20.0.0/16\"]");
    if (const auto language = table.text("language")) {
        group.language = language->value;
        if (!is_language(language->value))
            table.error("language", fmt::format("'{}' is not a language; write a tag as in \"ko\" or \"pt-BR\" "
                                                "(RFC 5646)",
                                                language->value));
    }
    if (const auto expected = table.integer("expected", 1, 100'000'000))
        group.expected = static_cast<std::uint64_t>(*expected);
    const auto id = required_id(table, draft.diagnostics);
    if (!id) return;
    group.id = id->value;
    if (group.name.empty()) group.name = group.id;
    draft.policy.groups.push_back(std::move(group));
}

}  // namespace

void read_groups(const TomlTable& root, PolicyDraft& draft) {
    for (const auto& group : root.tables("group")) read_group(group, draft);
}

std::string to_toml(const policy::Group& group) {
    TomlWriter table("[[group]]");
    table.text("id", group.id);
    table.text("name", group.name);
    std::vector<std::string> clients;
    for (const Prefix& prefix : group.clients) clients.push_back(prefix.to_string());
    table.line("clients", in_quotes(clients));
    table.text("language", group.language);
    if (group.answer) table.text("answer", policy::answer_mode_to_text(*group.answer));
    return std::move(table).finish();
}

}  // namespace cenote::rules
