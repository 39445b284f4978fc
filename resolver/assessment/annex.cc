// SPDX-License-Identifier: Apache-2.0
//
// What the trail and the configuration have: proofs, changes, policies, method, and who made the report.
#include <algorithm>

#include "resolver/assessment/parts.h"
#include "resolver/base/time_text.h"
#include "resolver/report/services.h"
#include "resolver/report/trail.h"

namespace cenote::assessment {
namespace {

constexpr const char* kProofAction = "proof";
constexpr int kSketchRegisters = 1024;

/// Of changes by persons and files. Starts, looks, edges and what a node notes for itself are none.
bool is_change(const state::Record& record) {
    if (report::is_edge(record)) return false;
    for (const char* word : {"directive ", "exception ", "allow", "suspend", "resume", "group ", "list ", "sinkhole "})
        if (record.action.starts_with(word)) return true;
    return record.action == "reload" || record.action == kProofAction || record.action == "restore" ||
           record.action == "state import";
}

/// A document without its clients: a report names none.
std::string without_clients(const std::string& text) {
    std::string kept;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
        const std::string_view line = std::string_view(text).substr(at, end - at);
        if (!line.starts_with("client = ") && !line.starts_with("clients = ")) kept += line;
        at = end;
    }
    return kept;
}

/// A note of a place in a file without the folders, which are those of one machine.
std::string without_folders(const std::string& note) {
    if (!note.starts_with('/')) return note;
    const std::size_t end = std::min(note.find(':'), note.size());
    const std::size_t slash = note.rfind('/', end);
    return note.substr(slash + 1);
}

bool is_of(const Inputs& inputs, const state::Record& record) {
    if (inputs.directive.empty()) return true;
    return record.object == inputs.directive ||
           record.after.find("\ndirective = \"" + inputs.directive + "\"\n") != std::string::npos;
}

Json parsed(const std::string& text) {
    Json json = Json::parse(text, nullptr, false);
    return json.is_object() ? json : Json::object();
}

Json text_in(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? *found : Json(nullptr);
}

Json number_in(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_number_unsigned() ? *found : Json(nullptr);
}

Json array_in(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_array() ? *found : Json::array();
}

Json deviations_json(const Json& cells) {
    Json rows = Json::array();
    for (const Json& cell : cells) {
        if (!cell.is_object()) continue;
        Json row = Json::object();
        for (const char* key : {field::kNode, field::kName, field::kType, field::kTransport, field::kVariant,
                                field::kExpected, field::kGot})
            row[key] = text_in(cell, key);
        const Json ede = number_in(cell, field::kEde);
        row[field::kEde] = ede.is_null() ? text_in(cell, field::kEde) : ede;
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

std::string node_of(const Inputs& inputs, const std::string& node, const state::Record& record) {
    if (!node.empty() && !state::is_backup_node(node)) return node;
    // Of this file, or of a backup that was restored here: the policy of that time has the name.
    std::string found;
    for (const PolicySlice& slice : inputs.policies)
        if ((slice.from <= record.at || found.empty()) && !slice.node.empty()) found = slice.node;
    return found.empty() ? inputs.made.node : found;
}

Json proof_json(const Inputs& inputs) {
    Json rows = Json::array();
    for (const auto& [node, record] : inputs.records) {
        if (record.action != kProofAction || record.at < inputs.from || !is_of(inputs, record)) continue;
        const Json found = parsed(record.after);
        Json nodes = Json::array();
        for (const Json& each : array_in(found, field::kNodes))
            if (each.is_string()) nodes.push_back(each);
        rows.push_back({{field::kAt, format_time(record.at)},
                        {field::kDirective, report::text_or_null(record.object)},
                        {field::kNodes, std::move(nodes)},
                        {field::kCells, number_in(found, field::kCells)},
                        {field::kDeviations, number_in(found, field::kDeviations)},
                        {field::kDigest, text_in(found, field::kDigest)},
                        {field::kBy, record.actor},
                        {field::kRows, deviations_json(array_in(found, field::kRows))}});
    }
    return rows;
}

Json trail_json(const Inputs& inputs) {
    Json rows = Json::array();
    for (const auto& [node, record] : inputs.records) {
        if (record.at < inputs.from || !is_change(record) || !is_of(inputs, record)) continue;
        const bool of_paths = record.action == "reload" || record.action == "restore";
        const bool of_proof = record.action == kProofAction;  // its cells are in the part about proofs
        rows.push_back({{field::kNumber, record.number},
                        {field::kNode, node_of(inputs, node, record)},
                        {field::kAt, format_time(record.at)},
                        {field::kActor, record.actor},
                        {field::kAction, record.action},
                        {field::kObject, of_paths ? Json(nullptr) : report::text_or_null(record.object)},
                        {field::kBefore, report::text_or_null(without_clients(record.before))},
                        {field::kAfter, of_proof ? Json(nullptr) : report::text_or_null(without_clients(record.after))},
                        {field::kRequester, report::text_or_null(record.requester)},
                        {field::kRef, report::text_or_null(record.ref)},
                        {field::kNote, report::text_or_null(without_folders(record.note))}});
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
        const auto key = [](const Json& row) {
            return std::tuple(row[field::kAt].get<std::string>(), row[field::kNode].get<std::string>(),
                              row[field::kNumber].get<std::uint64_t>());
        };
        return key(a) < key(b);
    });
    return rows;
}

Json policies_json(const Inputs& inputs) {
    Json rows = Json::array();
    std::optional<WallTime> next;
    for (std::size_t i = inputs.policies.size(); i-- > 0;) {
        const PolicySlice& slice = inputs.policies[i];
        if (next && *next <= inputs.from) break;
        rows.push_back({{field::kFrom, format_time(slice.from)},
                        {field::kTo, report::time_json(next)},
                        {field::kDigest, slice.digest},
                        {field::kCatalogue, slice.catalogue}});
        next = slice.from;
    }
    std::reverse(rows.begin(), rows.end());
    return rows;
}

Json method_json(const Inputs& inputs) {
    Json catalogue{{field::kDigest, inputs.policies.empty() ? Json(nullptr) : Json(inputs.policies.back().catalogue)},
                   {field::kRows, nullptr},
                   {field::kCheckedNewest, nullptr},
                   {field::kStale, nullptr}};
    if (inputs.catalogue) {
        std::optional<Date> newest;
        std::uint64_t stale = 0;
        for (const blocklists::Service& service : inputs.catalogue->services) {
            if (service.checked && (!newest || *service.checked > *newest)) newest = service.checked;
            if (report::is_stale(service, std::nullopt, inputs.to)) ++stale;
        }
        catalogue[field::kRows] = inputs.catalogue->services.size();
        if (newest) catalogue[field::kCheckedNewest] = date_text(*newest);
        catalogue[field::kStale] = stale;
    }
    return {{field::kSmallest, inputs.smallest},
            {field::kSketchRegisters, kSketchRegisters},
            {field::kCatalogue, std::move(catalogue)}};
}

Json made_json(const Inputs& inputs) {
    const Made& made = inputs.made;
    Json lists = Json::array();
    for (const ListCopy& list : made.lists)
        lists.push_back({{field::kId, list.id}, {field::kLastGood, report::time_json(list.last_good)}});
    return {{field::kAt, format_time(made.at)},
            {field::kBy, made.by},
            {field::kNode, made.node},
            {field::kVersion, made.version},
            {field::kTitle, nullptr},
            {field::kLangDefault, made.language},
            {field::kKeepHoursS, made.keep_hours.count()},
            {field::kLists, std::move(lists)}};
}

}  // namespace cenote::assessment
