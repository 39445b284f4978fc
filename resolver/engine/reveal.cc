// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/reveal.h"

#include <algorithm>
#include <array>
#include <span>

namespace cenote::engine {
namespace {

static_assert(cache::Links::kSetsMax == policy::kSetsMax);

void add_link(const policy::Match& match, cache::Links& links) noexcept {
    if (std::ranges::all_of(match.tags, [](auto tags) { return tags == policy::kNoTags; })) return;
    const auto known = std::span(links.tags).first(links.count);
    if (std::ranges::find(known, match.tags) != known.end() || links.count == cache::Links::kLinksMax) return;
    links.tags[links.count++] = match.tags;
}

void add_name(const policy::Policy& policy, ByteView answer, std::size_t offset, cache::Links& links) noexcept {
    wire::Name name;
    std::size_t end = 0;
    if (name.read(answer, offset, end)) add_link(policy.match(name), links);
}

template <std::size_t kSize, IpAddress (*kMake)(const std::array<std::uint8_t, kSize>&) noexcept>
void add_address(const policy::Policy& policy, ByteView rdata, cache::Links& links) noexcept {
    std::array<std::uint8_t, kSize> octets;
    if (rdata.size() != kSize) return;
    std::ranges::copy(rdata, octets.begin());
    add_link(policy.match(kMake(octets)), links);
}

IpAddress make_v4(const std::array<std::uint8_t, 4>& octets) noexcept { return IpAddress::v4(octets); }

}  // namespace

cache::Links reveal(const policy::Policy& policy, ByteView answer) noexcept {
    cache::Links links;
    links.generation = policy.sets_generation();
    wire::for_each_answer(answer, [&](wire::RrType type, ByteView rdata) noexcept {
        const auto at = static_cast<std::size_t>(rdata.data() - answer.data());
        switch (type) {
            case wire::RrType::A: add_address<4, make_v4>(policy, rdata, links); break;
            case wire::RrType::AAAA: add_address<16, IpAddress::v6>(policy, rdata, links); break;
            case wire::RrType::CNAME:
            case wire::RrType::DNAME: add_name(policy, answer, at, links); break;
            case wire::RrType::SVCB:
            case wire::RrType::HTTPS: add_name(policy, answer, at + 2, links); break;  // behind SvcPriority
            default: break;
        }
    });
    return links;
}

policy::Verdict judge_links(const policy::Policy& policy, policy::ClientClass client, policy::Verdict asked,
                            const cache::Links& links) noexcept {
    policy::Verdict verdict = asked;
    for (std::size_t i = 0; i < links.count; ++i) {
        policy::Match match;
        match.tags = links.tags[i];
        verdict = policy.judge_link(client, verdict, match);
    }
    return verdict;
}

}  // namespace cenote::engine
