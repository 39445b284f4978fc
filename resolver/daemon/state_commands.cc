// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/state_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"

namespace cenote::daemon {
namespace {

using control::Json;
using control::Peer;
using control::Request;
using control::Response;

std::string field(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<state::Rule> rule_of(const Json& row) {
    using state::RuleKind;
    const std::string kind = field(row, "kind");
    for (const RuleKind each : {RuleKind::Directive, RuleKind::Allow, RuleKind::Exception})
        if (state::rule_kind_to_text(each) == kind && !field(row, "id").empty())
            return state::Rule{each, field(row, "id"), field(row, "text"),
                               row.contains("lifted") && row["lifted"].is_boolean() && row["lifted"].get<bool>()};
    return Error{"a rule of the import has no id, or is no directive, allow or exception"};
}

Result<std::pair<std::string, state::Record>> read_record(const Json& row) {
    state::Record record;
    const auto at = parse_time(field(row, "at"));
    const std::string node = field(row, "node");
    if (!at || node.empty() || !row.contains("number") || !row["number"].is_number_unsigned())
        return Error{"a record of the import has no node, number or time"};
    record.number = row["number"].get<std::uint64_t>();
    record.at = *at;
    for (const auto& [key, into] : {std::pair{"actor", &record.actor},
                                    {"action", &record.action},
                                    {"object", &record.object},
                                    {"before", &record.before},
                                    {"after", &record.after},
                                    {"requester", &record.requester},
                                    {"ref", &record.ref},
                                    {"note", &record.note},
                                    {"policy", &record.policy},
                                    {"chain", &record.chain}})
        *into = field(row, key);
    return std::pair{node, std::move(record)};
}

/// How many records each object has: of two stories of a rule the longer one goes further.
template <typename Records>
std::map<std::string, std::size_t> lengths(const Records& records) {
    std::map<std::string, std::size_t> of;
    for (const auto& each : records) ++of[each.second.object];
    return of;
}

Result<state::Import> read_import(const Request& request) {
    state::Import read;
    for (const Json& row : request.args.value("rules", Json::array())) {
        auto rule = rule_of(row);
        if (!rule) return std::move(rule).error();
        read.rules.push_back(std::move(*rule));
    }
    for (const Json& row : request.args.value("history", Json::array())) {
        auto record = read_record(row);
        if (!record) return std::move(record).error();
        read.history.push_back(std::move(*record));
    }
    return read;
}

}  // namespace

Response state_import(Running& running, const Peer& peer, const Request& request) {
    const std::string& node = running.loaded().settings.node;
    auto read = read_import(request);
    if (!read) return fail(read.error().text);
    const auto known = running.rules();
    if (!known) return fail(known.error().text);
    const auto history = running.history();
    if (!history) return fail(history.error().text);
    const auto here = lengths(*history);
    const auto there = lengths(read->history);
    const auto length = [](const auto& of, const std::string& id) {
        const auto found = of.find(id);
        return found == of.end() ? std::size_t{0} : found->second;
    };
    std::vector<state::Rule> taken;
    for (state::Rule& rule : read->rules) {
        const auto same =
            std::find_if(known->begin(), known->end(), [&](const auto& each) { return each.id == rule.id; });
        if (same == known->end() || (!(*same == rule) && length(there, rule.id) > length(here, rule.id)))
            taken.push_back(std::move(rule));
    }
    read->rules = std::move(taken);
    // What this node has written itself comes back only as an echo.
    std::erase_if(read->history, [&](const auto& each) { return each.first == node; });
    if (read->rules.empty()) return done({{"taken", 0}});
    auto record = record_of(peer, request, "state import");
    record.object = text_in(request, "node");
    for (const state::Rule& rule : read->rules) record.after += (record.after.empty() ? "" : " ") + rule.id;
    const auto written = running.import(*read, std::move(record));
    if (!written) return fail(written.error().text);
    return done({{"taken", read->rules.size()}, {"policy_version", running.policy().version()}});
}

Response restore(Running& running, const Peer& peer, const Request& request) {
    const Path path = text_in(request, "path");
    if (!path.is_absolute()) return fail("restore needs the path of a backup");
    const auto restored = running.restore(path, record_of(peer, request, "restore"));
    if (!restored) return fail(restored.error().text);
    Json unconfirmed = Json::array();
    for (const auto& [document, use] : running.exceptions())
        if (document.stage == config::Stage::Unconfirmed) unconfirmed.push_back(document.id);
    return done({{"policy_version", running.policy().version()}, {"unconfirmed", std::move(unconfirmed)}});
}

}  // namespace cenote::daemon
