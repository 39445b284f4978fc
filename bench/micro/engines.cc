// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <memory>

#include "bench/micro/path.h"
#include "tests/engine/world.h"

namespace cenote::bench {
namespace {

using engine::testing::query_bytes;
using Packets = std::vector<std::vector<std::uint8_t>>;

constexpr std::size_t kInputs = 256;
constexpr std::size_t kBatch = 64;

/// The engine of the tests; what it sends late goes nowhere.
class Engines final : public engine::testing::World {
public:
    Engines() : World({.bytes_max = 16 << 20}) {
        limits = {.queries_max = 1024, .per_client_max = 1024};
        policy::Options options;
        options.directives.push_back(
            policy::testing::directive("bench", policy::Step::Restrict, {"service:deepseek", "list:extra"}));
        options.directives.back().contact = {"mailto:dns@agency.example"};
        in_force(options);
        for (std::size_t i = 0; i < kInputs; ++i) {
            const std::string number = std::to_string(i);
            blocked.push_back(query_bytes({.name = "host" + number + ".chat.deepseek.com"}));
            cached.push_back(query_bytes({.name = "www.popular-site-" + number + ".example"}));
            missed.push_back(query_bytes({.name = "www.other-site-" + number + ".example"}));
            ask_bytes(cached.back());
            answer_last("www.popular-site-" + number + ".example", 3600);
            miss_answers.push_back(one_address("www.other-site-" + number + ".example", 0));
        }
        batch.resize(kBatch);
    }
    /// Workers make hits from now on, as with a history, a log or a tap. The ring has room for all runs of counted.
    void want_hits() { hub.want_hits(true, 1); }

    /// Asks; stops the program when the outcome is another.
    void expect(engine::Outcome outcome, const std::vector<std::uint8_t>& packet) {
        if (ask_bytes(packet) != outcome) std::abort();
    }
    void handle_batch(const Packets& packets) {
        for (engine::Datagram& datagram : batch) datagram = {client, packets[next()], {}};
        engine->handle(batch, replies, now);
    }
    /// Misses, and the answer that comes (TTL 0: it is not kept, so the next one misses as well).
    void miss() {
        const std::size_t i = next();
        forwarder->asked_count = 0;
        expect(engine::Outcome::Pending, missed[i]);
        if (answer_bytes(0, miss_answers[i]) != wire::AnswerStatus::Ok) std::abort();
        late.clear();
    }
    std::size_t next() noexcept { return at_ = (at_ + 1) % kInputs; }

    Packets blocked, cached, missed;
    std::vector<engine::Datagram> batch;
    std::vector<std::uint8_t> replies = std::vector<std::uint8_t>(1 << 20);

private:
    static std::vector<std::uint8_t> one_address(const std::string& name, std::uint32_t ttl_s) {
        wire::Question question;
        question.name = policy::testing::name(name);
        question.type = wire::RrType::A;
        return engine::testing::upstream_answer(question, wire::Rcode::NoError, {{name, "A", ttl_s, "192.0.2.7"}}, {});
    }
    void answer_last(const std::string& name, std::uint32_t ttl_s) {
        if (answer_bytes(0, one_address(name, ttl_s)) != wire::AnswerStatus::Ok) std::abort();
        forwarder->asked_count = 0;
        late.clear();
    }

    std::vector<std::vector<std::uint8_t>> miss_answers;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<Operation> engine_operations() {
    const auto e = std::make_shared<Engines>();
    const auto seen = std::make_shared<Engines>();
    seen->want_hits();
    return {
        {"handle blocked", [e] { e->expect(engine::Outcome::Answered, e->blocked[e->next()]); }},
        {"handle cached", [e] { e->expect(engine::Outcome::Answered, e->cached[e->next()]); }},
        {"handle miss", [e] { e->miss(); }},
        {"handle 64 blocked", [e] { e->handle_batch(e->blocked); }},
        {"handle 64 cached", [e] { e->handle_batch(e->cached); }},
        {"handle blocked, a hit", [seen] { seen->expect(engine::Outcome::Answered, seen->blocked[seen->next()]); }},
        {"handle cached, hits on", [seen] { seen->expect(engine::Outcome::Answered, seen->cached[seen->next()]); }},
    };
}

}  // namespace cenote::bench
