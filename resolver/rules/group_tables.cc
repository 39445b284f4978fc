// SPDX-License-Identifier: Apache-2.0
//
// [[group]]: clients by their address prefixes.
#include <fmt/format.h>

#include "resolver/base/toml_values.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/answer_mode.h"
#include "resolver/rules/language.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/toml_writer.h"

namespace cenote::rules {
namespace {

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
        check_language(language->value, language->place, draft.diagnostics);
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
