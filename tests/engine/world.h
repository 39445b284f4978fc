// SPDX-License-Identifier: Apache-2.0
//
// An engine with a policy, a real cache, and an upstream that answers when the test calls it. Used by the engine's
// tests (fixture.h), the scenarios and the fuzz target.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "resolver/engine/engine.h"
#include "resolver/wire/message.h"
#include "tests/policy/fixture.h"
#include "tests/support/packet.h"

namespace cenote::engine::testing {

using policy::testing::catalogue;
using policy::testing::directive;
using policy::testing::ip;
using policy::testing::name;

/// Records its queries; the test answers them.
class ScriptedForwarder final : public upstream::Forwarder {
public:
    struct ForwardedQuery {
        upstream::Query query;
        upstream::Waiter waiter;
    };

    explicit ScriptedForwarder(upstream::AnswerSink& to) : sink(to) {}

    upstream::Ticket resolve(const upstream::Query& query, upstream::Waiter waiter, Ticks) noexcept override {
        if (refuses) return upstream::Ticket::Refused;
        if (asked_count == asked.size()) return upstream::Ticket::Refused;
        asked[asked_count++] = {query, waiter};
        return upstream::Ticket::Leading;
    }
    void apply(const upstream::Options& options) override { applied = options; }
    [[nodiscard]] std::vector<upstream::ServerHealth> health() const override { return {}; }
    [[nodiscard]] upstream::Counters counters() const noexcept override { return {}; }
    [[nodiscard]] std::uint32_t in_flight() const noexcept override { return static_cast<std::uint32_t>(asked_count); }

    upstream::AnswerSink& sink;
    std::array<ForwardedQuery, 4096> asked;
    std::size_t asked_count = 0;
    bool refuses = false;
    upstream::Options applied;
};

/// One record as a zone file writes its type and value.
struct RecordText {
    std::string owner;
    std::string type;
    std::uint32_t ttl_s;
    std::string value;
};

inline void put_record(test::Packet& out, const RecordText& record) {
    const wire::Name owner = name(record.owner);
    const auto type = wire::parse_type(record.type).value();
    out.bytes({owner.wire().begin(), owner.wire().end()})
        .record(type, record.ttl_s, wire::rdata_from_text(type, record.value).value());
}

/// A response as an upstream server sends it.
inline std::vector<std::uint8_t> upstream_answer(const wire::Question& question, wire::Rcode rcode,
                                                 const std::vector<RecordText>& answer,
                                                 const std::vector<RecordText>& authority) {
    test::Packet out;
    out.header(0, 0x8180U | static_cast<unsigned>(rcode), 1, static_cast<unsigned>(answer.size()),
               static_cast<unsigned>(authority.size()), 0)
        .bytes({question.name.wire().begin(), question.name.wire().end()})
        .u16(static_cast<unsigned>(question.type))
        .u16(static_cast<unsigned>(question.rr_class));
    for (const auto& record : answer) put_record(out, record);
    for (const auto& record : authority) put_record(out, record);
    return out.data;
}

struct QueryText {
    std::string name;
    std::string type = "A";
    std::uint16_t flags = wire::kFlagRd;
    std::uint16_t rr_class = 1;
    bool edns = true;
    bool dnssec_ok = false;
    std::vector<std::uint8_t> options{};
};

inline std::vector<std::uint8_t> query_bytes(const QueryText& query) {
    test::Packet out;
    out.header(0x1234, query.flags, 1, 0, 0, query.edns ? 1 : 0)
        .name(query.name)
        .u16(static_cast<unsigned>(wire::parse_type(query.type).value()))
        .u16(query.rr_class);
    if (query.edns) out.opt(query.options, 1232, query.dnssec_ok ? 0x8000 : 0);
    return out.data;
}

class World : public ReplySink {
public:
    explicit World(const cache::Options& cache_options) : cache(cache_options) {}
    virtual ~World() = default;
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Puts the policy in force and makes the engine if there is none yet.
    void in_force(const policy::Options& options) {
        auto snapshot = std::make_shared<Snapshot>(base);
        snapshot->policy = policy::Policy::build(std::make_shared<const policy::Options>(options), catalogue(), 17,
                                                 policy::testing::kNow)
                               .value();
        snapshot->cell_keys = cell_keys_of(*snapshot->policy, telemetry::IdentityLevel::None, keys);
        publish(std::move(snapshot));
    }
    void publish(std::shared_ptr<Snapshot> snapshot) {
        if (snapshot->allow_from.find(ip("10.0.0.1")) == 0)
            snapshot->allow_from =
                PrefixTable(std::vector<std::pair<Prefix, std::uint32_t>>{{*Prefix::parse("10.0.0.0/8"), 1}}, 0);
        snapshot->node = "dns1";
        snapshot->nsid = "dns1 policy 17";
        snapshot->version_text = "cenote test";
        snapshot->policy_text = "version 17";
        if (engine == nullptr) {
            published = std::make_unique<Published<Snapshot>>(std::move(snapshot));
            engine = std::make_unique<Engine>(*published, cache, recorder, *this, limits,
                                              [this](upstream::AnswerSink& sink, const upstream::Options&) {
                                                  auto made = std::make_unique<ScriptedForwarder>(sink);
                                                  forwarder = made.get();
                                                  return made;
                                              });
        } else {
            published->publish(std::move(snapshot));
            engine->begin_batch();
        }
    }

    Outcome ask(const QueryText& query) { return ask_bytes(query_bytes(query)); }
    Outcome ask_bytes(const std::vector<std::uint8_t>& packet) {
        reply = {.space = space, .limit = space.size(), .size = 0};
        return engine->handle(client, packet, reply, now);
    }
    /// The reply of the last ask(), as dig prints it.
    [[nodiscard]] std::string text() const {
        const auto printed = wire::to_text(reply.written());
        return printed.ok() ? *printed : printed.error().text;
    }
    [[nodiscard]] std::string late_text(std::size_t index) const {
        const auto printed = wire::to_text(late.at(index));
        return printed.ok() ? *printed : printed.error().text;
    }

    /// Completes upstream query number `index` with a message as a server sends it. Only an Ok one reaches a client.
    [[nodiscard]] wire::AnswerStatus answer_bytes(std::size_t index, const std::vector<std::uint8_t>& packet) {
        const auto asked = forwarder->asked.at(index);
        upstream::Completion completion;
        std::size_t size = 0;
        const auto status = scrub_answer(packet, asked.query.question, scrubbed_, size, completion.shape);
        if (status != wire::AnswerStatus::Ok) return status;
        completion.ending = upstream::Ending::Answered;
        completion.answer = ByteView(scrubbed_).first(size);
        forwarder->sink.complete(asked.query, completion, {&asked.waiter, 1}, now);
        return status;
    }
    void fail(std::size_t index, upstream::Ending ending) {
        const auto asked = forwarder->asked.at(index);
        upstream::Completion completion;
        completion.ending = ending;
        forwarder->sink.complete(asked.query, completion, {&asked.waiter, 1}, now);
    }

    PendingLimits limits{.queries_max = 64, .per_client_max = 32};
    Snapshot base;
    cache::Cache cache;
    telemetry::Keys keys;
    telemetry::Hub hub;
    telemetry::Recorder& recorder = hub.add_recorder();
    std::unique_ptr<Published<Snapshot>> published;
    std::unique_ptr<Engine> engine;
    ScriptedForwarder* forwarder = nullptr;
    Client client = [] {
        Client made;
        made.peer = {.ip = ip("10.0.0.1"), .port = 4000, .scope_id = 0};
        return made;
    }();
    Ticks now = Ticks{} + std::chrono::hours{100};
    std::vector<std::uint8_t> space = std::vector<std::uint8_t>(wire::kMessageMax);
    wire::ReplyBuffer reply;
    std::vector<std::vector<std::uint8_t>> late;
    std::vector<std::vector<std::uint8_t>> handed_over;  // queries that were handed over
    HandOver hand_over_result = HandOver::Taken;

private:
    HandOver hand_over(const Client&, ByteView packet) noexcept override {
        handed_over.emplace_back(packet.begin(), packet.end());
        return hand_over_result;
    }
    void send(const Client&, ByteView bytes, Ticks) noexcept override { late.emplace_back(bytes.begin(), bytes.end()); }

    std::vector<std::uint8_t> scrubbed_ = std::vector<std::uint8_t>(wire::kMessageMax);
};

}  // namespace cenote::engine::testing
