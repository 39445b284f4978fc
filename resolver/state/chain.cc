// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/state/backup.h"
#include "resolver/state/state.h"

namespace cenote::state {
namespace {

constexpr std::string_view kBackup = "backup ";
constexpr std::size_t kShownDigits = 16;

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
    std::vector<std::string> breaks;
    std::string before = kNoHead;
    std::uint64_t expected = 1;
    bool head_found = head.empty() || head == kNoHead;
    for (const Record& record : all) {
        if (record.number != expected)
            breaks.push_back(record.number == expected + 1
                                 ? fmt::format("record {} is missing", expected)
                                 : fmt::format("records {} to {} are missing", expected, record.number - 1));
        else if (record.chain != chain_of(record, before))
            breaks.push_back(fmt::format("record {} ({}, {} by {}) is not what was written, or not where it was",
                                         record.number, format_time(record.at), record.action, record.actor));
        head_found = head_found || record.chain == head;
        before = record.chain;
        expected = record.number + 1;
    }
    if (!head_found)
        breaks.push_back(
            fmt::format("no record has the head {}: the end was cut off, or the whole was written anew", head));
    return breaks;
}

std::string backup_node(const std::string& head) { return fmt::format("{}{}", kBackup, head.substr(0, kShownDigits)); }

bool is_backup_node(std::string_view node) noexcept { return node.starts_with(kBackup); }

std::vector<std::string> find_breaks(std::span<const std::pair<std::string, Record>> history, const std::string& head) {
    std::vector<Record> own;
    std::map<std::string, std::vector<Record>> backups;
    bool head_in_backup = false;
    for (const auto& [node, record] : history) {
        if (node.empty()) own.push_back(record);
        if (!is_backup_node(node)) continue;
        backups[node].push_back(record);
        head_in_backup = head_in_backup || record.chain == head;
    }
    auto breaks = find_breaks(own, head_in_backup ? std::string() : head);
    for (const auto& [node, trail] : backups) {
        for (const auto& each : find_breaks(trail, {})) breaks.push_back(fmt::format("{}: {}", node, each));
        const std::string& last = trail.back().chain;
        const bool named = std::any_of(own.begin(), own.end(), [&](const Record& record) {
            return record.action == "restore" && record.after.find(last) != std::string::npos;
        });
        if (!named) breaks.push_back(fmt::format("{}: no restore brought a trail that ends like this", node));
    }
    for (const Record& record : own) {
        const auto kept = record.after.find(kKeptAs);
        if (record.action != "restore" || kept == std::string::npos) continue;
        const std::string node = record.after.substr(kept + kKeptAs.size());
        if (!backups.contains(node)) breaks.push_back(fmt::format("{}: all records are missing", node));
    }
    return breaks;
}

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
