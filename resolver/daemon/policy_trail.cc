// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/policy_trail.h"

#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/control/protocol.h"
#include "resolver/rules/policy_tables.h"

namespace cenote::daemon {
namespace {

using control::Json;
using policy::DirectiveAction;
using policy::DirectiveState;

// Kinds of documents. Rules of the command line have records of their own: their documents are only kept.
constexpr const char* kDirective = "directive";
constexpr const char* kRule = "rule";
constexpr const char* kSuspension = "suspension";
constexpr const char* kSinkhole = "sinkhole";

constexpr std::size_t kEdgesMax = 1000;  // written at once: half a year of working hours of four directives
constexpr seconds kEdgeLate{60};         // an edge is recorded within a second where nothing is wrong

/// The tables of the files and the rules in force, each with the place of its text.
struct Document {
    std::string text;
    std::string place;  // "directives.d/2026-014.toml:3"; empty: it is in no file
};
using PlacedDocuments = std::map<std::pair<std::string, std::string>, Document>;

std::string place_text(const SourcePlace& place) { return fmt::format("{}:{}", place.file, place.line); }

/// As it would be in a file; nothing reads it back.
std::string list_document(const config::ListSettings& list) {
    const auto quoted = [](const std::string& text) {
        return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    std::string text = fmt::format("[[list]]\nid = {}\nsource = {}\nformat = {}\nmax_age = {}\n", quoted(list.id),
                                   quoted(list.source), quoted(list.format), quoted(format_duration(list.max_age)));
    if (!list.key.empty()) text += fmt::format("key = {}\n", quoted(list.key));
    return text;
}

/// An allow is known by its names, as its id may be left out; a second one over the same names has a number.
std::string allow_id(const policy::Allow& allow, const PlacedDocuments& known) {
    std::string names;
    for (const wire::Name& domain : allow.domains) names += (names.empty() ? "" : " ") + domain.to_string();
    std::string id = names;
    for (int next = 2; known.contains({"allow", id}); ++next) id = fmt::format("{} #{}", names, next);
    return id;
}

PlacedDocuments documents_of(const Loaded& loaded) {
    PlacedDocuments all;
    const policy::Options& files = *loaded.written;
    const policy::Options& in_force = *loaded.settings.policy;
    for (const auto& directive : in_force.directives) {
        const char* kind = policy::find_directive(files, directive.id) != nullptr ? kDirective : kRule;
        all[{kind, directive.id}] = {rules::to_toml(directive), place_text(directive.place)};
    }
    for (const auto& group : files.groups) all[{"group", group.id}] = {rules::to_toml(group), place_text(group.place)};
    for (const auto& allow : files.allows)
        all[{"allow", allow_id(allow, all)}] = {rules::to_toml(allow), place_text(allow.place)};
    for (const auto& list : loaded.settings.lists)
        all[{"list", list.id}] = {list_document(list), place_text(list.place)};
    all[{kSinkhole, "answer"}] = {rules::to_toml(in_force.sinkhole), {}};
    if (in_force.suspended_until) all[{kSuspension, ""}] = {format_time(*in_force.suspended_until), {}};
    return all;
}

/// The directives and the suspension of stored documents; nullopt where they cannot be read.
std::optional<policy::Calendar> calendar_of(const PolicyTrail::Documents& documents) {
    std::string text;
    for (const char* kind : {kSinkhole, kDirective, kRule})
        for (const auto& [key, document] : documents)
            if (key.first == kind) text += document;
    Diagnostics diagnostics;
    rules::PolicyDraft draft(diagnostics);
    const auto file = TomlFile::parse(text, "a document of the trail", diagnostics);
    if (!file) return std::nullopt;
    rules::read_sinkhole(file->root(), draft);
    rules::read_directives(file->root(), draft);
    if (!rules::first_error(diagnostics)) return std::nullopt;
    if (const auto until = documents.find({kSuspension, ""}); until != documents.end())
        if (const auto time = parse_time(until->second)) draft.policy.suspended_until = *time;
    auto calendar = policy::Calendar::of(std::make_shared<const policy::Options>(std::move(draft.policy)));
    return calendar ? std::optional(std::move(*calendar)) : std::nullopt;
}

PolicyTrail::Actions actions_at(const policy::Calendar& calendar, WallTime at) {
    PolicyTrail::Actions all;
    const auto actions = calendar.at(at);
    for (std::size_t i = 0; i < actions.size(); ++i) all[calendar.options().directives[i].id] = actions[i];
    return all;
}

/// The action of the record where a directive moves from one step to another; empty: there is none.
std::string action_of_move(const DirectiveAction& from, const DirectiveAction& to) {
    if (from.state != to.state) {
        if (to.state == DirectiveState::InForce) return "directive begin";
        return to.state == DirectiveState::Lapsed ? "directive end" : "directive planned again";
    }
    if (to.state != DirectiveState::InForce) return {};
    if (from.outside_hours != to.outside_hours)
        return to.outside_hours ? "directive hours end" : "directive hours begin";
    if (from.suspended != to.suspended) return to.suspended ? "directive suspended" : "directive resumed";
    return from.step != to.step ? "directive planned step" : std::string();
}

void put_move(const std::string& id, const DirectiveAction& from, const DirectiveAction& to, state::Record cause,
              PolicyTrail::Outstanding& outstanding) {
    cause.action = action_of_move(from, to);
    if (cause.action.empty()) return;
    cause.object = id;
    cause.before = policy::step_to_text(from.step);
    cause.after = policy::step_to_text(to.step);
    outstanding.records.push_back(std::move(cause));
    outstanding.until.push_back(to.until);
}

state::Record cause_of_edge(WallTime edge, WallTime now, const std::optional<Absence>& absence) {
    state::Record cause;
    cause.at = edge;
    cause.actor = "cenoted";
    if (absence && edge > absence->from)
        cause.note = fmt::format("recorded at {}: cenoted was not there from {} to {}", format_time(now),
                                 format_time(absence->from), format_time(absence->to));
    else if (now - edge > kEdgeLate)
        cause.note = fmt::format("recorded late, at {}", format_time(now));
    return cause;
}

state::Record cause_of_change(const state::Record& cause, WallTime now) {
    state::Record made;
    made.at = now;
    made.actor = cause.actor;
    made.requester = cause.requester;
    made.ref = cause.ref;
    made.note = cause.note;
    return made;
}

}  // namespace

void PolicyTrail::resume(const state::StateReader& archive) {
    *this = PolicyTrail();
    const auto mark = archive.trail_mark();
    if (!mark || !mark->at) return;
    known_ = true;
    at_ = *mark->at;
    for (const state::TrailDocument& document : mark->documents)
        documents_[{document.kind, document.id}] = document.text;
    calendar_ = calendar_of(documents_);
    if (calendar_) actions_ = actions_at(*calendar_, at_);
}

PolicyTrail::Outstanding PolicyTrail::prepare(const Loaded& next, const ClockReading& now, const state::Record& cause,
                                              const std::optional<Absence>& absence) const {
    Outstanding outstanding;
    outstanding.at = now.wall;
    outstanding.mark.at = now.wall;
    Actions before = actions_;
    add_edges(now, absence, before, outstanding);
    add_files(next, cause, outstanding);
    const auto& options = next.settings.policy;
    auto calendar = policy::Calendar::of(options);
    if (!calendar) return outstanding;
    outstanding.calendar = std::move(*calendar);
    outstanding.actions = actions_at(*outstanding.calendar, now.wall);
    if (now.latest > now.wall) {
        const auto held = policy::Calendar::of(
            std::make_shared<const policy::Options>(adjust_to_latest(*options, now.wall, now.latest)));
        if (held) outstanding.actions = actions_at(*held, now.wall);
    }
    // Of a directive whose document has changed the record of that says what holds now.
    for (const auto& [id, standing] : outstanding.actions)
        for (const char* kind : {kDirective, kRule}) {
            const auto known = documents_.find({kind, id});
            const auto from = before.find(id);
            if (known == documents_.end() || from == before.end()) continue;
            const auto now_there = outstanding.documents.find({kind, id});
            if (now_there != outstanding.documents.end() && now_there->second == known->second)
                put_move(id, from->second, standing, cause_of_change(cause, now.wall), outstanding);
        }
    return outstanding;
}

/// The edges since the last time. While the wall clock is behind, what had begun holds on, and the calendar alone does
/// not say what a directive does.
void PolicyTrail::add_edges(const ClockReading& now, const std::optional<Absence>& absence, Actions& before,
                            Outstanding& outstanding) const {
    if (!calendar_ || now.latest - now.wall > kEdgeLate) return;
    auto edge = calendar_->next_edge(at_);
    for (std::size_t count = 0; edge && *edge <= now.wall && count < kEdgesMax; ++count) {
        Actions after = actions_at(*calendar_, *edge);
        for (const auto& [id, standing] : after)
            put_move(id, before[id], standing, cause_of_edge(*edge, now.wall, absence), outstanding);
        before = std::move(after);
        edge = calendar_->next_edge(*edge);
    }
}

void PolicyTrail::add_files(const Loaded& next, const state::Record& cause, Outstanding& outstanding) const {
    const PlacedDocuments now_there = documents_of(next);
    const auto put = [&](const std::pair<std::string, std::string>& key, const std::string& before,
                         const std::string& after, const std::string& place) {
        if (before == after) return;
        outstanding.mark.documents.push_back({key.first, key.second, after});
        if (key.first == kRule || key.first == kSuspension) return;
        if (key.first == kSinkhole && before.empty()) return;  // the defaults are no change
        state::Record record = cause_of_change(cause, outstanding.at);
        record.action = fmt::format("{} {}", key.first, before.empty() ? "add" : after.empty() ? "remove" : "change");
        record.object = key.second;
        record.before = before;
        record.after = after;
        record.note = place;
        if (!cause.note.empty()) record.note += (place.empty() ? "" : "; ") + cause.note;
        if (!known_) record.note += "; in the files when the trail began to record them";
        outstanding.records.push_back(std::move(record));
        outstanding.until.emplace_back();
    };
    for (const auto& [key, text] : documents_)
        if (!now_there.contains(key)) put(key, text, {}, {});
    for (const auto& [key, document] : now_there) {
        outstanding.documents[key] = document.text;
        const auto known = documents_.find(key);
        put(key, known == documents_.end() ? std::string() : known->second, document.text, document.place);
    }
}

void PolicyTrail::enact(Outstanding outstanding) {
    known_ = true;
    at_ = outstanding.at;
    documents_ = std::move(outstanding.documents);
    calendar_ = std::move(outstanding.calendar);
    actions_ = std::move(outstanding.actions);
}

}  // namespace cenote::daemon
