// SPDX-License-Identifier: Apache-2.0
//
// [[group]]: clients by their address prefixes, by names in client certificates and by tokens.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/toml_values.h"
#include "resolver/policy/certificate_name.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/answer_mode.h"
#include "resolver/rules/language.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/toml_writer.h"

namespace cenote::rules {
namespace {

/// The file with tokens is read by config alone: a stored policy has its name, and no secret.
void read_identities(const TomlTable& table, policy::Group& group, Diagnostics& diagnostics) {
    for (const TomlText& text : table.texts("certificates")) {
        if (auto pattern = policy::CertificateName::parse_pattern(text.value); !pattern)
            diagnostics.error(text.place, pattern.error().text);
        else if (std::ranges::find(group.certificates, text.value) != group.certificates.end())
            diagnostics.error(text.place, fmt::format("'{}' is listed twice; remove one", text.value));
        else
            group.certificates.push_back(text.value);
    }
    if (const auto tokens = table.text("tokens")) {
        group.tokens = tokens->value;
        group.tokens_place = tokens->place;
        if (tokens->value.empty())
            table.error("tokens", "'tokens' is empty; name a file with one token a line, or leave it out");
    }
}

void read_group(const TomlTable& table, PolicyDraft& draft) {
    policy::Group group;
    group.place = table.place();
    if (const auto name = table.text("name")) group.name = name->value;
    group.answer = read_answer_mode(table);
    check_answer_mode(group.answer, draft.policy.sinkhole, table.place("answer"), draft.diagnostics);
    group.clients = read_prefixes(table, "clients", draft.diagnostics);
    read_identities(table, group, draft.diagnostics);
    if (!table.has("clients") && !group.has_identities())
        table.error("clients", "'clients' is missing; write clients = [\"10.20.0.0/16\"]");
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
    if (!clients.empty() || !group.has_identities()) table.line("clients", in_quotes(clients));
    if (!group.certificates.empty()) table.line("certificates", in_quotes(group.certificates));
    table.text("tokens", group.tokens);
    table.text("language", group.language);
    if (group.answer) table.text("answer", policy::answer_mode_to_text(*group.answer));
    return std::move(table).finish();
}

}  // namespace cenote::rules
