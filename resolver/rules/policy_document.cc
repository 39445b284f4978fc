// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/policy_document.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/digest.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/rules_digest.h"
#include "resolver/rules/toml_writer.h"

namespace cenote::rules {
namespace {

constexpr std::string_view kNone = "none";

std::string to_toml(const policy::Exception& exception) {
    TomlWriter table("[[exception]]");
    table.text("id", exception.id);
    table.text("directive", exception.directive);
    if (exception.client) table.text("client", exception.client->to_string());
    table.text("group", exception.group);
    table.time("ends", exception.ends);
    return std::move(table).finish();
}

void read_granted(const TomlTable& root, PolicyDraft& draft) {
    for (const auto& table : root.tables("exception")) {
        policy::Exception exception;
        const auto take = [&table](std::string_view key, std::string& into) {
            if (auto text = table.text(key)) into = std::move(text->value);
        };
        take("id", exception.id);
        take("directive", exception.directive);
        take("group", exception.group);
        if (const auto client = table.text("client")) exception.client = Prefix::parse(client->value);
        exception.ends = table.time("ends").value_or(WallTime());
        draft.policy.exceptions.push_back(std::move(exception));
    }
}

/// Changes with the tokens of any group, and says nothing of one; empty: there are none.
std::string digest_of_tokens(const policy::Options& options) {
    Sha256 all;
    bool any = false;
    for (const policy::Group& group : options.groups) {
        auto tokens = group.token_digests;
        std::ranges::sort(tokens);
        if (!tokens.empty()) all.update(bytes_of(group.id));
        for (const policy::TokenDigest& token : tokens) all.update(token);
        any = any || !tokens.empty();
    }
    return any ? to_hex(all.finish()) : std::string();
}

}  // namespace

SetDigests digests_of(const domainset::DomainSet* set) {
    if (set == nullptr) return {std::string(kNone), std::string(kNone)};
    Sha256 catalogue;
    for (const domainset::Source& source : set->sources())
        if (source.kind == domainset::SourceKind::Service) catalogue.update(source.digest);
    return {domainset::checksum_text(*set), to_hex(catalogue.finish())};
}

std::string policy_document(const policy::Options& options, const domainset::DomainSet* set) {
    TomlWriter head("[policy]");
    const SetDigests digests = digests_of(set);
    head.text("node", options.node);
    head.text("set", digests.set);
    head.text("catalogue", digests.catalogue);
    head.time("suspended_until", options.suspended_until);
    head.text("suspension", options.suspension);
    head.text("tokens", digest_of_tokens(options));
    std::string text = std::move(head).finish() + to_toml(options.sinkhole);
    for (const auto& group : options.groups) text += to_toml(group);
    for (const auto& directive : options.directives) text += to_toml(directive);
    for (const auto& allow : options.allows) text += to_toml(allow);
    for (const auto& exception : options.exceptions) text += to_toml(exception);
    return text;
}

std::string rules_digest(const policy::Options& options, const domainset::DomainSet* set) {
    return rules_digest(options, digests_of(set).catalogue);
}

std::string rules_digest(const policy::Options& options, const std::string& catalogue) {
    TomlWriter head("[policy]");
    head.text("catalogue", catalogue);
    head.time("suspended_until", options.suspended_until);
    head.text("tokens", digest_of_tokens(options));
    std::vector<std::string> rules;
    for (const auto& directive : options.directives) rules.push_back(to_toml(directive));
    for (const auto& allow : options.allows) rules.push_back(to_toml(allow));
    for (const auto& exception : options.exceptions) rules.push_back(to_toml(exception));
    std::ranges::sort(rules);
    std::string text = std::move(head).finish() + to_toml(options.sinkhole);
    for (const auto& group : options.groups) text += to_toml(group);
    for (const std::string& rule : rules) text += rule;
    return to_hex(sha256(bytes_of(text)));
}

Result<StoredPolicy> read_policy_document(const std::string& text) {
    Diagnostics diagnostics;
    PolicyDraft draft(diagnostics);
    StoredPolicy stored;
    if (const auto file = TomlFile::parse(text, "stored policy", diagnostics)) {
        const TomlTable root = file->root();
        if (const auto head = root.table("policy")) {
            const auto take = [&head](std::string_view key, std::string& into) {
                if (auto value = head->text(key)) into = std::move(value->value);
            };
            take("node", draft.policy.node);
            take("set", stored.set);
            take("catalogue", stored.catalogue);
            take("suspension", draft.policy.suspension);
            static_cast<void>(head->has("tokens"));  // so that a version differs from another one by them
            draft.policy.suspended_until = head->time("suspended_until");
        }
        for (const auto read : {read_sinkhole, read_groups, read_directives, read_granted}) read(root, draft);
        file->finish();
    }
    if (auto read = first_error(diagnostics); !read) return std::move(read).error();
    stored.options = std::make_shared<const policy::Options>(std::move(draft.policy));
    return stored;
}

Result<PastPolicy> past_policy(const std::optional<state::PolicyVersion>& stored,
                               std::shared_ptr<const domainset::DomainSet> base, WallTime at) {
    if (!stored)
        return Error{
            fmt::format("no policy is stored for {}; 'cenote audit' shows how far back they go", format_time(at))};
    auto read = read_policy_document(stored->text);
    if (!read) return Error{fmt::format("policy version {}: {}", stored->version, read.error().text)};
    const SetDigests now = digests_of(base.get());
    auto built = policy::Policy::build(read->options, std::move(base), stored->version, at);
    if (!built) return Error{fmt::format("policy version {}: {}", stored->version, built.error().text)};
    PastPolicy past{std::move(*built), {}};
    if (now.catalogue != read->catalogue)
        past.remark = "the catalogue was another one then; names are looked up in the present one";
    else if (now.set != read->set)
        past.remark = "the catalogue was the same then; the lists are the present ones";
    return past;
}

}  // namespace cenote::rules
