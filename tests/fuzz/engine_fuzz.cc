// SPDX-License-Identifier: Apache-2.0
//
// An arbitrary packet of a client and an arbitrary answer of upstream, for an engine with a policy: no reply is larger
// than its limit, every reply can be parsed, no client gets an address that upstream gave for a sinkholed name, and a
// batch gets the same replies as single queries.
//
// Input: a byte of choices (1: over TCP, 2: upstream's bytes as they are), the packet's length in two bytes, the
// packet, the rest is of upstream's answer: records that follow
// the question and an address, or eight bytes for flags and counts of the header, then what follows the question.

#include "resolver/wire/query.h"
#include "resolver/wire/rdata.h"
#include "tests/engine/world.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using engine::testing::upstream_answer;
using engine::testing::World;

fuzz::Goal sinkholed("a sinkholed name is answered");
fuzz::Goal from_upstream("an answer of upstream is passed on");
fuzz::Goal failed("upstream has no answer");
fuzz::Goal batched("a batch is answered");

constexpr std::uint32_t kMarker = 0xc6336402;  // 198.51.100.2, the answer of upstream for every name

policy::Options closing_deepseek() {
    policy::Options options;
    options.node = "dns1";
    options.directives.push_back(
        policy::testing::directive("demo-1", policy::Step::Restrict, {"service:deepseek", "list:extra"}));
    return options;
}

bool holds_marker(ByteView reply) {
    bool found = false;
    wire::for_each_answer(reply, [&found](wire::RrType, ByteView rdata) noexcept {
        found = found || (rdata.size() == 4 && load_u32(rdata.data()) == kMarker);
    });
    return found;
}

/// ldns checks the layout of types that pass here unchecked (RFC 3597).
bool is_comparable(ByteView reply) {
    bool comparable = true;
    wire::for_each_answer(reply, [&comparable](wire::RrType type, ByteView) noexcept {
        comparable = comparable && wire::rdata_layout(type) != "*";
    });
    return comparable;
}

/// An address record with the marker in front of whatever the fuzzer adds.
std::vector<std::uint8_t> marked_answer(const wire::Question& question, ByteView more) {
    auto packet = upstream_answer(question, wire::Rcode::NoError, {}, {});
    packet[7] = 1;  // ANCOUNT
    packet.insert(packet.end(), {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 0xc6, 0x33, 0x64, 0x02});
    packet.insert(packet.end(), more.begin(), more.end());
    return packet;
}

/// Upstream's own records, behind the question it was asked.
std::vector<std::uint8_t> raw_answer(const wire::Question& question, ByteView raw) {
    auto packet = upstream_answer(question, wire::Rcode::NoError, {}, {});
    for (std::size_t i = 0; i < 8 && i < raw.size(); ++i) packet[i < 2 ? 2 + i : 4 + i] = raw[i];
    packet[2] |= 0x80;
    packet[4] = 0, packet[5] = 1;
    packet.insert(packet.end(), raw.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(raw.size(), 8)),
                  raw.end());
    return packet;
}

class Trial {
public:
    Trial(World& world, ByteView packet) : world_(world), packet_(packet.begin(), packet.end()) {
        if (parse_query(packet_, query_) != wire::ParseStatus::Ok) return;
        const auto& policy = *world.published->current()->policy;
        const auto verdict = policy.judge(policy.classify(world.client.peer.ip), policy.match(query_.name));
        closed_ = policy.cell(verdict).is_sinkholed();
    }

    engine::Outcome ask() {
        const auto outcome = world_.ask_bytes(packet_);
        if (outcome == engine::Outcome::Answered) expect_sound(world_.reply.written());
        return outcome;
    }
    /// In a batch it gets what it gets alone, twice.
    void ask_in_batch() {
        static std::vector<std::uint8_t> space(3 * wire::kMessageMax);
        if (ask() == engine::Outcome::Pending) return;
        std::array<engine::Datagram, 2> batch;
        batched.reach();
        if (closed_) sinkholed.reach();
        for (auto& datagram : batch) datagram = {world_.client, packet_, {}};
        world_.engine->handle(batch, space, world_.now);
        for (const auto& datagram : batch) CENOTE_CHECK(std::ranges::equal(datagram.reply, world_.reply.written()));
    }
    void expect_late() {
        for (const auto& reply : world_.late) expect_sound(reply);
    }

private:
    void expect_sound(ByteView reply) const {
        const std::size_t limit =
            world_.client.transport == telemetry::QueryTransport::Udp ? wire::udp_limit(query_) : wire::kMessageMax;
        CENOTE_CHECK(reply.size() <= limit);
        CENOTE_CHECK(!is_comparable(reply) || wire::to_text(reply).ok());
        CENOTE_CHECK(!closed_ || !holds_marker(reply));
    }

    World& world_;
    std::vector<std::uint8_t> packet_;
    wire::Query query_;
    bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::uint8_t choices = input.u8();
    const ByteView packet = input.framed();
    const ByteView rest = input.rest();
    static World* const world = [] {
        auto* made = new World(
            {.bytes_max = 4 << 20, .max_ttl = seconds{60}, .negative_max_ttl = seconds{60}, .stale = {}, .shards = 2});
        made->in_force(closing_deepseek());
        return made;
    }();
    world->client.transport = (choices & 1U) != 0 ? telemetry::QueryTransport::Tcp : telemetry::QueryTransport::Udp;
    world->now += seconds{600};  // behind the life of all that earlier inputs left in the cache
    world->late.clear();
    world->forwarder->asked_count = 0;

    Trial trial(*world, packet);
    if (trial.ask() == engine::Outcome::Pending) {
        const wire::Question question = world->forwarder->asked[0].query.question;
        const auto answer = (choices & 2U) != 0 ? raw_answer(question, rest) : marked_answer(question, rest);
        if (world->answer_bytes(0, answer) == wire::AnswerStatus::Ok) {
            from_upstream.reach();
        } else {
            failed.reach();
            world->fail(0, upstream::Ending::Failed);
        }
        CENOTE_CHECK(world->late.size() == 1 && world->engine->pending() == 0);
        trial.expect_late();
        trial.ask();  // what the cache makes of it
        if (world->forwarder->asked_count > 1) world->fail(1, upstream::Ending::TimedOut);
        CENOTE_CHECK(world->engine->pending() == 0);
    } else {
        trial.ask_in_batch();
    }
    return 0;
}
