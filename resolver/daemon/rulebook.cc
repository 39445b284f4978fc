// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/rulebook.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "resolver/base/log.h"
#include "resolver/policy/policy.h"

namespace cenote::daemon {
namespace {

/// A closed rule is removed, but for the last suspension, which shows that none before it counts.
void put_among(std::vector<rules::ParsedRule>& rules, const state::Rule& rule) {
    const bool suspension = rule.kind == state::RuleKind::Suspension;
    const auto known =
        std::find_if(rules.begin(), rules.end(), [&](const auto& each) { return each.rule.id == rule.id; });
    if (known != rules.end() && (!rule.lifted || suspension)) {
        *known = rules::parse_rule(rule);
    } else if (known != rules.end()) {
        rules.erase(known);
    } else if (!rule.lifted) {
        if (suspension)
            std::erase_if(rules, [](const auto& each) { return each.rule.kind == state::RuleKind::Suspension; });
        rules.push_back(rules::parse_rule(rule));
    }
}

Status add_runtime_rules(Loaded& loaded, rules::RuntimeRules made, const Rulebook::MayBeLeftOut& may_be_left_out) {
    std::set<std::string> left_out;
    std::string why = made.unreadable;
    rules::FilePolicy of_files = config::file_policy(loaded.settings);
    of_files.policy = loaded.written;
    const auto is_left_out = [&](const auto& document) { return left_out.contains(document->name); };
    for (;;) {
        Diagnostics found;
        auto both = rules::add_runtime_rules(of_files, made, found);
        const std::size_t read = found.all().size();  // the others are on the policy
        if (both != nullptr) policy::Policy::check(*both, loaded.base.get(), found);
        if (!found.has_errors()) {
            loaded.settings.policy = std::move(both);
            loaded.left_out = std::move(left_out);
            loaded.why_left_out = std::move(why);
            keep_findings(loaded, std::span(found.all()).subspan(read));
            return Done{};
        }
        for (const Diagnostic& diagnostic : found.all()) {
            const std::string& name = diagnostic.place.file;
            if (diagnostic.severity != Diagnostic::Severity::Error || !may_be_left_out(name)) continue;
            left_out.insert(name);
            why += diagnostic.to_string() + "\n";
        }
        if (std::erase_if(made.documents, is_left_out) == 0) return Error{all_errors(found)};
    }
}

}  // namespace

Rulebook::Rulebook(Path state) : path_(std::move(state)) { open(); }

void Rulebook::open() {
    auto opened = state::State::open(path_);
    if (!opened) {
        problem_ = fmt::format(
            "{}; until it can be used no rule can be changed at the command line, those that "
            "were are not in force, and nothing is audited",
            opened.error().text);
        no_archive_ = state::unusable_state(problem_);
        return;
    }
    state_ = std::move(*opened);
    read_open_rules();
}

void Rulebook::read_open_rules() {
    rules_.clear();
    auto open = state_->open_rules();
    if (!open) {
        problem_ = open.error().text;
        return;
    }
    for (state::Rule& rule : *open) rules_.push_back(rules::parse_rule(std::move(rule)));
}

std::string Rulebook::problem(const Loaded& in_force) const {
    if (!problem_.empty() || in_force.why_left_out.empty()) return problem_;
    std::string why = in_force.why_left_out;
    why.pop_back();  // the end of the last line
    std::replace(why.begin(), why.end(), '\n', ' ');
    return fmt::format("rules of the command line are not in force: {}", why);
}

void Rulebook::note_not_in_force(const std::string& why) {
    if (!why.empty())
        problem_ = fmt::format("rules of the command line are not in force: {}", why);
    else if (usable())
        problem_.clear();
}

Rulebook::Remembered Rulebook::remembered() const {
    Remembered known;
    if (const auto highest = archive().highest_version()) known.version = *highest;
    if (const auto latest = archive().latest_time()) known.latest = *latest;
    if (auto last = archive().last_start_or_stop()) known.last_run = std::move(*last);
    return known;
}

const state::StateReader& Rulebook::archive() const noexcept { return usable() ? *state_ : *no_archive_; }

std::vector<rules::ExceptionDocument> Rulebook::open_exceptions() const {
    std::vector<rules::ExceptionDocument> open;
    for (const auto& made : rules_)
        if (made.exception && !made.rule.lifted) open.push_back(*made.exception);
    return open;
}

std::string Rulebook::audit_head() const { return usable() ? state_->head() : std::string(); }

Status Rulebook::add_to(Loaded& loaded, const MayBeLeftOut& may_be_left_out) const {
    return add_runtime_rules(loaded, rules::runtime_rules(rules_), may_be_left_out);
}

Result<Loaded> Rulebook::with_rules(const Loaded& in_force, const std::vector<const state::Rule*>& more) const {
    if (!usable()) return Error{problem_};
    std::vector<rules::ParsedRule> all = rules_;
    for (const state::Rule* rule : more) put_among(all, *rule);
    Loaded next = in_force;
    const auto was_left_out = [&](const std::string& name) {
        return in_force.left_out.contains(name) && std::none_of(more.begin(), more.end(), [&](const state::Rule* rule) {
                   return name.ends_with(" " + rule->id);
               });
    };
    if (auto added = add_runtime_rules(next, rules::runtime_rules(all), was_left_out); !added)
        return std::move(added).error();
    return next;
}

Result<std::vector<state::Record>> Rulebook::commit(const std::vector<state::Change>& changes,
                                                    const state::Import& import, const state::TrailMark& mark) {
    if (!usable()) return Error{problem_};
    auto written = state_->commit(changes, import, mark);
    if (!written) return written;
    for (const state::Change& change : changes)
        if (change.rule != nullptr) put_among(rules_, *change.rule);
    for (const state::Rule& rule : import.rules) put_among(rules_, rule);
    return written;
}

Result<UniqueFd> Rulebook::open_copy() const {
    if (!usable()) return Error{problem_};
    return state::copy_without_name(path_);
}

void Rulebook::keep_version(const state::PolicyVersion& version) {
    if (!usable()) return;
    if (auto kept = state_->keep_version(version); !kept)
        log::error("the version of the policy is not kept: {}", kept.error().text);
}

void Rulebook::keep_configuration(const config::Settings& settings, WallTime at) {
    if (!usable()) return;
    if (auto kept = state_->keep_configuration({at, *settings.files}); !kept)
        log::error("the configuration is not kept, and a start cannot return to it: {}", kept.error().text);
}

Status Rulebook::add_uses(const std::vector<state::Use>& uses) {
    if (!usable()) return Error{problem_};
    return state_->add_uses(uses);
}

void Rulebook::note_time(WallTime latest) {
    if (!usable()) return;
    if (auto noted = state_->note_time(latest); !noted) log::error("{}", noted.error().text);
}

Result<state::Record> Rulebook::accept_clock(state::Record record) {
    if (!usable()) return Error{problem_};
    return state_->set_back_time(std::move(record));
}

Result<state::Record> Rulebook::restore(const Path& backup, state::Record record) {
    auto restored = usable() ? state_->restore(backup, rules::unconfirm_exceptions, std::move(record))
                             : state::restore_state(backup, path_, rules::unconfirm_exceptions, std::move(record));
    if (!restored) return restored;
    problem_.clear();
    if (usable())
        read_open_rules();
    else
        open();
    return restored;
}

}  // namespace cenote::daemon
