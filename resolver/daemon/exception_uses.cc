// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/exception_uses.h"

#include <fmt/format.h>

#include "resolver/base/log.h"
#include "resolver/base/time_text.h"

namespace cenote::daemon {

void ExceptionUses::flush(const ClockReading& now) {
    if (!rulebook_.usable()) return;
    std::vector<state::Use> uses;
    const auto wall_of = [&](Ticks at) { return now.wall - std::chrono::floor<seconds>(now.ticks - at); };
    for (const telemetry::ExceptionUse& used : hub_.collect().exceptions) {
        const std::string id = keys_.name(telemetry::KeyKind::Exception, used.exception);
        const std::uint64_t written = written_[id];
        if (used.count > written)
            uses.push_back({id, used.count - written, wall_of(used.first_seen), wall_of(used.last_seen)});
    }
    if (uses.empty()) return;
    if (auto added = rulebook_.add_uses(uses); !added) return log::error("{}", added.error().text);
    for (const state::Use& use : uses) written_[use.id] += use.queries;
}

Result<std::optional<UsedException>> ExceptionUses::find_exception(const std::string& id) const {
    auto known = rulebook_.archive().rule(id);
    if (!known) return std::move(known).error();
    if (!*known || (*known)->kind != state::RuleKind::Exception) return std::optional<UsedException>();
    auto document = rules::read_exception(**known);
    if (!document) return std::move(document).error();
    auto use = rulebook_.archive().use(id);
    if (!use) return std::move(use).error();
    return std::optional(UsedException{std::move(*document), std::move(*use)});
}

Result<std::vector<UsedException>> ExceptionUses::page(const std::string& after, std::size_t limit) const {
    const auto rules = rulebook_.archive().exceptions(after, limit);
    if (!rules) return rules.error();
    std::vector<UsedException> all;
    for (const state::Rule& rule : *rules) {
        auto document = rules::read_exception(rule);
        auto use = rulebook_.archive().use(rule.id);
        if (!use) return std::move(use).error();
        if (!document) {  // Rulebook::problem() names it
            document = rules::ExceptionDocument{.id = rule.id, .client = {}};
            document->purpose = "(cannot be read)";
        }
        all.emplace_back(std::move(*document), std::move(*use));
    }
    return all;
}

std::string use_to_text(const state::Use& use) {
    if (use.queries == 0) return "never used";
    return fmt::format("{} queries, first {}, last {}", use.queries, use.first ? format_time(*use.first) : "-",
                       use.last ? format_time(*use.last) : "-");
}

}  // namespace cenote::daemon
