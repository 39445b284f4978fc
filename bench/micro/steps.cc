// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "bench/micro/path.h"
#include "resolver/base/hash.h"
#include "resolver/domainset/delta.h"
#include "resolver/engine/sinkhole.h"
#include "tests/cache/answers.h"
#include "tests/engine/world.h"

namespace cenote::bench {
namespace {

using engine::testing::query_bytes;
using Packets = std::vector<std::vector<std::uint8_t>>;

constexpr std::size_t kInputs = 256;
constexpr std::size_t kDirectives = 100;

/// What cannot be optimised away.
template <typename T>
void use(const T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

std::string popular(std::size_t i) { return "www.popular-site-" + std::to_string(i) + ".example"; }
std::string blocked(std::size_t i) { return "chat.service" + std::to_string(i % kDirectives) + ".example"; }

/// A thousand names more, as many RPZ increments leave them.
domainset::DomainSet with_delta(const domainset::DomainSet& set) {
    domainset::DeltaWriter writer(set);
    for (std::size_t i = 0; i < 1000; ++i)
        writer.put(policy::testing::name("came" + std::to_string(i) + ".example"), {0}, {0}, {});
    return set.with_delta(writer.finish(set.sources(), set.info().built_at).value()).value();
}

/// A hundred directives, each over a service and a name of its own, for a hundred groups.
std::shared_ptr<const policy::Policy> policy_of_many(bool delta) {
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 7);
    auto options = std::make_shared<policy::Options>();
    for (std::size_t i = 0; i < kDirectives; ++i) {
        const std::string number = std::to_string(i);
        const auto source =
            writer.add_source(policy::testing::service("service" + number, "Vendor " + number, "ZZ", {"chat"}));
        writer.add(policy::testing::name("service" + number + ".example"), {.source = source},
                   domainset::MatchKind::Suffix);
        const std::string client = "10." + number + ".0.0/16";
        options->groups.push_back(policy::testing::group("group" + number, {client}));
        const std::string service = "service:service" + number;
        const std::string domain = "domain:own" + number + ".example";
        options->directives.push_back(
            policy::testing::directive("directive" + number, policy::Step::Restrict, {service, domain}));
    }
    auto set = domainset::DomainSet::from_bytes(writer.finish().value()).value();
    if (delta) set = with_delta(set);
    auto base = std::make_shared<const domainset::DomainSet>(std::move(set));
    return policy::Policy::build(options, base, 1, policy::testing::kNow).value();
}

struct Steps {
    Steps() {
        for (std::size_t i = 0; i < kInputs; ++i) {
            packets.push_back(query_bytes({.name = popular(i)}));
            popular_names.push_back(policy::testing::name(popular(i)));
            blocked_names.push_back(policy::testing::name(blocked(i)));
            clients.push_back(IpAddress::v4({10, static_cast<std::uint8_t>(i % 120), static_cast<std::uint8_t>(i), 7}));
            questions.push_back(cache::ask(popular(i)));
            answers.push_back(cache::answer_of(questions.back(), 3600));
            cached.store(questions.back(), answers.back(), cache::at(seconds{0}));
            naive_cache[popular(i)] = answers.back().message;
        }
        for (const auto& question : questions) keys.push_back(question.key());
        for (std::size_t i = 0; i < kDirectives; ++i) naive_set.insert("service" + std::to_string(i) + ".example");
        blocked_packet = query_bytes({.name = blocked(3)});
        if (parse_query(blocked_packet, blocked_query) != wire::ParseStatus::Ok) std::abort();
        verdict = policy->judge(0, policy->match(blocked_query.name));
        reply.space = space;
        reply.limit = 1232;
        engine::write_sinkhole(sinkhole_context(), reply);
        sinkhole.assign(reply.space.begin(), reply.space.begin() + static_cast<std::ptrdiff_t>(reply.size));
    }

    [[nodiscard]] engine::SinkholeContext sinkhole_context() const {
        return {
            .query = blocked_query, .cell = policy->cell(verdict), .labels = verdict.labels, .ttl_s = 30, .opt = {}};
    }
    std::size_t next() noexcept { return at_ = (at_ + 1) % kInputs; }

    std::shared_ptr<const policy::Policy> policy = policy_of_many(false);
    std::shared_ptr<const policy::Policy> changed = policy_of_many(true);
    Packets packets;
    std::vector<wire::Name> popular_names, blocked_names;
    std::vector<IpAddress> clients;
    std::vector<std::uint8_t> blocked_packet;
    wire::Query blocked_query;
    policy::Verdict verdict;
    std::vector<std::uint8_t> space = std::vector<std::uint8_t>(wire::kMessageMax);
    wire::ReplyBuffer reply;
    std::vector<std::uint8_t> sinkhole;
    cache::Cache cache{cache::Options{}};
    cache::Client cached{cache};
    std::vector<cache::KeyedQuestion> questions;
    std::vector<cache::Key> keys;  // of `questions`
    std::vector<cache::Answer> answers;
    std::unordered_map<std::string, std::vector<std::uint8_t>> naive_cache;
    std::unordered_set<std::string> naive_set;

private:
    std::size_t at_ = 0;
};

/// The name of a query as text, label by label.
std::string naive_name(const std::vector<std::uint8_t>& packet) {
    std::string name;
    for (std::size_t at = 12; packet.at(at) != 0;) {
        std::string label(packet.begin() + static_cast<std::ptrdiff_t>(at + 1),
                          packet.begin() + static_cast<std::ptrdiff_t>(at + 1 + packet[at]));
        for (char& letter : label) letter = static_cast<char>(std::tolower(letter));
        if (!name.empty()) name += '.';
        name += label;
        at += packet[at] + std::size_t{1};
    }
    return name;
}

bool naive_match(const std::unordered_set<std::string>& set, const std::string& name) {
    for (std::size_t at = 0; at != std::string::npos;) {
        if (set.contains(name.substr(at))) return true;
        at = name.find('.', at);
        if (at != std::string::npos) ++at;
    }
    return false;
}

/// A sinkhole answer put together from strings.
std::vector<std::uint8_t> naive_reply(const wire::Query& query, const policy::Cell& cell) {
    std::vector<std::uint8_t> out{static_cast<std::uint8_t>(query.id >> 8), static_cast<std::uint8_t>(query.id)};
    const auto put16 = [&](std::size_t value) {
        out.push_back(static_cast<std::uint8_t>(value >> 8));
        out.push_back(static_cast<std::uint8_t>(value));
    };
    for (const unsigned word : {0x8180U, 1U, 1U, 0U, 1U}) put16(word);
    for (const auto byte : query.question) out.push_back(byte);
    const auto& name = query.name.wire();
    out.insert(out.end(), name.begin(), name.end());
    for (const unsigned word : {1U, 1U, 0U, 30U, 4U, 0U, 0U}) put16(word);
    const std::string text(cell.text);
    out.push_back(0);
    for (const std::size_t word : {std::size_t{41}, std::size_t{1232}, std::size_t{0}, std::size_t{0}, text.size() + 6})
        put16(word);
    for (const std::size_t word : {std::size_t{15}, text.size() + 2, std::size_t{15}}) put16(word);
    for (const char letter : text) out.push_back(static_cast<std::uint8_t>(letter));
    return out;
}

/// From the packet to the verdict and its answer.
std::vector<Operation> decision_operations(const std::shared_ptr<Steps>& s) {
    return {
        {"parse",
         [s] {
             wire::Query query;
             use(parse_query(s->packets[s->next()], query));
             use(query);
         }},
        {"parse/naive", [s] { use(naive_name(s->packets[s->next()])); }},
        {"parse/floor",
         [s] {
             const auto& packet = s->packets[s->next()];
             std::memcpy(s->space.data(), packet.data(), packet.size());
             use(s->space);
         }},
        {"match popular", [s] { use(s->policy->match(s->popular_names[s->next()])); }},
        {"match blocked", [s] { use(s->policy->match(s->blocked_names[s->next()])); }},
        {"match popular, delta", [s] { use(s->changed->match(s->popular_names[s->next()])); }},
        {"match blocked, delta", [s] { use(s->changed->match(s->blocked_names[s->next()])); }},
        {"match/naive", [s] { use(naive_match(s->naive_set, blocked(s->next()))); }},
        {"match/floor", [s] { use(hash64(s->popular_names[s->next()].wire(), 1)); }},
        {"decide",
         [s] {
             const std::size_t i = s->next();
             use(s->policy->judge(s->policy->classify(s->clients[i]), s->policy->match(s->blocked_names[i])));
         }},
        {"decide/naive", [s] { use(s->policy->explain(s->clients[s->next()], s->blocked_names[3])); }},
        {"reply sinkhole",
         [s] {
             engine::write_sinkhole(s->sinkhole_context(), s->reply);
             use(s->reply);
         }},
        {"reply/naive", [s] { use(naive_reply(s->blocked_query, s->policy->cell(s->verdict))); }},
        {"reply/floor",
         [s] {
             std::memcpy(s->space.data(), s->sinkhole.data(), s->sinkhole.size());
             use(s->space);
         }},
    };
}

/// The cache.
std::vector<Operation> cache_operations(const std::shared_ptr<Steps>& s) {
    return {
        {"cache lookup", [s] { use(s->cached.lookup(s->keys[s->next()], cache::at(seconds{1}))); }},
        {"cache/naive",
         [s] {
             const auto found = s->naive_cache.find(popular(s->next()));
             const std::vector<std::uint8_t> copy = found->second;
             use(copy);
         }},
        {"cache/floor",
         [s] {
             const auto& message = s->answers[s->next()].message;
             std::memcpy(s->space.data(), message.data(), message.size());
             use(s->space);
         }},
        {"cache store",
         [s] {
             const std::size_t i = s->next();
             s->cached.store(s->keys[i], s->answers[i], cache::at(seconds{1}));
         }},
        {"cache store/naive",
         [s] {
             const std::size_t i = s->next();
             s->naive_cache[popular(i)] = s->answers[i].message;
         }},
    };
}

/// Naive ways and floors of Engine::handle().
std::vector<Operation> comparisons_of_whole_queries(const std::shared_ptr<Steps>& s) {
    return {
        {"handle blocked/naive",
         [s] {
             wire::Query query;
             use(parse_query(s->blocked_packet, query));
             if (naive_match(s->naive_set, naive_name(s->blocked_packet)))
                 use(naive_reply(query, s->policy->cell(s->verdict)));
         }},
        {"handle blocked/floor",
         [s] {
             std::memcpy(s->space.data(), s->blocked_packet.data(), s->blocked_packet.size());
             std::memcpy(s->space.data(), s->sinkhole.data(), s->sinkhole.size());
             use(s->space);
         }},
        {"handle cached/naive",
         [s] {
             const auto found = s->naive_cache.find(naive_name(s->packets[s->next()]));
             const std::vector<std::uint8_t> copy = found->second;
             use(copy);
         }},
        {"handle cached/floor",
         [s] {
             const std::size_t i = s->next();
             const auto& message = s->answers[i].message;
             std::memcpy(s->space.data(), s->packets[i].data(), s->packets[i].size());
             std::memcpy(s->space.data(), message.data(), message.size());
             use(s->space);
         }},
    };
}

}  // namespace

std::vector<Operation> step_operations() {
    const auto steps = std::make_shared<Steps>();
    std::vector<Operation> all;
    for (const auto& part : {decision_operations(steps), cache_operations(steps), comparisons_of_whole_queries(steps)})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace cenote::bench
