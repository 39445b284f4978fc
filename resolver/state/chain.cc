// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/state/backup.h"
#include "resolver/state/state.h"

namespace cenote::state {
namespace {

constexpr std::string_view kBackup = "backup ";
constexpr std::size_t kShownDigits = 16;

constexpr std::array kBreakPhrases{
    Phrase{"break.record_missing", "record {n} is missing", "기록 {n}번이 없습니다"},
    Phrase{"break.records_missing", "records {from} to {to} are missing", "기록 {from}번부터 {to}번까지 없습니다"},
    Phrase{"break.record_changed",
           "record {n} ({at}, {action} by {actor}) is not what was written, or not where it was",
           "기록 {n}번({at}, {actor}, {action})의 내용이나 위치가 기록 당시와 다릅니다"},
    Phrase{"break.no_head", "no record has the head {head}: the end was cut off, or the whole was written anew",
           "끝 값이 {head}: 이런 기록이 없습니다. 끝이 잘렸거나 전체를 새로 썼습니다"},
    Phrase{"break.backup_record_missing", "{backup}: record {n} is missing", "{backup}: 기록 {n}번이 없습니다"},
    Phrase{"break.backup_records_missing", "{backup}: records {from} to {to} are missing",
           "{backup}: 기록 {from}번부터 {to}번까지 없습니다"},
    Phrase{"break.backup_record_changed",
           "{backup}: record {n} ({at}, {action} by {actor}) is not what was written, or not where it was",
           "{backup}: 기록 {n}번({at}, {actor}, {action})의 내용이나 위치가 기록 당시와 다릅니다"},
    Phrase{"break.backup_unnamed", "{backup}: no restore brought a trail that ends like this",
           "{backup}: 이렇게 끝나는 기록을 복원한 적이 없습니다"},
    Phrase{"break.backup_missing", "{backup}: all records are missing", "{backup}: 모든 기록이 없습니다"},
};

/// The breaks of one trail. `prefix` is before their kinds, `values` is in each.
std::vector<Sentence> breaks_in(std::span<const Record> all, const std::string& head, const std::string& prefix,
                                const SentenceValues& values) {
    std::vector<Sentence> breaks;
    const auto add = [&](const char* kind, SentenceValues more) {
        more.insert(more.end(), values.begin(), values.end());
        breaks.push_back({prefix + kind, std::move(more)});
    };
    std::string before = kNoHead;
    std::uint64_t expected = 1;
    bool head_found = head.empty() || head == kNoHead;
    for (const Record& record : all) {
        if (record.number == expected + 1)
            add("record_missing", {{"n", std::to_string(expected)}});
        else if (record.number != expected)
            add("records_missing", {{"from", std::to_string(expected)}, {"to", std::to_string(record.number - 1)}});
        else if (record.chain != chain_of(record, before))
            add("record_changed", {{"n", std::to_string(record.number)},
                                   {"at", format_time(record.at)},
                                   {"action", record.action},
                                   {"actor", record.actor}});
        head_found = head_found || record.chain == head;
        before = record.chain;
        expected = record.number + 1;
    }
    if (!head_found) add("no_head", {{"head", head}});
    return breaks;
}

std::vector<std::string> break_texts(const std::vector<Sentence>& breaks) {
    std::vector<std::string> texts;
    for (const Sentence& each : breaks) texts.push_back(each.text(kBreakPhrases, "break"));
    return texts;
}

void hash_field(std::string_view text, Sha256& hash) {
    // The length comes first, so that moving a byte from one field to the next gives another hash.
    const std::string size = fmt::format("{} ", text.size());
    for (const std::string_view part : {std::string_view(size), text}) hash.update(bytes_of(part));
}

}  // namespace

std::string chain_of(const Record& record, const std::string& before) {
    Sha256 hash;
    for (const std::string& field :
         {before, std::to_string(record.number), format_time(record.at), record.actor, record.action, record.object,
          record.before, record.after, record.requester, record.ref, record.note})
        hash_field(field, hash);
    if (!record.policy.empty()) hash_field(record.policy, hash);  // records of the first schema have none
    return to_hex(hash.finish());
}

std::vector<std::string> find_breaks(std::span<const Record> all, const std::string& head) {
    return break_texts(breaks_in(all, head, "", {}));
}

std::string backup_node(const std::string& head) { return fmt::format("{}{}", kBackup, head.substr(0, kShownDigits)); }

bool is_backup_node(std::string_view node) noexcept { return node.starts_with(kBackup); }

std::vector<Sentence> break_sentences(std::span<const std::pair<std::string, Record>> history,
                                      const std::string& head) {
    std::vector<Record> own;
    std::map<std::string, std::vector<Record>> backups;
    bool head_in_backup = false;
    for (const auto& [node, record] : history) {
        if (node.empty()) own.push_back(record);
        if (!is_backup_node(node)) continue;
        backups[node].push_back(record);
        head_in_backup = head_in_backup || record.chain == head;
    }
    auto breaks = breaks_in(own, head_in_backup ? std::string() : head, "", {});
    for (const auto& [node, trail] : backups) {
        const SentenceValues of{{"backup", node}};
        for (Sentence& each : breaks_in(trail, {}, "backup_", of)) breaks.push_back(std::move(each));
        const std::string& last = trail.back().chain;
        const bool named = std::any_of(own.begin(), own.end(), [&](const Record& record) {
            return record.action == "restore" && record.after.find(last) != std::string::npos;
        });
        if (!named) breaks.push_back({"backup_unnamed", of});
    }
    for (const Record& record : own) {
        const auto kept = record.after.find(kKeptAs);
        if (record.action != "restore" || kept == std::string::npos) continue;
        const std::string node = record.after.substr(kept + kKeptAs.size());
        if (!backups.contains(node)) breaks.push_back({"backup_missing", {{"backup", node}}});
    }
    return breaks;
}

std::vector<std::string> find_breaks(std::span<const std::pair<std::string, Record>> history, const std::string& head) {
    return break_texts(break_sentences(history, head));
}

std::span<const Phrase> break_phrases() noexcept { return kBreakPhrases; }

std::string_view rule_kind_to_text(RuleKind kind) noexcept {
    switch (kind) {
        case RuleKind::Directive: return "directive";
        case RuleKind::Allow: return "allow";
        case RuleKind::Suspension: return "suspension";
        case RuleKind::Exception: break;
    }
    return "exception";
}

}  // namespace cenote::state
