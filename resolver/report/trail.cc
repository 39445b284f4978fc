// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/trail.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "resolver/report/proof_record.h"
#include "resolver/report/records.h"
#include "resolver/report/seals.h"

namespace cenote::report {
namespace {

using state::Record;
using Lines = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t kValueMax = 60;  // bytes of a value that a sentence shows

/// The lines "key = value" of a document, with the quotes and brackets of the values removed.
Lines fields_of(std::string_view text) {
    Lines fields;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto equals = line.find(" = ");
        if (equals == std::string_view::npos || line.starts_with('[')) continue;
        std::string value(line.substr(equals + 3));
        std::erase_if(value, [](char c) { return c == '"' || c == '[' || c == ']'; });
        fields.emplace(line.substr(0, equals), std::move(value));
    }
    return fields;
}

std::string value_in(const Lines& fields, std::string_view key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::string() : found->second;
}

std::string say(const TrailWords& words, std::string_view key, const SentenceValues& values = {}) {
    const Phrase* phrase = phrase_in(trail_phrases(), key);
    return phrase == nullptr ? std::string(key) : fill(phrase->in(words.language), values);
}

/// A step, or "nothing" for none.
std::string step_word(const TrailWords& words, const std::string& step) {
    return step.empty() || step == "nothing" ? say(words, "trail.nothing") : words.word("step", step);
}

std::string shown(const std::string& value, const TrailWords& words) {
    if (value.empty()) return say(words, "trail.none");
    const auto time = parse_time(value);
    return time ? words.time(*time) : value;
}

/// The phrase with the time of a field; empty where the field is.
std::string time_part(const Lines& fields, std::string_view field, std::string_view key, const TrailWords& words) {
    const std::string value = value_in(fields, field);
    return value.empty() ? std::string() : say(words, key, {{"at", shown(value, words)}});
}

std::string groups_text(const Lines& fields, const TrailWords& words) {
    const std::string groups = value_in(fields, "groups");
    return groups.empty() ? say(words, "trail.everyone") : groups;
}

/// "restrict service:deepseek for moti from … until …"
std::string directive_text(const Lines& fields, const TrailWords& words) {
    std::string targets = value_in(fields, "targets");
    if (targets.size() > kValueMax) targets = targets.substr(0, targets.find(',')) + ", …";
    return say(words, "trail.directive",
               {{"step", words.word("step", value_in(fields, "step"))},
                {"targets", targets},
                {"groups", groups_text(fields, words)}}) +
           time_part(fields, "starts", "trail.from", words) + time_part(fields, "ends", "trail.until", words);
}

std::string allow_text(const Record& record, const Lines& fields, const TrailWords& words) {
    std::string text =
        say(words, "trail.allow", {{"domains", value_in(fields, "domains")}, {"groups", groups_text(fields, words)}});
    const auto ends = parse_time(value_in(fields, "ends"));
    if (!ends) return text;
    text += say(words, "trail.until", {{"at", words.time(*ends)}});
    if (*ends > record.at) text += fmt::format(" ({})", format_duration(*ends - record.at));
    return text;
}

/// Every key with another value, as "old → new" where both are short.
std::string differences(const Lines& before, const Lines& after, const TrailWords& words) {
    Lines keys = after;
    keys.insert(before.begin(), before.end());
    std::string text;
    for (const auto& [key, ignored] : keys) {
        const std::string old_value = value_in(before, key);
        const std::string new_value = value_in(after, key);
        if (old_value == new_value) continue;
        const bool brief = old_value.size() <= kValueMax && new_value.size() <= kValueMax;
        const auto value_text = [&words, is_step = key == "step"](const std::string& value) {
            return is_step && !value.empty() ? words.word("step", value) : shown(value, words);
        };
        const std::string change =
            brief ? fmt::format("{} → {}", value_text(old_value), value_text(new_value)) : say(words, "trail.changed");
        text += fmt::format("{}{}{}", text.empty() ? "" : "; ", key == "step" ? "" : key + " ", change);
    }
    return text;
}

/// What a record says of an extension, and what holds then; empty: it is not about one.
std::string extension_text(const Record& record, const Lines& before, const Lines& after, const TrailWords& words) {
    const auto from = parse_time(value_in(before, "ends"));
    const auto to = parse_time(value_in(after, "ends"));
    if (!from || !to) return {};
    const auto asked = parse_time(value_in(before, "extend_to"));
    const auto asks = parse_time(value_in(after, "extend_to"));
    const SentenceValues later{
        {"from", words.time(*from)}, {"to", words.time(*to)}, {"more", format_duration(*to - *from)}};
    if (record.action == "exception extend") {
        if (!asks) return say(words, "trail.extended", later);
        return say(words, "trail.extension_asked",
                   {{"until", words.time(*asks)}, {"more", format_duration(*asks - *to)}, {"to", words.time(*to)}});
    }
    if (!asked) return {};
    if (record.action == "exception approve") {
        if (!asks) return say(words, "trail.extension_approved", later);
        return say(words, "trail.extension_half", {{"until", words.time(*asks)}, {"to", words.time(*to)}});
    }
    if (record.action != "exception deny") return {};
    const bool own = record.actor == value_in(before, "extend_asked_by");
    return say(words, own ? "trail.extension_withdrawn" : "trail.extension_denied",
               {{"until", words.time(*asked)}, {"to", words.time(*to)}});
}

std::string exception_text(const Record& record, const TrailWords& words) {
    const Lines before = fields_of(record.before);
    const Lines after = fields_of(record.after.empty() ? record.before : record.after);
    if (auto text = extension_text(record, before, after, words); !text.empty()) return text;
    const std::string client = value_in(after, "client");
    std::string text = say(
        words, "trail.exception",
        {{"whom", client.empty() ? value_in(after, "group") : client}, {"directive", value_in(after, "directive")}});
    if (const std::string lasts = value_in(after, "lasts"); !lasts.empty())
        text += say(words, "trail.for", {{"lasts", lasts}});
    text += time_part(after, "ends", "trail.until", words);
    if (record.action == "exception request" || record.action == "exception emergency")
        text += fmt::format(", {}", value_in(after, "purpose"));
    if (record.action == "exception approve" && value_in(after, "stage") != "granted")
        text += say(words, "trail.one_more");
    return text;
}

/// "set 5b0c… → 91ae…"; empty: the set stayed.
std::string set_change(const Record& record, const TrailWords& words) {
    if (record.before == record.after || record.before.empty()) return {};
    const auto set_in = [](const std::string& text) {
        constexpr std::string_view kSet = "set ";
        return text.starts_with(kSet) ? text.substr(kSet.size(), text.find(' ', kSet.size()) - kSet.size()) : text;
    };
    return say(words, "trail.set", {{"before", set_in(record.before)}, {"after", set_in(record.after)}});
}

/// What the record of a document has changed.
std::string document_change(const Record& record, const TrailWords& words) {
    const std::string_view action = record.action;
    const std::string& text = record.after.empty() ? record.before : record.after;
    if (action.starts_with("exception ")) return exception_text(record, words);
    if (action.starts_with("suspen")) return say(words, "trail.suspension", {{"at", shown(text, words)}});
    if (!record.before.empty() && !record.after.empty())
        return differences(fields_of(record.before), fields_of(record.after), words);
    std::string what;
    if (text.starts_with("[[directive]]")) what = directive_text(fields_of(text), words);
    if (text.starts_with("[[allow]]")) what = allow_text(record, fields_of(text), words);
    return record.after.empty() && !what.empty() ? say(words, "trail.was", {{"what", what}}) : what;
}

std::string edge_key(const Record& record) { return "edge." + record.action; }

bool is_of_daemon(const Record& record) {
    return record.action == "start" || record.action == "stop" || record.action == "gap";
}

/// A table of the files that is no directive may have the id of one, and an id may look like a day.
bool is_of_other_table(std::string_view action) {
    return action.starts_with("group ") || action.starts_with("list ") || action.starts_with("sinkhole ") ||
           action == "allow add" || action == "allow change" || action == "allow remove" || action == kSeal;
}

/// Records of a rule, and of exceptions from it.
bool is_about(const Record& record, const std::string& id) {
    if (record.object == id && !is_of_other_table(record.action)) return true;
    const std::string line = fmt::format("\ndirective = \"{}\"\n", id);
    return record.action.starts_with("exception ") && record.after.find(line) != std::string::npos;
}

/// Of a rule, as the audit trail has it: of a directive, exception, allow or suspension.
bool is_of_rule(const std::string& action) {
    for (const char* word : {"directive", "exception", "allow", "suspen", "resume"})
        if (action.starts_with(word)) return !is_of_other_table(action);
    return false;
}

bool is_end_of_directive(const std::string& action) {
    return action == "directive lift" || action == "directive remove" || action == "directive end";
}

/// "dns1 digest HEX", and where it was sealed before "dns1 digest HEX → dns1 digest HEX".
std::string seal_change(const Record& record) {
    const auto main_digest = [](const std::string& text) { return text.substr(0, text.find(", counts ")); };
    return (record.before.empty() ? "" : main_digest(record.before) + " → ") + main_digest(record.after);
}

}  // namespace

bool is_edge(const Record& record) { return phrase_in(trail_phrases(), edge_key(record)) != nullptr; }

std::string sentence_of(const Record& record, const TrailWords& words) {
    if (is_edge(record))
        return say(words, edge_key(record),
                   {{"directive", record.object},
                    {"before", step_word(words, record.before)},
                    {"after", step_word(words, record.after)}});
    if (record.action == "gap")
        return say(words, "trail.gap", {{"from", shown(record.before, words)}, {"to", shown(record.after, words)}});
    std::string what;
    if (record.action == "reload refused")
        what = record.after.substr(0, record.after.find('\n'));
    else if (record.action == "reload" || record.action.starts_with("update"))
        what = set_change(record, words);
    else if (record.action == "accept clock")
        what = fmt::format("{} → {}", shown(record.before, words), shown(record.after, words));
    else if (record.action == kProofAction)
        what = proof_sentence(record.after, words.language);
    else if (record.action == kSeal)
        what = seal_change(record);
    else if (record.action == "restore" || record.action == "state import")
        what = record.after;
    else if (!is_of_daemon(record))
        what = document_change(record, words);
    return fmt::format("{}{}{}{}{}", words.word("audit_action", record.action), record.object.empty() ? "" : " ",
                       record.object, what.empty() ? "" : ": ", what);
}

Json numbered_json(const Record& record, const std::string& node) {
    Json row = record_json(record, node);
    row[field::kId] = record.number;
    return row;
}

Result<Record> record_of(const Json& row) {
    Record record;
    record.number = row.value(field::kId, std::uint64_t{0});
    const auto at = parse_time(row.value(field::kAt, ""));
    if (!at) return Error{fmt::format("record {}: {}", record.number, at.error().text)};
    record.at = *at;
    for (const RecordText& each : kRecordTexts) record.*each.text = row.value(each.field, "");
    return record;
}

History records_about(const History& all, const std::string& id) {
    History found;
    bool lives = false;
    for (const auto& [node, record] : all) {
        const bool about = is_about(record, id);
        if (about || (lives && node.empty() && is_of_daemon(record))) found.emplace_back(node, record);
        if (about && record.object == id && record.action.starts_with("directive "))
            lives = !is_end_of_directive(record.action);
    }
    return found;
}

std::vector<std::string> rule_ids(const History& all) {
    std::vector<std::string> ids;
    for (const auto& [node, record] : all)
        if (is_of_rule(record.action) && !record.object.empty()) ids.push_back(record.object);
    return ids;
}

Json rule_json(const state::Rule& rule) {
    return {
        {"kind", state::rule_kind_to_text(rule.kind)}, {"id", rule.id}, {"text", rule.text}, {"lifted", rule.lifted}};
}

Json verification_json(const History& all, const std::string& head) {
    std::size_t own = 0;
    std::size_t of_backups = 0;
    std::string last = state::kNoHead;
    for (const auto& [node, record] : all) {
        if (state::is_backup_node(node)) ++of_backups;
        if (!node.empty()) continue;
        ++own;
        last = record.chain;
    }
    Json sentences = Json::array();
    Json breaks = Json::array();
    for (const Sentence& each : state::break_sentences(all, head)) {
        breaks.push_back(each.text(state::break_phrases(), "break"));
        sentences.push_back(sentence_json(each));
    }
    return {{"breaks", std::move(breaks)},
            {field::kSentences, std::move(sentences)},
            {"records", own},
            {"head", last},
            {"of_backups", of_backups}};
}

}  // namespace cenote::report
