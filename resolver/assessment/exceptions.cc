// SPDX-License-Identifier: Apache-2.0
//
// Exceptions by the records of the trail: as they were at the end of the period, whatever became of them later. Their
// use is that of all nodes, by the history: queries that an exception left open, of its directive and group.
#include <algorithm>

#include "resolver/assessment/parts.h"
#include "resolver/base/time_text.h"
#include "resolver/rules/exception_document.h"

namespace cenote::assessment {
namespace {

using rules::ExceptionDocument;

/// A record that another node or a restore has made of what others decided.
bool is_copy(const std::string& action) { return action == "exception import" || action == "exception unconfirm"; }

struct Story {
    ExceptionDocument document;
    std::optional<WallTime> ratified_at;
    WallTime last{};
};

std::map<std::string, Story> stories_of(const Inputs& inputs) {
    std::map<std::string, Story> stories;
    for (const auto& [node, record] : inputs.records) {
        if (!record.action.starts_with("exception ") || is_copy(record.action) || record.after.empty()) continue;
        const auto read = rules::read_exception(
            {.kind = state::RuleKind::Exception, .id = record.object, .text = record.after, .lifted = false});
        if (!read) continue;
        Story& story = stories[record.object];
        if (record.at < story.last) continue;
        if (read->emergency && read->ratified && !story.ratified_at) story.ratified_at = record.at;
        story.document = *read;
        story.last = record.at;
    }
    return stories;
}

/// The group that clients of a prefix have in the counts: the one with the longest prefix around it.
std::string group_of(const Inputs& inputs, const ExceptionDocument& document) {
    if (!document.client) return document.group;
    std::string nearest;
    int longest = -1;
    for (const policy::Group& group : inputs.groups)
        for (const Prefix& clients : group.clients)
            if (clients.contains(*document.client) && clients.mapped_length() > longest) {
                longest = clients.mapped_length();
                nearest = group.id;
            }
    return nearest;
}

/// When it opened names; nullopt: never.
std::optional<Interval> open_time(const ExceptionDocument& document) {
    if (!document.granted_at || !document.ends) return std::nullopt;
    const WallTime to = document.closed_at ? std::min(*document.closed_at, *document.ends) : *document.ends;
    return Interval{*document.granted_at, to};
}

struct Use {
    std::uint64_t queries = 0;
    std::optional<WallTime> first, last;
};

Use use_of(const Material& of, const ExceptionDocument& document, const std::string& group) {
    Use use;
    const auto time = open_time(document);
    if (!time) return use;
    for (const ExceptionUse& row : of.queries.exception_uses()) {
        if (of.subjects.directives()[row.directive] != document.directive || of.subjects.groups()[row.group] != group ||
            row.to <= time->from || row.from >= time->to)
            continue;
        use.queries += row.queries;
        if (!use.first || row.from < *use.first) use.first = row.from;
        if (!use.last || row.from > *use.last) use.last = row.from;
    }
    return use;
}

}  // namespace

Json exceptions_json(const Material& of) {
    struct Known {
        const Story* story;
        std::string group;
    };
    const auto stories = stories_of(of.inputs);
    std::vector<Known> shown;
    for (const auto& [id, story] : stories) {
        const auto time = open_time(story.document);
        const bool of_period = story.last >= of.period.from() || (time && time->to > of.period.from()) ||
                               rules::is_open(story.document.stage);
        const std::string group = group_of(of.inputs, story.document);
        if (!of_period || (!of.inputs.directive.empty() && story.document.directive != of.inputs.directive) ||
            (!of.inputs.group.empty() && group != of.inputs.group))
            continue;
        shown.push_back({&story, group});
    }
    Json rows = Json::array();
    for (const Known& each : shown) {
        const ExceptionDocument& document = each.story->document;
        const Use use = use_of(of, document, each.group);
        const auto time = open_time(document);
        // The counts do not say which exception it was: of several at once all have the queries of all.
        const bool shared = time && std::ranges::any_of(shown, [&](const Known& other) {
                                const auto others = open_time(other.story->document);
                                return other.story != each.story && other.group == each.group && others &&
                                       other.story->document.directive == document.directive &&
                                       others->from < time->to && time->from < others->to;
                            });
        const std::string& group = each.group;
        rows.push_back({{field::kId, document.id},
                        {field::kDirective, document.directive},
                        {field::kGroup, group},
                        {field::kPurpose, document.purpose},
                        {field::kAskedAt, format_time(document.asked_at)},
                        {field::kAskedBy, document.asked_by},
                        {field::kAgreedBy, document.agreed_by},
                        {field::kState, rules::stage_to_text(document.stage)},
                        {field::kFrom, report::time_json(document.granted_at)},
                        {field::kUntil, report::time_json(time ? std::optional(time->to) : document.ends)},
                        {field::kLengthS, time ? Json((time->to - time->from).count()) : Json(nullptr)},
                        {field::kEmergency, document.emergency},
                        {field::kRatifiedAt, report::time_json(each.story->ratified_at)},
                        {field::kUsed, of.counted.has_period() ? Json(use.queries) : Json(nullptr)},
                        {field::kShared, shared},
                        {field::kFirst, report::time_json(use.first)},
                        {field::kLast, report::time_json(use.last)}});
    }
    return rows;
}

}  // namespace cenote::assessment
