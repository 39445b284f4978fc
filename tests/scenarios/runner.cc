// SPDX-License-Identifier: Apache-2.0
//
// Runs one scenario: an engine with a policy and a cache, an upstream and a clock that follow the script. Exits with 1
// at the first step with another result, and when an answer or an upstream query was never checked.
#include <cstdio>
#include <deque>
#include <map>

#include "resolver/config/sections.h"
#include "resolver/wire/message.h"
#include "tests/scenarios/judge.h"

namespace cenote::scenarios {
namespace {

using engine::testing::World;
using Bytes = std::vector<std::uint8_t>;
using Wrong = std::optional<std::string>;  // what is wrong with a step; nullopt: nothing

class Play {
public:
    explicit Play(const Script& script) : script_(script) {}

    Wrong run();

private:
    /// An upstream query without an answer so far.
    struct Open {
        std::size_t index = 0;
        Ticks since{};
        bool timeout_reported = false;
    };

    Wrong act(const Step& step);
    Wrong configure(const ConfigText& config);
    Wrong publish();
    Wrong query(const Step& step);
    Wrong check_out_query(const Entry& entry);
    Wrong reply(const Entry& entry);
    Wrong time_out();
    Wrong check_answer(const Entry& entry);
    Wrong pass(seconds elapse);
    Wrong nothing();

    void move_to(WallTime at) {
        world_->now += at - wall_;
        wall_ = at;
    }
    void take_late() {
        for (; late_seen_ < world_->late.size(); ++late_seen_) answers_.push_back(world_->late[late_seen_]);
    }

    const Script& script_;
    std::shared_ptr<const domainset::DomainSet> catalogue_ = policy::testing::catalogue();
    std::optional<config::Settings> settings_;
    std::shared_ptr<const policy::Policy> policy_;
    std::shared_ptr<engine::RateTable> rate_;
    std::uint32_t version_ = 0;
    WallTime wall_ = policy::testing::kNow;
    std::optional<World> world_;
    std::map<std::uint16_t, Bytes> queries_;  // by id, which is the step's number
    std::deque<Bytes> answers_;               // not looked at yet
    std::size_t late_seen_ = 0;
    std::size_t out_seen_ = 0;  // of what was asked upstream
    std::deque<Open> open_;
};

Wrong Play::run() {
    if (auto wrong = configure(script_.config)) return place(script_.path, script_.config.line) + ": " + *wrong;
    for (const Step& step : script_.steps)
        if (auto wrong = act(step))
            return place(script_.path, step.line) + ": step " + std::to_string(step.number) + ": " + *wrong;
    if (auto wrong = nothing()) return script_.path + ": at the end: " + *wrong;
    return std::nullopt;
}

Wrong Play::act(const Step& step) {
    switch (step.act) {
        case Act::Query: return query(step);
        case Act::CheckOutQuery: return check_out_query(step.entry);
        case Act::Reply: return reply(step.entry);
        case Act::CheckAnswer: return check_answer(step.entry);
        case Act::TimePasses: return pass(step.elapse);
        case Act::Timeout: return time_out();
        case Act::Config: return configure(step.config);
        case Act::Nothing: return nothing();
    }
    return "no such step";
}

Wrong Play::configure(const ConfigText& config) {
    Diagnostics diagnostics;
    const config::HostInfo host_info{.host_name = "dns1", .resolv_conf = "/nonexistent"};
    const std::size_t lines_above = config.line == 0 ? 0 : config.line - 1;  // so that mistakes have their place
    auto settings =
        config::load_text(std::string(lines_above, '\n') + config.text, script_.path, host_info, diagnostics);
    if (settings) policy::Policy::check(*settings->policy, catalogue_.get(), diagnostics);
    for (const auto& one : diagnostics.all())
        if (one.severity == Diagnostic::Severity::Error) return one.to_string();
    settings_ = std::move(settings);
    if (!world_) {
        cache::Options options = settings_->cache;
        options.bytes_max = 4 << 20;
        options.shards = 2;
        world_.emplace(options);
    }
    ++version_;
    return publish();
}

/// The policy as of now, with the edge behind which it has to be built anew, as the daemon does it.
Wrong Play::publish() {
    auto built = policy::Policy::build(settings_->policy, catalogue_, version_, wall_);
    if (!built) return built.error().text;
    policy_ = *built;
    auto snapshot = std::make_shared<engine::Snapshot>();
    snapshot->policy = policy_;
    snapshot->discovery = config::discovery_of(*settings_, {});
    snapshot->local = config::local_names(*settings_, snapshot->discovery);
    snapshot->cache = settings_->cache;
    if (settings_->rate != 0) {
        if (rate_ == nullptr) rate_ = std::make_shared<engine::RateTable>(settings_->server.client, settings_->rate);
        const auto everyone = *Prefix::parse("10.0.0.0/8");
        snapshot->rate = rate_;
        snapshot->allow_from =
            PrefixTable(std::vector<std::pair<Prefix, PrefixTable::Value>>{{everyone, engine::Access::kLimited}}, 0);
    }
    if (const auto edge = policy_->next_edge()) snapshot->next_edge = world_->now + (*edge - wall_);
    world_->publish(std::move(snapshot));
    return std::nullopt;
}

Wrong Play::query(const Step& step) {
    const Entry& entry = step.entry;
    if (!entry.question || !entry.words) return "a query has a REPLY line and a question";
    if (entry.match_all || !entry.answer.empty() || !entry.authority.empty() || !entry.errors.empty())
        return "a query has nothing but a REPLY line and a question";
    engine::testing::QueryText text{.name = entry.question->name, .type = entry.question->type, .flags = 0};
    if (text.name.ends_with('.')) text.name.pop_back();
    for (const auto& word : *entry.words) {
        if (word == "RD")
            text.flags |= wire::kFlagRd;
        else if (word == "CD")
            text.flags |= wire::kFlagCd;
        else if (word == "AD")
            text.flags |= wire::kFlagAd;
        else if (word == "DO")
            text.dnssec_ok = true;
        else if (word == "NOEDNS")
            text.edns = false;
        else if (word == "SDE")
            text.options = {0, 26, 0, 0};
        else
            return "a query does not know " + word;
    }
    Bytes packet = engine::testing::query_bytes(text);
    packet[0] = static_cast<std::uint8_t>(step.number >> 8);
    packet[1] = static_cast<std::uint8_t>(step.number);
    world_->client.peer.ip = step.from.value_or(policy::testing::ip("10.0.0.1"));
    world_->client.transport = step.over_tcp ? telemetry::QueryTransport::Tcp : telemetry::QueryTransport::Udp;
    queries_[step.number] = packet;
    if (world_->ask_bytes(packet) == engine::Outcome::Answered) {
        const ByteView written = world_->reply.written();
        answers_.emplace_back(written.begin(), written.end());
    }
    return std::nullopt;
}

Wrong Play::check_out_query(const Entry& entry) {
    if (out_seen_ == world_->forwarder->asked_count) return "upstream was asked nothing";
    if (!entry.question) return "an outgoing query has a question";
    const upstream::Query& got = world_->forwarder->asked[out_seen_].query;
    upstream::Query wanted{.question = {.name = policy::testing::name(entry.question->name),
                                        .type = wire::parse_type(entry.question->type).value()}};
    for (const auto& word : entry.words.value_or(std::vector<std::string>{})) {
        if (word == "DO")
            wanted.dnssec_ok = true;
        else if (word == "CD")
            wanted.checking_disabled = true;
        else
            return "an outgoing query does not know " + word;
    }
    if (!(got == wanted))
        return "upstream was asked something else\nexpected:\n" + entry.question->name + " " + entry.question->type +
               "\ngot:\n" + got.question.name.to_string() + " " + wire::type_to_text(got.question.type) +
               (got.dnssec_ok ? " DO" : "") + (got.checking_disabled ? " CD" : "");
    open_.push_back({.index = out_seen_++, .since = world_->now, .timeout_reported = false});
    return std::nullopt;
}

Wrong Play::reply(const Entry& entry) {
    if (open_.empty()) return "no question to upstream was checked that is open still";
    if (!entry.words || !entry.errors.empty()) return "upstream's answer has a REPLY line, and no EDE";
    auto rcode = wire::Rcode::NoError;
    bool authenticated = false;
    for (const auto& word : *entry.words) {
        if (word == "NXDOMAIN")
            rcode = wire::Rcode::NXDomain;
        else if (word == "SERVFAIL")
            rcode = wire::Rcode::ServFail;
        else if (word == "REFUSED")
            rcode = wire::Rcode::Refused;
        else if (word == "AD")
            authenticated = true;
        else if (word != "NOERROR")
            return "upstream's answer does not know " + word;
    }
    const std::size_t index = open_.front().index;
    open_.pop_front();
    if (rcode == wire::Rcode::ServFail || rcode == wire::Rcode::Refused) {  // what the forwarder makes of them
        world_->fail(index, upstream::Ending::Failed);
    } else {
        Bytes packet = engine::testing::upstream_answer(world_->forwarder->asked[index].query.question, rcode,
                                                        entry.answer, entry.authority);
        if (authenticated) packet[3] |= wire::kFlagAd;
        if (world_->answer_bytes(index, packet) != wire::AnswerStatus::Ok) return "upstream's answer is malformed";
    }
    take_late();
    return std::nullopt;
}

Wrong Play::time_out() {
    if (open_.empty()) return "no question to upstream was checked that is open still";
    world_->fail(open_.front().index, upstream::Ending::TimedOut);
    open_.pop_front();
    take_late();
    return std::nullopt;
}

Wrong Play::check_answer(const Entry& entry) {
    if (answers_.empty()) return "there is no answer";
    if (!entry.match_all || !entry.words) return "an answer is checked with MATCH all and a REPLY line";
    const Bytes answer = std::move(answers_.front());
    answers_.pop_front();
    const auto query = queries_.find(load_u16(answer.data()));
    if (query == queries_.end()) return "the answer has the id of no query";
    return compare_answer(entry, query->second, answer);
}

/// Time moves from edge to edge of the policy; at the client response timeout the engine gets its call (RFC 8767 §5).
Wrong Play::pass(seconds elapse) {
    const WallTime until = wall_ + elapse;
    for (auto edge = policy_->next_edge(); edge && *edge <= until; edge = policy_->next_edge()) {
        move_to(*edge);
        if (auto wrong = publish()) return wrong;
    }
    move_to(until);
    for (Open& open : open_) {
        if (open.timeout_reported || world_->now - open.since < settings_->upstream.stale_after) continue;
        open.timeout_reported = true;
        const auto& asked = world_->forwarder->asked[open.index];
        world_->forwarder->sink.on_client_response_timeout(asked.query, {&asked.waiter, 1}, world_->now);
    }
    take_late();
    return std::nullopt;
}

Wrong Play::nothing() {
    if (!answers_.empty()) {
        const auto text = wire::to_text(answers_.front());
        return "an answer was not expected\ngot:\n" + (text ? *text : text.error().text);
    }
    if (out_seen_ != world_->forwarder->asked_count)
        return "upstream was asked for " + world_->forwarder->asked[out_seen_].query.question.name.to_string() +
               ", which was not expected";
    return std::nullopt;
}

int run(const std::string& path) {
    const auto script = read_script(path);
    if (!script) {
        std::fprintf(stderr, "%s\n", script.error().text.c_str());
        return 1;
    }
    if (const auto wrong = Play(*script).run()) {
        std::fprintf(stderr, "%s\n", wrong->c_str());
        return 1;
    }
    return 0;
}

}  // namespace
}  // namespace cenote::scenarios

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: scenarios FILE.rpl\n");
        return 2;
    }
    return cenote::scenarios::run(argv[1]);
}
