// SPDX-License-Identifier: Apache-2.0
#include "tests/pages/world.h"

namespace cenote::pages::testing {
namespace {

using history::Store;
using telemetry::QueryVerdict;

/// A proof of D-1 and the record of its making.
constexpr const char* kRecords = R"json({"node": "dns1.agency.example", "next": null, "rows": [
  {"id": 12, "node": "", "at": "2026-11-28T02:00:00Z", "actor": "jun", "action": "proof", "object": "D-1",
   "after": "{\"cells\":342,\"deviations\":1,\"digest\":\"a96d7112b91d8d07e1e1fce306d54fb3454d8050c2d6c0bd483f84b5d4f20788\",\"names\":6,\"nodes\":[\"10.0.0.53:53\"],\"policy\":\"8b9ea08b4decf635e00f0d815d894a81334be58b84bc73e7049bdc38b8756742\",\"rows\":[{\"ede\":[15],\"expected\":\"no address\",\"got\":\"192.0.2.1\",\"name\":\"deepseek.com\",\"node\":\"10.0.0.53:53\",\"transport\":\"udp\",\"type\":\"A\",\"variant\":\"plain\"}],\"transports\":[\"udp\",\"tcp\",\"explain\"]}",
   "before": "", "chain": "", "note": "", "policy": "", "ref": "", "requester": ""},
  {"id": 7, "node": "", "at": "2026-11-25T08:00:00Z", "actor": "minji", "action": "directive made", "object": "D-1",
   "after": "[[directive]]\nid = \"D-1\"\n", "before": "", "chain": "", "note": "outage <b>", "policy": "", "ref": "T-1",
   "requester": "sudo: jun"}]})json";

constexpr const char* kReplies = R"json({
"ping": {"version": "0.9.0", "timezone": "Asia/Seoul"},
"status": {"version": "0.9.0", "node": "dns1.agency.example", "uptime_s": 90000, "policy_version": 42,
  "policy_digest": "8f1402a7c0ffee00112233445566778899aabbccddeeff001122334455667788", "queries": 120000,
  "problems": [{"id": "list-stale", "severity": "warning", "what": "the list 'popular' is 9 days old",
                "since": "2026-11-28T00:00:00Z", "do": "run cenote update"}]},
"lists": [{"id": "popular", "name": "Popular names", "entries": 1000}],
"groups": [
  {"id": "staff", "name": "Staff", "clients": ["10.20.0.0/16", "fd00:20::/32"], "language": "ko", "answer": null,
   "clients_seen": 412, "clients_expected": 500, "last_seen": "2026-11-29T05:29:58Z", "queries": 100000},
  {"id": "lab", "name": "Laboratory <of> & \"tests\"", "clients": ["10.20.3.0/28"], "language": null, "answer": null,
   "clients_seen": null, "fewer_than": 5, "clients_expected": null, "last_seen": "2026-11-29T05:00:00Z", "queries": 900}],
"services": [
  {"id": "chatgpt", "name": "ChatGPT", "vendor": "OpenAI", "jurisdiction": "US", "category": ["chat"], "aliases": [],
   "default": true, "domains": 14, "shared": ["auth0.com"], "note": null},
  {"id": "deepseek", "name": "DeepSeek", "vendor": "DeepSeek", "jurisdiction": "CN", "category": ["chat", "api"],
   "aliases": ["deep-seek"], "default": true, "domains": 6, "shared": [], "note": "Also sold by others."},
  {"id": "midjourney", "name": "Midjourney", "vendor": "Midjourney", "jurisdiction": "US", "category": ["image"],
   "aliases": [], "default": true, "domains": 3, "shared": [], "note": null}],
"directives": [
  {"id": "D-0", "state": "lifted", "step": "advise", "step_now": "none", "now_because": "lifted", "changes": null,
   "next_step": null, "title": "A trial", "issuer": null, "basis": null, "mandated_by": null,
   "targets": ["service:midjourney"], "roles": [], "strict": false, "groups": ["staff"], "layer": "site",
   "planned": [], "before": "none", "starts": "2026-11-23T00:00:00Z", "ends": null, "review": null, "hours": null,
   "timezone": null, "contact": "", "reason": {}, "answer": null, "exceptions_max": null, "identity": null,
   "toml": "[[directive]]\nid = \"D-0\"\n", "origin": "directive D-0:1",
   "made": {"at": "2026-11-23T00:00:00Z", "by": "minji", "requester": null, "ref": null, "note": null},
   "ended": {"at": "2026-11-24T00:00:00Z", "by": "jun", "requester": null, "ref": "T-9", "note": "over"}},
  {"id": "D-1", "state": "in-force", "step": "block", "step_now": "block", "now_because": null,
   "changes": "2026-12-06T00:00:00Z", "next_step": "restrict", "title": "Under assessment <script>",
   "issuer": "Ministry of the Interior", "basis": "Notice 2026-31", "mandated_by": null,
   "targets": ["service:deepseek"], "roles": [], "strict": false, "groups": ["everyone"], "layer": "ministry",
   "planned": [{"at": "2026-12-06T00:00:00Z", "step": "restrict"}], "before": "observe",
   "starts": "2026-11-26T00:00:00Z", "ends": "2027-02-26T00:00:00Z", "review": "2026-12-20T00:00:00Z", "hours": null,
   "timezone": "Asia/Seoul", "contact": "help@agency.example",
   "reason": {"en": "Under assessment by the ministry.", "ko": "부처가 평가하고 있습니다."}, "answer": null,
   "exceptions_max": "30d", "identity": null, "toml": "[[directive]]\nid = \"D-1\"\nstep = \"block\"\n",
   "origin": "directives.toml:3",
   "made": {"at": "2026-11-25T08:00:00Z", "by": "minji", "requester": "sudo: jun", "ref": "T-1", "note": null},
   "ended": null},
  {"id": "look", "state": "in-force", "step": "observe", "step_now": "observe", "now_because": null, "changes": null,
   "next_step": null, "title": null, "issuer": null, "basis": null, "mandated_by": null, "targets": ["service:*"],
   "roles": [], "strict": false, "groups": ["everyone"], "layer": "site", "planned": [], "before": "none",
   "starts": null, "ends": null, "review": null, "hours": null, "timezone": null, "contact": "", "reason": {},
   "answer": null, "exceptions_max": null, "identity": null, "toml": "[[directive]]\nid = \"look\"\n",
   "origin": "directives.toml:1", "made": null, "ended": null}],
"exceptions": {"rows": [{"id": "X-3", "directive": "D-1", "client": "10.20.0.7", "group": null,
   "purpose": "Evaluation of the model", "stage": "granted", "emergency": false, "ends": "2026-12-01T00:00:00Z",
   "queries": 41}], "next": null},
"bypass": {"source": "history", "since": "2026-11-22T00:00:00Z", "until": "2026-11-29T05:00:00Z",
  "rows": [{"day": "2026-11-27", "group": "staff", "signal": "vpn", "queries": 12, "usual": null},
           {"day": "2026-11-28", "group": "lab", "signal": "silence", "queries": 0, "usual": 96}],
  "gaps": [], "signals": []},
"verdicts": [{"group": "everyone", "verdict": "block", "names": 6, "directive": "D-1", "allow": null, "exceptions": 1}],
"explain": {"name": "deepseek.com", "verdict": "block", "directive": "D-1"}
})json";

telemetry::SketchCell person(std::uint64_t number) {
    std::uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return telemetry::sketch_cell(mixed ^ (mixed >> 31U));
}

}  // namespace

void add_people(history::Minute& minute, const history::SketchKey& key, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = first; i < first + count; ++i) {
        minute.sketches[key].clients.add(person(i));
        minute.sketches[key].episodes.add(
            person(i * 1000 + static_cast<std::uint64_t>(minute.at.time_since_epoch().count())));
    }
}

FakeDaemon::FakeDaemon() : replies(Json::parse(kReplies).get<std::map<std::string, Json>>()) {
    replies["audit"] = Json::parse(kRecords);
}

Result<control::Response> FakeDaemon::ask(const std::string& verb, Json,
                                          const std::function<void(const control::Response&)>& on_more) {
    ++asked[verb];
    if (!down.empty()) return Error{down};
    const auto found = replies.find(verb);
    if (found == replies.end()) return Error{"cenoted does not know '" + verb + "'"};
    if (!on_more || !found->second.is_array() || found->second.size() < 2)
        return control::Response{.data = found->second};
    // As a long array comes: its first rows in a reply of their own.
    control::Response part{.more = true, .data = Json::array({found->second[0]})};
    on_more(part);
    Json rest = found->second;
    rest.erase(0);
    return control::Response{.data = std::move(rest)};
}

Status FakeDaemon::follow(const std::string&, Json, const std::function<bool(const control::Response*)>&) {
    return Error{down.empty() ? "this daemon follows nothing" : down};
}

void write_history(const Path& file) {
    const WallTime begin = parse_time("2026-11-15T06:00:00Z").value();
    const WallTime second_week = parse_time("2026-11-22T06:00:00Z").value();
    const WallTime blocked_from = parse_time("2026-11-26T00:00:00Z").value();
    const WallTime gap_from = parse_time("2026-11-28T00:00:00Z").value();
    const WallTime gap_to = gap_from + seconds(4 * 3600);
    const WallTime end = parse_time("2026-11-29T06:00:00Z").value();
    auto opened = Store::open(file, "dns1", begin);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    Store& store = *opened->store;
    for (WallTime at = begin; at < end; at += seconds(3600)) {
        if (at >= gap_from && at < gap_to) continue;
        if (at == gap_to) {
            ASSERT_TRUE(store.add_gap({"dns1", gap_from, gap_to, "killed"}).ok());
        }
        history::Minute minute{.at = at, .counts = {}, .sketches = {}, .seed_id = 7};
        const auto count = [&](QueryVerdict verdict, const char* service, const char* directive,
                               const char* group) -> std::uint64_t& {
            return minute
                .counts[{.verdict = verdict, .role = 1, .service = service, .directive = directive, .group = group}];
        };
        const bool second = at >= second_week;
        const bool blocked = at >= blocked_from;
        count(QueryVerdict::Observe, "chatgpt", "look", "staff") = second ? 8 : 10;
        if (second) count(QueryVerdict::Observe, "chatgpt", "look", "lab") = 4;
        count(blocked ? QueryVerdict::Block : QueryVerdict::Observe, "deepseek", blocked ? "D-1" : "look", "staff") = 5;
        count(QueryVerdict::Block, "popular", "lists", "staff") = 3;  // a list is no service
        count(QueryVerdict::Forward, "", "", "staff") = 1000;
        minute.signals[{telemetry::Signal::Vpn, "staff"}] = 2;
        if (second) minute.signals[{telemetry::Signal::Canary, "lab"}] = 1;
        add_people(minute, {"chatgpt", "look", "staff"}, 0, 40);
        if (second) add_people(minute, {"chatgpt", "look", "lab"}, 500, 3);
        add_people(minute, {"deepseek", blocked ? "D-1" : "look", "staff"}, 20, 9);
        const auto written = store.write(minute, at + seconds(3600));
        ASSERT_TRUE(written.ok()) << written.error().text;
    }
}

World::World() : history(folder / "history.db") {
    // Written once: each of its hours is a transaction of its own.
    static const testing_support::TemporaryFolder kWritten;
    static const bool kDone = [] {
        write_history(kWritten / "history.db");
        return true;
    }();
    std::error_code failure;
    if (kDone) std::filesystem::copy_file(kWritten / "history.db", history, failure);
    EXPECT_FALSE(failure) << failure.message();
}

World& World::go(const std::string& path, std::map<std::string, std::string> query) {
    request.path = path;
    request.query = std::move(query);
    return *this;
}

World& World::in(Language language) {
    request.language = language;
    return *this;
}

}  // namespace cenote::pages::testing
