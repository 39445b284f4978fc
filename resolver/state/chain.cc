// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/state/state.h"

namespace cenote::state {
namespace {

void add(std::string_view text, Sha256& hash) {
    // The length in front: no two records with other borders between their fields hash alike.
    const std::string size = fmt::format("{} ", text.size());
    for (const std::string_view part : {std::string_view(size), text})
        hash.update({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()});
}

}  // namespace

std::string chain_of(const Record& record, const std::string& before) {
    Sha256 hash;
    for (const std::string& field :
         {before, std::to_string(record.number), format_time(record.at), record.actor, record.action, record.object,
          record.before, record.after, record.requester, record.ref, record.note})
        add(field, hash);
    if (!record.policy.empty()) add(record.policy, hash);  // records of the first schema have none
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
