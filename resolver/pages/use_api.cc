// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/use_api.h"

#include "resolver/pages/past.h"

namespace cenote::pages {
namespace {

Result<Reply> rows_reply(const Site& site, const std::string& verb, Json args = Json::object()) {
    const auto rows = rows_from(site, verb, std::move(args));
    if (!rows) return rows.error();
    return json_reply(*rows);
}

Result<Reply> data_reply(const Site& site, const std::string& verb, Json args = Json::object()) {
    const auto data = site.daemon.data(verb, std::move(args));
    if (!data) return data.error();
    return json_reply(*data);
}

Json sums_json(const Sums& sums) {
    Json json = Json::object();
    for (std::size_t i = 0; i < kVerdictCount; ++i) json[std::string(kVerdictWords[i])] = sums.by[i];
    json["queries"] = sums.total();
    return json;
}

Json counted_json(bool counted, const Sums& sums) { return counted ? sums_json(sums) : Json(); }

Json range_json(const Range& range) {
    return {{"from", format_time(range.from)},
            {"to", format_time(range.to)},
            {"before", format_time(range.before())},
            {"group", range.group.empty() ? Json() : Json(range.group)},
            {"service", range.service.empty() ? Json() : Json(range.service)},
            {"directive", range.directive.empty() ? Json() : Json(range.directive)}};
}

Json gaps_json(const Past& past) {
    Json gaps = Json::array();
    for (const history::Gap& gap : past.gaps)
        gaps.push_back(
            {{"node", gap.node}, {"from", format_time(gap.from)}, {"to", format_time(gap.to)}, {"why", gap.why}});
    return gaps;
}

Json uses_json(const Past& past, const std::vector<Use>& all, const char* kind, bool people) {
    Json rows = Json::array();
    for (const Use& use : all) {
        Json row{{kind, use.id},
                 {"now", counted_json(past.has_counts(), use.now)},
                 {"before", counted_json(past.has_before(), use.before)}};
        if (people) {
            row["episodes"] = past.people_json(use.people.episodes);
            row["clients"] = past.people_json(use.people.clients);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

/// The past of the request. A word of the address that is not understood is a reply of its own.
struct AskedPast {
    Past past;
    std::optional<Reply> refusal;
};
Result<AskedPast> asked_past(const Site& site, Wants wants) {
    const Range range = range_of(site, words_of(site));
    if (!range.trouble.empty()) {
        Reply refusal = json_reply({{"error", range.trouble}});
        refusal.status = 400;
        return AskedPast{Past{.range = range}, std::move(refusal)};
    }
    Past past = past_of(site, range, wants);
    if (!past.trouble.empty()) return Error{past.trouble};
    return AskedPast{std::move(past), std::nullopt};
}

}  // namespace

Result<Reply> status_api(const Site& site) { return data_reply(site, "status"); }
Result<Reply> services_api(const Site& site) { return rows_reply(site, "services"); }
Result<Reply> groups_api(const Site& site) { return rows_reply(site, "groups"); }

Result<Reply> directives_api(const Site& site) {
    return rows_reply(site, "directives", {{"all", site.request.value("all") == "true"}});
}

Result<Reply> explain_api(const Site& site) {
    Json args = Json::object();
    for (const char* name : {"name", "client", "identity", "type", "at"})
        if (const std::string_view value = site.request.value(name); !value.empty()) args[name] = value;
    return data_reply(site, "explain", std::move(args));
}

Result<Reply> summary_api(const Site& site) {
    const auto asked = asked_past(site, Wants::People);
    if (!asked) return asked.error();
    if (asked->refusal) return *asked->refusal;
    const Past& past = asked->past;
    const bool has_people = past.range.directive.empty();
    return json_reply({{"range", range_json(past.range)},
                       {"counted_since", past.since ? Json(format_time(*past.since)) : Json()},
                       {"gaps", gaps_json(past)},
                       {"now", counted_json(past.has_counts(), past.total)},
                       {"before", counted_json(past.has_before(), past.before)},
                       {"people_from", format_time(past.people_from)},
                       {"people_to", format_time(past.people_to)},
                       {"episodes", past.people_json(past.people.episodes)},
                       {"clients", past.people_json(past.people.clients)},
                       {"services", uses_json(past, past.services, "service", has_people)},
                       {"groups", uses_json(past, past.groups, "group", has_people)},
                       {"directives", uses_json(past, past.directives, "directive", false)}});
}

Result<Reply> series_api(const Site& site) {
    const auto asked = asked_past(site, Wants::Counts);
    if (!asked) return asked.error();
    if (asked->refusal) return *asked->refusal;
    const Past& past = asked->past;
    Json rows = Json::array();
    for (const Slot& slot : past.slots)
        rows.push_back({{"at", format_time(slot.from)},
                        {"counts", counted_json(slot.is_counted, slot.sums)},
                        {"gap", slot.has_gap}});
    return json_reply({{"range", range_json(past.range)},
                       {"seconds", past.range.each.count()},
                       {"gaps", gaps_json(past)},
                       {"rows", std::move(rows)}});
}

Result<Reply> openapi_api(const Site&) {
    const Asset* asset = find_asset("/assets/openapi.json");
    if (asset == nullptr) return Error{"the description of the API is not compiled in"};
    Reply reply;
    reply.type = "application/json";
    reply.body = asset->bytes;
    return reply;
}

}  // namespace cenote::pages
