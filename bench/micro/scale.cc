// SPDX-License-Identifier: Apache-2.0
//
// How the cost of a decision grows: with the names in the set, with client prefixes, with directives. One line a point,
// "axis size figure value", for bench/scale to draw. Names are made up, in the shape of real lists.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>

#include "resolver/domainset/writer.h"
#include "resolver/policy/policy.h"

namespace {

using namespace cenote;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kAtOnce = 16;  // as the engine takes them
constexpr std::size_t kBlocks = 4000;
const WallTime kNow = WallTime(std::chrono::hours(24 * 365 * 56));

void tell(const char* axis, std::size_t size, const char* figure, double value) {
    fmt::print("{} {} {} {:.3f}\n", axis, size, figure, value);
    std::fflush(stdout);
}

double ms_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The median over blocks of what one of kAtOnce takes. `prepare(i)`, outside the clock, brings near what the parser
/// would just have written: the block that begins at input i.
template <typename Prepare, typename Look>
double median_ns(Prepare prepare, Look look) {
    std::vector<double> taken;
    for (std::size_t block = 0; block < kBlocks; ++block) {
        prepare(block * kAtOnce);
        const auto start = Clock::now();
        look();
        taken.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kAtOnce);
    }
    std::nth_element(taken.begin(), taken.begin() + kBlocks / 2, taken.end());
    return taken[kBlocks / 2];
}

std::string label_of(std::uint64_t number, std::size_t length) {
    std::string text;
    for (; text.size() < length; number = number * 6364136223846793005ULL + 1442695040888963407ULL)
        text += static_cast<char>('a' + (number >> 33) % 26);
    return text;
}

/// Number `i` of a list, always the same: two labels for a third of them, else three.
std::string listed(std::uint64_t i) {
    static constexpr std::array kTops{"com", "net", "org", "info"};
    std::string name = label_of(i * 2 + 1, 7 + i % 8) + "." + kTops[i % 4];
    return i % 3 == 0 ? name : label_of(i * 3 + 2, 3 + i % 6) + "." + name;
}

struct Looked {
    std::vector<wire::Name> names;

    Looked(std::size_t count, bool is_listed) {
        std::mt19937_64 random(5);
        for (std::size_t i = 0; i < kBlocks * kAtOnce; ++i)
            names.push_back(
                wire::Name::parse(is_listed ? listed(random() % count) : "www." + label_of(random(), 11) + ".example")
                    .value());
    }
};

double lookup_ns(const domainset::DomainSet& set, const Looked& looked) {
    std::array<domainset::NameHashes, kAtOnce> hashes;
    std::array<wire::Name, kAtOnce> names;
    std::size_t hits = 0;
    const double ns = median_ns([&](std::size_t from) { std::copy_n(&looked.names[from], kAtOnce, names.begin()); },
                                [&] {
                                    for (std::size_t i = 0; i < kAtOnce; ++i) set.hash(names[i], hashes[i]);
                                    for (std::size_t i = 0; i < kAtOnce; ++i) set.prefetch_groups(names[i], hashes[i]);
                                    for (std::size_t i = 0; i < kAtOnce; ++i) set.prefetch_record(names[i], hashes[i]);
                                    for (std::size_t i = 0; i < kAtOnce; ++i)
                                        hits += set.match(names[i], hashes[i]) ? 1U : 0U;
                                });
    return hits <= looked.names.size() ? ns : 0;
}

/// One load from a random place of so much memory, each waiting for the one before it.
double dependent_load_ns(std::size_t bytes) {
    constexpr std::size_t kLine = 64 / sizeof(std::size_t);
    std::vector<std::size_t> order(std::max<std::size_t>(bytes / 64, 2));
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin() + 1, order.end(), std::mt19937_64(3));
    std::vector<std::size_t> memory(order.size() * kLine);
    for (std::size_t i = 0; i < order.size(); ++i) memory[order[i] * kLine] = order[(i + 1) % order.size()] * kLine;
    std::size_t at = 0;
    const double ns = median_ns([](std::size_t) {},
                                [&] {
                                    for (std::size_t i = 0; i < kAtOnce; ++i) at = memory[at];
                                });
    return at < memory.size() ? ns : 0;
}

void grow_domains(std::size_t count) {
    const Path path = std::filesystem::temp_directory_path() / fmt::format("cenote-scale-{}.set", ::getpid());
    {
        domainset::DomainSetWriter writer(WallTime(seconds(1'700'000'000)), 0x5eed);
        domainset::Source source;
        source.id = "list";
        const domainset::Tag tag{.source = writer.add_source(std::move(source))};
        for (std::size_t i = 0; i < count; ++i)
            writer.add(wire::Name::parse(listed(i)).value(), tag, domainset::MatchKind::Suffix);
        const auto start = Clock::now();
        if (auto written = writer.finish_to(path); !written) {
            fmt::print(stderr, "{}\n", written.error().text);
            return;
        }
        tell("domains", count, "write_ms", ms_since(start));
    }
    const auto start = Clock::now();
    const auto set = domainset::DomainSet::open_unverified(path);
    tell("domains", count, "open_ms", ms_since(start));
    std::filesystem::remove(path);
    tell("domains", count, "bytes_each",
         static_cast<double>(set->info().bytes) / static_cast<double>(set->info().domains));
    tell("domains", count, "load_ns", dependent_load_ns(set->info().bytes));
    tell("domains", count, "unlisted_ns", lookup_ns(*set, Looked(count, false)));
    tell("domains", count, "listed_ns", lookup_ns(*set, Looked(count, true)));
}

std::shared_ptr<const domainset::DomainSet> catalogue(std::size_t services) {
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 1);
    for (std::size_t i = 0; i < services; ++i) {
        domainset::Source source;
        source.kind = domainset::SourceKind::Service;
        source.id = "service" + std::to_string(i);
        source.name = "Service " + std::to_string(i);
        const domainset::Tag tag{.source = writer.add_source(std::move(source))};
        writer.add(wire::Name::parse("service" + std::to_string(i) + ".example").value(), tag,
                   domainset::MatchKind::Suffix);
    }
    return std::make_shared<const domainset::DomainSet>(
        domainset::DomainSet::from_bytes(writer.finish().value()).value());
}

/// `directives` each over one service for one group; `prefixes` shared out among as many groups.
std::shared_ptr<policy::Options> policy_of(std::size_t prefixes, std::size_t directives, std::size_t services) {
    auto options = std::make_shared<policy::Options>();
    const std::size_t groups = std::min(prefixes, directives);
    for (std::size_t i = 0; i < groups; ++i) {
        policy::Group& group = options->groups.emplace_back();
        group.id = "group" + std::to_string(i);
        for (std::size_t prefix = i; prefix < prefixes; prefix += groups)
            group.clients.emplace_back(
                IpAddress::v4({static_cast<std::uint8_t>(10 + (prefix >> 16)), static_cast<std::uint8_t>(prefix >> 8),
                               static_cast<std::uint8_t>(prefix), 0}),
                std::uint8_t{96 + 24});
    }
    for (std::size_t i = 0; i < directives; ++i) {
        policy::Directive& directive = options->directives.emplace_back();
        directive.id = "directive" + std::to_string(i);
        directive.groups = {"group" + std::to_string(i % groups)};
        directive.step = policy::Step::Restrict;
        directive.targets = {policy::parse_target("service:service" + std::to_string(i % services)).value(),
                             policy::parse_target("domain:own" + std::to_string(i) + ".example").value()};
    }
    return options;
}

void grow_policy(const char* axis, std::size_t size, std::size_t prefixes, std::size_t directives) {
    constexpr std::size_t kServices = 250;
    const auto base = catalogue(kServices);
    const auto options = policy_of(prefixes, directives, kServices);
    const auto start = Clock::now();
    const auto policy = policy::Policy::build(options, base, 1, kNow).value();
    tell(axis, size, "build_ms", ms_since(start));
    std::mt19937_64 random(9);
    std::vector<wire::Name> names;
    std::vector<IpAddress> clients;
    for (std::size_t i = 0; i < kBlocks * kAtOnce; ++i) {
        names.push_back(wire::Name::parse(i % 4 != 0 ? "www." + label_of(random(), 11) + ".example"
                                                     : fmt::format("service{}.example", random() % kServices))
                            .value());
        const std::size_t prefix = random() % prefixes;
        clients.push_back(
            IpAddress::v4({static_cast<std::uint8_t>(10 + (prefix >> 16)), static_cast<std::uint8_t>(prefix >> 8),
                           static_cast<std::uint8_t>(prefix), static_cast<std::uint8_t>(random())}));
    }
    std::uint64_t closed = 0;
    std::array<wire::Name, kAtOnce> asked;
    std::array<IpAddress, kAtOnce> from_whom;
    const double ns = median_ns(
        [&](std::size_t from) {
            std::copy_n(&names[from], kAtOnce, asked.begin());
            std::copy_n(&clients[from], kAtOnce, from_whom.begin());
        },
        [&] {
            for (std::size_t i = 0; i < kAtOnce; ++i)
                closed += policy->judge(policy->classify(from_whom[i]), policy->match(asked[i])).cell != 0 ? 1U : 0U;
        });
    if (closed != 0) tell(axis, size, "decide_ns", ns);  // else the policy took nothing, and says nothing
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t most = argc > 1 ? std::stoul(argv[1]) : 10'000'000;
    for (std::size_t prefixes : {1UL, 10UL, 100UL, 1'000UL, 10'000UL, 100'000UL})
        grow_policy("prefixes", prefixes, prefixes, 100);
    for (std::size_t directives : {1UL, 3UL, 10UL, 30UL, 100UL, 300UL, 1'000UL})
        grow_policy("directives", directives, 1'000, directives);
    for (std::size_t domains : {10'000UL, 30'000UL, 100'000UL, 300'000UL, 1'000'000UL, 3'000'000UL, 10'000'000UL})
        if (domains <= most) grow_domains(domains);
}
