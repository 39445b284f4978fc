// SPDX-License-Identifier: Apache-2.0
//
// Questions and scrubbed answers for the tests of the cache.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "resolver/cache/cache.h"
#include "tests/support/packet.h"

namespace cenote::cache {

/// A question with the bits of a key, and the name that a key refers to.
struct KeyedQuestion : wire::Question {
    bool dnssec_ok = false;
    bool checking_disabled = false;

    [[nodiscard]] Key key() const noexcept {
        return {.name = name,
                .type = type,
                .rr_class = rr_class,
                .dnssec_ok = dnssec_ok,
                .checking_disabled = checking_disabled};
    }
};

inline KeyedQuestion ask(std::string_view name) {
    KeyedQuestion question;
    question.name = wire::Name::parse(name).value();
    question.type = wire::RrType::A;
    return question;
}

inline Ticks at(milliseconds since_start) { return Ticks{} + seconds{1000} + since_start; }

/// A scrubbed message: one answer record at QNAME, with rdata of any size.
struct Answer {
    std::vector<std::uint8_t> message;
    wire::AnswerInfo shape;
};

inline test::Packet begin_message(const wire::Question& question, unsigned answers, unsigned authorities) {
    const auto name = question.name.wire();
    return test::Packet()
        .header(0, 0x8080, 1, answers, authorities, 0)
        .bytes({name.begin(), name.end()})
        .u16(static_cast<unsigned>(question.type))
        .u16(static_cast<unsigned>(question.rr_class));
}

inline Answer answer_of(const wire::Question& question, std::uint32_t ttl_s, const std::vector<std::uint8_t>& rdata) {
    Answer answer{begin_message(question, 1, 0).pointer(12).record(question.type, ttl_s, rdata).data, {}};
    answer.shape.ttl_s = ttl_s;
    return answer;
}
inline Answer answer_of(const wire::Question& question, std::uint32_t ttl_s) {
    return answer_of(question, ttl_s, {192, 0, 2, 1});
}

/// NXDOMAIN with an SOA of this TTL.
inline Answer nxdomain_of(const wire::Question& question, std::uint32_t ttl_s) {
    test::Packet soa;
    soa.u8(0).u8(0);  // the root as MNAME and RNAME
    for (int i = 0; i < 5; ++i) soa.u32(ttl_s);
    Answer answer{begin_message(question, 0, 1).pointer(12).record(wire::RrType::SOA, ttl_s, soa.data).data, {}};
    answer.shape.rcode = wire::Rcode::NXDomain;
    answer.shape.negative = true;
    answer.shape.has_soa = true;
    answer.shape.ttl_s = ttl_s;
    return answer;
}

/// A cache with the buffer and the links of one thread.
class Client {
public:
    explicit Client(Cache& cache) : cache_(cache) { reply.space = space_; }

    Hit lookup(const KeyedQuestion& question, Ticks now) noexcept { return lookup(question.key(), now); }
    Hit lookup(const Key& key, Ticks now) noexcept {
        reply.size = 0;
        return cache_.lookup(key, now, reply, links);
    }
    void store(const KeyedQuestion& question, const Answer& answer, Ticks now) noexcept {
        store(question.key(), answer, now);
    }
    void store(const Key& key, const Answer& answer, Ticks now) noexcept {
        cache_.store(key, answer.message, answer.shape, Links{}, now);
    }
    /// The TTL of the first record of the last reply.
    [[nodiscard]] std::uint32_t ttl_of(const wire::Question& question) const noexcept {
        return load_u32(space_.data() + wire::kHeaderSize + question.name.wire().size() + 4 + 6);
    }

    wire::ReplyBuffer reply;
    Links links;

private:
    Cache& cache_;
    std::array<std::uint8_t, wire::kMessageMax> space_{};
};

}  // namespace cenote::cache
