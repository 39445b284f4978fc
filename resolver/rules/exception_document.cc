// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/exception_document.h"

#include <fmt/format.h>

#include <array>

#include "resolver/base/toml.h"
#include "resolver/rules/toml_writer.h"

namespace cenote::rules {
namespace {

constexpr std::array<std::string_view, 6> kStages{"asked", "granted", "denied", "revoked", "ended", "unconfirmed"};

Result<Stage> parse_stage(std::string_view text) {
    for (std::size_t i = 0; i < kStages.size(); ++i)
        if (kStages[i] == text) return static_cast<Stage>(i);
    return Error{fmt::format("'{}' is not a stage of an exception", text)};
}

std::string text_in(const TomlTable& table, std::string_view key) {
    const auto text = table.text(key);
    return text ? text->value : std::string();
}

std::vector<std::string> texts_in(const TomlTable& table, std::string_view key) {
    std::vector<std::string> values;
    for (auto& text : table.texts(key)) values.push_back(std::move(text.value));
    return values;
}

std::optional<RequestedExtension> read_extension(const TomlTable& table) {
    const auto ends = table.time("extend_to");
    if (!ends) return std::nullopt;
    return RequestedExtension{.ends = *ends,
                              .asked_by = text_in(table, "extend_asked_by"),
                              .asked_at = table.time("extend_asked_at").value_or(WallTime()),
                              .agreed_by = texts_in(table, "extend_agreed_by")};
}

}  // namespace

std::string_view stage_to_text(Stage stage) noexcept { return kStages[static_cast<std::size_t>(stage)]; }

bool is_unratified(const ExceptionDocument& document) noexcept {
    return document.emergency && document.stage == Stage::Granted && !document.ratified;
}

bool is_open(Stage stage) noexcept {
    return stage == Stage::Asked || stage == Stage::Granted || stage == Stage::Unconfirmed;
}

bool waits_for_approval(const ExceptionDocument& document) noexcept {
    return document.stage == Stage::Asked || document.stage == Stage::Unconfirmed || is_unratified(document) ||
           (document.stage == Stage::Granted && document.extension.has_value());
}

state::Rule to_rule(const ExceptionDocument& document) {
    TomlWriter table("[[exception]]");
    table.text("id", document.id);
    table.text("directive", document.directive);
    if (document.client) table.text("client", document.client->to_string());
    table.text("group", document.group);
    table.text("purpose", document.purpose);
    table.text("requester", document.requester);
    table.text("ref", document.ref);
    table.text("stage", stage_to_text(document.stage));
    if (document.emergency) table.line("emergency", "true");
    table.text("asked_by", document.asked_by);
    table.time("asked_at", document.asked_at);
    if (document.lasts) table.text("lasts", format_duration(*document.lasts));
    table.time("ends", document.ends);
    table.texts("agreed_by", document.agreed_by);
    table.text("brought_by", document.brought_by);
    if (document.ratified) table.line("ratified", "true");
    table.time("granted_at", document.granted_at);
    if (const auto& extension = document.extension) {
        table.time("extend_to", extension->ends);
        table.text("extend_asked_by", extension->asked_by);
        table.time("extend_asked_at", extension->asked_at);
        table.texts("extend_agreed_by", extension->agreed_by);
    }
    table.text("closed_by", document.closed_by);
    table.time("closed_at", document.closed_at);
    return {state::RuleKind::Exception, document.id, std::move(table).finish(), !is_open(document.stage)};
}

Result<ExceptionDocument> read_exception(const state::Rule& rule) {
    Diagnostics diagnostics;
    const auto file = TomlFile::parse(rule.text, "exception " + rule.id, diagnostics);
    const auto tables = file ? file->root().tables("exception") : std::vector<TomlTable>();
    if (tables.size() != 1) return Error{fmt::format("exception {} cannot be read", rule.id)};
    const TomlTable& table = tables.front();
    ExceptionDocument read;
    read.id = rule.id;
    read.directive = text_in(table, "directive");
    if (const auto client = table.text("client")) read.client = Prefix::parse(client->value);
    read.group = text_in(table, "group");
    read.purpose = text_in(table, "purpose");
    read.requester = text_in(table, "requester");
    read.ref = text_in(table, "ref");
    const auto stage = parse_stage(text_in(table, "stage"));
    if (!stage) return stage.error();
    read.stage = *stage;
    read.emergency = table.boolean("emergency").value_or(false);
    read.asked_by = text_in(table, "asked_by");
    read.asked_at = table.time("asked_at").value_or(WallTime());
    if (const auto lasts = table.duration("lasts")) read.lasts = std::chrono::ceil<seconds>(*lasts);
    read.ends = table.time("ends");
    read.agreed_by = texts_in(table, "agreed_by");
    read.brought_by = text_in(table, "brought_by");
    read.ratified = table.boolean("ratified").value_or(false);
    read.granted_at = table.time("granted_at");
    read.extension = read_extension(table);
    read.closed_by = text_in(table, "closed_by");
    read.closed_at = table.time("closed_at");
    if (diagnostics.has_errors()) return Error{diagnostics.all().front().to_string()};
    if (read.client.has_value() == !read.group.empty() || (read.stage == Stage::Granted && !read.ends))
        return Error{fmt::format(
            "exception {} has to be for a client or for a group, and to have an end once it is granted", rule.id)};
    return read;
}

void unconfirm_exceptions(std::vector<state::Rule>& rules) {
    for (state::Rule& rule : rules) {
        if (rule.kind != state::RuleKind::Exception) continue;
        auto document = read_exception(rule);
        if (!document || document->stage != Stage::Granted) continue;
        document->stage = Stage::Unconfirmed;
        document->extension.reset();
        rule = to_rule(*document);
    }
}

policy::Exception to_policy(const ExceptionDocument& document) {
    return {.id = document.id,
            .directive = document.directive,
            .client = document.client,
            .group = document.group,
            .ends = document.ends.value_or(WallTime())};
}

}  // namespace cenote::rules
