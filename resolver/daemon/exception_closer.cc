// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/exception_closer.h"

#include <fmt/format.h>

namespace cenote::daemon {
namespace {

constexpr std::size_t kClosedAtOnce = 200;  // the caller asks again a minute later

EndedRule end(const rules::ParsedRule& made, WallTime at, const state::StateReader& archive) {
    state::Record record;
    record.at = at;
    record.actor = "cenoted";
    record.action = fmt::format("{} end", state::rule_kind_to_text(made.rule.kind));
    record.object = made.rule.id;
    record.before = made.rule.text;
    state::Rule rule = made.rule;
    rule.lifted = true;
    if (made.exception) {
        rules::ExceptionDocument document = *made.exception;
        document.stage = rules::Stage::Ended;
        document.extension.reset();
        document.closed_at = at;
        rule = rules::to_rule(document);
        record.after = rule.text;
        const auto use = archive.use(rule.id);
        if (use) record.note = use_to_text(*use);
    }
    return {std::move(rule), std::move(record)};
}

}  // namespace

std::vector<EndedRule> ExceptionCloser::find_ended(const ClockReading& now) {
    std::vector<EndedRule> ended;
    for (const rules::ParsedRule& made : rulebook_.rules()) {
        if (made.rule.lifted || !made.ends || *made.ends > now.latest) continue;
        if (ended.empty()) uses_.flush(now);
        ended.push_back(end(made, now.wall, rulebook_.archive()));
        if (ended.size() == kClosedAtOnce) break;
    }
    return ended;
}

}  // namespace cenote::daemon
