// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/reveal.h"

#include <algorithm>
#include <array>
#include <span>

namespace cenote::engine {
namespace {

using wire::RrType;

static_assert(cache::Links::kSetsMax == policy::kSetsMax);

constexpr std::size_t kV4Size = 4;
constexpr std::size_t kV6Size = 16;
constexpr std::uint8_t kNat64[] = {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};  // 64:ff9b::/96 (RFC 6052 §2.1)
constexpr std::uint16_t kIpv4Hint = 4;                                               // RFC 9460 §14.3.2
constexpr std::uint16_t kIpv6Hint = 6;

/// Walks the records of an answer in the order of its chain.
class Revealer {
public:
    Revealer(const policy::Policy& policy, const LocalNames& local, ByteView answer) noexcept
        : policy_(policy), local_(local), answer_(answer) {
        links_.generation = links_generation(policy, local);
    }

    cache::Links run() noexcept {
        wire::for_each_answer(answer_, [this](RrType type, ByteView rdata) noexcept { visit(type, rdata); });
        return links_;
    }

private:
    void visit(RrType type, ByteView rdata) noexcept {
        switch (type) {
            case RrType::CNAME:
            case RrType::DNAME: return add_alias(type, rdata);
            case RrType::A: return trusted_ ? void() : add_addresses<kV4Size>(rdata);
            case RrType::AAAA: return trusted_ ? void() : add_addresses<kV6Size>(rdata);
            case RrType::SVCB:
            case RrType::HTTPS: return trusted_ ? void() : add_service(rdata);
            default: return;
        }
    }

    [[nodiscard]] std::size_t place_of(ByteView rdata) const noexcept {
        return static_cast<std::size_t>(rdata.data() - answer_.data());
    }

    void add_alias(RrType type, ByteView rdata) noexcept {
        wire::Name target;
        std::size_t end = 0;
        if (!target.read(answer_, place_of(rdata), end)) return;
        const LocalAnswer local = local_.find(target);
        trusted_ = trusted_ || local.trusted;
        links_.to_local = links_.to_local || (type == RrType::CNAME && local.kind == LocalKind::Records);
        if (!trusted_) add(policy_.match(target));
    }

    /// SvcPriority, TargetName, SvcParams (RFC 9460 §2.2). A trusted target of one record does not make the others
    /// trusted.
    void add_service(ByteView rdata) noexcept {
        wire::Name target;
        std::size_t end = 0;
        if (!target.read(answer_, place_of(rdata) + 2, end) || local_.find(target).trusted) return;
        add(policy_.match(target));
        ByteReader params(rdata.subspan(end - place_of(rdata)));
        while (params.left() > 0) {
            const std::uint16_t key = params.u16();
            const ByteView value = params.bytes(params.u16());
            if (!params.ok()) return;
            if (key == kIpv4Hint) add_addresses<kV4Size>(value);
            if (key == kIpv6Hint) add_addresses<kV6Size>(value);
        }
    }

    template <std::size_t Size>
    void add_addresses(ByteView list) noexcept {
        for (; list.size() >= Size; list = list.subspan(Size)) add_address(list.first<Size>());
    }
    void add_address(std::span<const std::uint8_t, kV4Size> octets) noexcept {
        add(policy_.match(IpAddress::v4({octets[0], octets[1], octets[2], octets[3]})));
    }
    /// IpAddress turns an IPv4-mapped address into the IPv4 address (base/address.h); a NAT64 address is judged as
    /// both.
    void add_address(std::span<const std::uint8_t, kV6Size> octets) noexcept {
        std::array<std::uint8_t, kV6Size> copy;
        std::ranges::copy(octets, copy.begin());
        add(policy_.match(IpAddress::v6(copy)));
        if (std::ranges::equal(kNat64, octets.first<std::size(kNat64)>())) add_address(octets.last<kV4Size>());
    }

    void add(const policy::Match& match) noexcept {
        if (std::ranges::all_of(match.tags, [](auto tags) { return tags == policy::kNoTags; })) return;
        const auto known = std::span(links_.tags).first(links_.count);
        if (std::ranges::find(known, match.tags) != known.end()) return;
        links_.incomplete = links_.count == cache::Links::kLinksMax;
        if (!links_.incomplete) links_.tags[links_.count++] = match.tags;
    }

    const policy::Policy& policy_;
    const LocalNames& local_;
    ByteView answer_;
    cache::Links links_;
    bool trusted_ = false;  // the chain has reached a trusted name
};

}  // namespace

cache::Links reveal(const policy::Policy& policy, const LocalNames& local, ByteView answer) noexcept {
    return Revealer(policy, local, answer).run();
}

LocalCut find_local_cut(ByteView answer, const LocalNames& local) noexcept {
    constexpr std::ptrdiff_t kTtlBeforeRdata = 6;  // TTL and RDLENGTH
    LocalCut cut;
    wire::for_each_answer(answer, [&](RrType type, ByteView rdata) noexcept {
        if (cut.found) return;
        ++cut.records;
        cut.ttl_s = std::min(cut.ttl_s, load_u32(rdata.data() - kTtlBeforeRdata));
        std::size_t end = 0;
        if (type != RrType::CNAME) return;
        if (!cut.target.read(answer, static_cast<std::size_t>(rdata.data() - answer.data()), end)) return;
        cut.found = local.find(cut.target).kind == LocalKind::Records;
    });
    return cut;
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
