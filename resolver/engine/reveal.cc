// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/reveal.h"

namespace cenote::engine {
namespace {

static_assert(cache::Links::kSetsMax == policy::kSetsMax);

void add_link(const policy::Policy& policy, ByteView answer, std::size_t offset, cache::Links& links) noexcept {
    wire::Name name;
    std::size_t end = 0;
    if (links.count == cache::Links::kLinksMax || !name.read(answer, offset, end)) return;
    const policy::Match match = policy.match(name);
    for (const auto tags : match.tags)
        if (tags != policy::kNoTags) {
            links.tags[links.count++] = match.tags;
            return;
        }
}

}  // namespace

cache::Links reveal(const policy::Policy& policy, ByteView answer) noexcept {
    cache::Links links;
    links.generation = policy.sets_generation();
    wire::for_each_answer(answer, [&](wire::RrType type, ByteView rdata) noexcept {
        const auto at = static_cast<std::size_t>(rdata.data() - answer.data());
        switch (type) {
            case wire::RrType::CNAME:
            case wire::RrType::DNAME: add_link(policy, answer, at, links); break;
            case wire::RrType::SVCB:
            case wire::RrType::HTTPS: add_link(policy, answer, at + 2, links); break;  // behind SvcPriority
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
