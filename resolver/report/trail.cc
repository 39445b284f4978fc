// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/trail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

std::string shown(const std::string& value, const TimeText& time_text) {
    if (value.empty()) return "none";
    const auto time = parse_time(value);
    return time ? time_text(*time) : value;
}

std::string until_text(const Lines& fields, std::string_view key, std::string_view word, const TimeText& time_text) {
    const std::string value = value_in(fields, key);
    return value.empty() ? std::string() : fmt::format(" {} {}", word, shown(value, time_text));
}

/// "restrict service:deepseek for moti from … until …"
std::string directive_text(const Lines& fields, const TimeText& time_text) {
    const std::string groups = value_in(fields, "groups");
    std::string targets = value_in(fields, "targets");
    if (targets.size() > kValueMax) targets = targets.substr(0, targets.find(',')) + ", …";
    return fmt::format("{} {} for {}{}{}", value_in(fields, "step"), targets, groups.empty() ? "everyone" : groups,
                       until_text(fields, "starts", "from", time_text), until_text(fields, "ends", "until", time_text));
}

std::string allow_text(const Record& record, const Lines& fields, const TimeText& time_text) {
    const std::string groups = value_in(fields, "groups");
    std::string text =
        fmt::format("{} for {}", value_in(fields, "domains"), groups.empty() ? std::string("everyone") : groups);
    const auto ends = parse_time(value_in(fields, "ends"));
    if (!ends) return text;
    text += fmt::format(" until {}", time_text(*ends));
    if (*ends > record.at) text += fmt::format(" ({})", format_duration(*ends - record.at));
    return text;
}

/// Every key with another value, as "old → new" where both are short.
std::string differences(const Lines& before, const Lines& after, const TimeText& time_text) {
    Lines keys = after;
    keys.insert(before.begin(), before.end());
    std::string text;
    for (const auto& [key, ignored] : keys) {
        const std::string old_value = value_in(before, key);
        const std::string new_value = value_in(after, key);
        if (old_value == new_value) continue;
        const bool brief = old_value.size() <= kValueMax && new_value.size() <= kValueMax;
        const std::string change =
            brief ? fmt::format("{} → {}", shown(old_value, time_text), shown(new_value, time_text)) : "changed";
        text += fmt::format("{}{}{}", text.empty() ? "" : "; ", key == "step" ? "" : key + " ", change);
    }
    return text;
}

/// What a record says of an extension, and what holds then; empty: it is not about one.
std::string extension_text(const Record& record, const Lines& before, const Lines& after, const TimeText& time_text) {
    const auto from = parse_time(value_in(before, "ends"));
    const auto to = parse_time(value_in(after, "ends"));
    if (!from || !to) return {};
    const auto asked = parse_time(value_in(before, "extend_to"));
    const auto asks = parse_time(value_in(after, "extend_to"));
    const std::string in_force = fmt::format("in force until {}", time_text(*to));
    const std::string later =
        fmt::format("until {} → {} ({} more)", time_text(*from), time_text(*to), format_duration(*to - *from));
    if (record.action == "exception extend") {
        if (!asks) return later;
        return fmt::format("asks for until {}, {} more; {}", time_text(*asks), format_duration(*asks - *to), in_force);
    }
    if (!asked) return {};
    if (record.action == "exception approve") {
        if (!asks) return "the extension is approved: " + later;
        return fmt::format("the extension until {}, one more person is needed; {}", time_text(*asks), in_force);
    }
    if (record.action != "exception deny") return {};
    const bool own = record.actor == value_in(before, "extend_asked_by");
    return fmt::format("the extension until {} is {}; {}", time_text(*asked), own ? "withdrawn" : "denied", in_force);
}

std::string exception_text(const Record& record, const TimeText& time_text) {
    const Lines before = fields_of(record.before);
    const Lines after = fields_of(record.after.empty() ? record.before : record.after);
    if (auto text = extension_text(record, before, after, time_text); !text.empty()) return text;
    const std::string client = value_in(after, "client");
    const std::string lasts = value_in(after, "lasts");
    std::string text = fmt::format("{} from {}{}", client.empty() ? value_in(after, "group") : client,
                                   value_in(after, "directive"), lasts.empty() ? "" : " for " + lasts);
    text += until_text(after, "ends", "until", time_text);
    if (record.action == "exception request" || record.action == "exception emergency")
        text += fmt::format(", {}", value_in(after, "purpose"));
    if (record.action == "exception approve" && value_in(after, "stage") != "granted")
        text += ", one more person is needed";
    return text;
}

/// "set 5b0c… → 91ae…"; empty: the set stayed.
std::string set_change(const Record& record) {
    if (record.before == record.after || record.before.empty()) return {};
    const auto set_in = [](const std::string& text) {
        constexpr std::string_view kSet = "set ";
        return text.starts_with(kSet) ? text.substr(kSet.size(), text.find(' ', kSet.size()) - kSet.size()) : text;
    };
    return fmt::format("set {} → {}", set_in(record.before), set_in(record.after));
}

/// What the record of a document has changed.
std::string document_change(const Record& record, const TimeText& time_text) {
    const std::string_view action = record.action;
    const std::string& text = record.after.empty() ? record.before : record.after;
    if (action.starts_with("exception ")) return exception_text(record, time_text);
    if (action.starts_with("suspen")) return fmt::format("every step observe until {}", shown(text, time_text));
    if (!record.before.empty() && !record.after.empty())
        return differences(fields_of(record.before), fields_of(record.after), time_text);
    std::string what;
    if (text.starts_with("[[directive]]")) what = directive_text(fields_of(text), time_text);
    if (text.starts_with("[[allow]]")) what = allow_text(record, fields_of(text), time_text);
    return record.after.empty() && !what.empty() ? "was " + what : what;
}

struct Phrase {
    std::string_view action;
    std::string_view format;  // {0} the directive, {1} the step before, {2} the step after
};
constexpr std::array<Phrase, 8> kPhrases{{
    {"directive begin", "directive {0} in force: {2}"},
    {"directive end", "directive {0} lapsed: {1} → {2}"},
    {"directive planned step", "directive {0} at its planned step: {1} → {2}"},
    {"directive hours begin", "directive {0} within its hours: {1} → {2}"},
    {"directive hours end", "directive {0} outside its hours: {1} → {2}"},
    {"directive suspended", "directive {0} suspended: {1} → {2}"},
    {"directive resumed", "directive {0} no longer suspended: {1} → {2}"},
    {"directive planned again", "directive {0} planned again, the clock was set back: {1} → {2}"},
}};

const Phrase* phrase_of(const Record& record) {
    const auto* found = std::find_if(kPhrases.begin(), kPhrases.end(),
                                     [&](const Phrase& each) { return each.action == record.action; });
    return found != kPhrases.end() ? found : nullptr;
}

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

bool is_edge(const Record& record) { return phrase_of(record) != nullptr; }

std::string sentence_of(const Record& record, const TimeText& time_text) {
    if (const Phrase* phrase = phrase_of(record))
        return fmt::format(fmt::runtime(phrase->format), record.object,
                           record.before.empty() ? "nothing" : record.before, record.after);
    if (record.action == "gap")
        return fmt::format("gap: cenoted was not there from {} to {}", shown(record.before, time_text),
                           shown(record.after, time_text));
    std::string what;
    if (record.action == "reload refused")
        what = record.after.substr(0, record.after.find('\n'));
    else if (record.action == "reload" || record.action.starts_with("update"))
        what = set_change(record);
    else if (record.action == "accept clock")
        what = fmt::format("{} → {}", shown(record.before, time_text), shown(record.after, time_text));
    else if (record.action == kProofAction)
        what = proof_sentence(record.after);
    else if (record.action == kSeal)
        what = seal_change(record);
    else if (record.action == "restore" || record.action == "state import")
        what = record.after;
    else if (!is_of_daemon(record))
        what = document_change(record, time_text);
    return fmt::format("{}{}{}{}{}", record.action, record.object.empty() ? "" : " ", record.object,
                       what.empty() ? "" : ": ", what);
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
    return {{"breaks", state::find_breaks(all, head)}, {"records", own}, {"head", last}, {"of_backups", of_backups}};
}

}  // namespace cenote::report
