// SPDX-License-Identifier: Apache-2.0
//
// Policy: what a decision costs, and what building costs where many ministries have many directives.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "resolver/base/time_text.h"
#include "resolver/domainset/writer.h"
#include "resolver/policy/policy.h"

namespace {

using namespace cenote;
using namespace cenote::policy;

constexpr std::size_t kServices = 250;
constexpr std::size_t kGroups = 1000;
const WallTime kNow = WallTime(std::chrono::hours(24 * 365 * 56));

wire::Name service_name(std::size_t i) { return wire::Name::parse("service" + std::to_string(i) + ".example").value(); }

std::shared_ptr<const domainset::DomainSet> catalogue() {
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 1);
    for (std::size_t i = 0; i < kServices; ++i) {
        domainset::Source source;
        source.kind = domainset::SourceKind::Service;
        source.id = "service" + std::to_string(i);
        source.name = "Service " + std::to_string(i);
        source.jurisdiction = i % 4 == 0 ? "CN" : "US";
        const auto index = writer.add_source(std::move(source));
        for (std::uint8_t role = 0; role < 4; ++role) {
            const auto prefix = role == 0 ? std::string() : "r" + std::to_string(role) + ".";
            writer.add(wire::Name::parse(prefix + service_name(i).to_string()).value(),
                       {.source = index, .role = static_cast<domainset::Role>(role), .strict = false},
                       domainset::MatchKind::Suffix);
        }
    }
    return std::make_shared<const domainset::DomainSet>(
        domainset::DomainSet::from_bytes(writer.finish().value()).value());
}

/// A directive and `prefixes` / 1000 client prefixes for each of a thousand groups, and one over all for everyone.
std::shared_ptr<const Options> many(std::size_t prefixes, const std::string& target) {
    auto options = std::make_shared<Options>();
    options->directives.emplace_back();
    options->directives.back().id = "default";
    options->directives.back().targets = {parse_target("service:*").value()};
    std::size_t next = 0;
    for (std::size_t i = 0; i < kGroups; ++i) {
        Group& group = options->groups.emplace_back();
        group.id = "group" + std::to_string(i);
        for (std::size_t j = 0; j < prefixes / kGroups; ++j, ++next)
            group.clients.emplace_back(
                IpAddress::v4({static_cast<std::uint8_t>(10 + (next >> 16)), static_cast<std::uint8_t>(next >> 8),
                               static_cast<std::uint8_t>(next), 0}),
                std::uint8_t{96 + 24});
        Directive& directive = options->directives.emplace_back();
        directive.id = "directive" + std::to_string(i);
        directive.groups = {group.id};
        directive.step = Step::Restrict;
        directive.contact = {"mailto:dns@agency.example"};
        const auto own = target.empty() ? "service:service" + std::to_string(i % kServices) : target;
        directive.targets = {parse_target(own).value(),
                             parse_target("domain:own" + std::to_string(i) + ".example").value()};
    }
    return options;
}

void build(benchmark::State& state, const std::shared_ptr<const Options>& options) {
    const auto base = catalogue();
    for (auto _ : state) {
        auto policy = Policy::build(options, base, 1, kNow);
        if (!policy.ok()) state.SkipWithError(policy.error().text.c_str());
        benchmark::DoNotOptimize(policy);
    }
}

/// A thousand directives, each over one service for one group.
void PolicyBuild(benchmark::State& state) { build(state, many(static_cast<std::size_t>(state.range(0)), {})); }
BENCHMARK(PolicyBuild)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// Each over a quarter of the services: 62 thousand verdicts, each with texts of its own.
void PolicyBuildWide(benchmark::State& state) {
    build(state, many(static_cast<std::size_t>(state.range(0)), "jurisdiction:CN"));
}
BENCHMARK(PolicyBuildWide)->Arg(10'000)->Unit(benchmark::kMillisecond);

void PolicyCheck(benchmark::State& state) {
    const auto base = catalogue();
    const auto options = many(10'000, {});
    for (auto _ : state) {
        Diagnostics diagnostics;
        Policy::check(*options, base.get(), diagnostics);
        if (diagnostics.has_errors()) state.SkipWithError(diagnostics.all().front().text.c_str());
    }
}
BENCHMARK(PolicyCheck)->Unit(benchmark::kMillisecond);

/// The whole decision: class, two suffix walks, two loads, one join.
void PolicyDecide(benchmark::State& state) {
    const auto policy = Policy::build(many(10'000, {}), catalogue(), 1, kNow).value();
    std::vector<wire::Name> names;
    std::vector<IpAddress> clients;
    for (std::size_t i = 0; i < 1024; ++i) {
        names.push_back(i % 10 == 0 ? service_name(i % kServices)
                                    : wire::Name::parse("www.popular" + std::to_string(i) + ".example").value());
        clients.push_back(IpAddress::v4({10, static_cast<std::uint8_t>(i % 40), static_cast<std::uint8_t>(i), 7}));
    }
    std::size_t i = 0;
    for (auto _ : state) {
        const Verdict verdict = policy->judge(policy->classify(clients[i]), policy->match(names[i]));
        benchmark::DoNotOptimize(policy->cell(verdict).is_sinkholed());
        i = (i + 1) % names.size();
    }
}
BENCHMARK(PolicyDecide);

}  // namespace
