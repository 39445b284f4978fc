// SPDX-License-Identifier: Apache-2.0
//
// What a hostile or broken upstream server sends, row by row, and the result that it must have.
#include <deque>
#include <functional>
#include <ostream>

#include "resolver/base/bytes.h"
#include "tests/support/packet.h"
#include "tests/upstream/forwarder_fixture.h"

namespace cenote::upstream {
namespace {

using test::a_record;
using test::rcode_answer;
using test::record;
using test::reply;
using test::right_answer;
using test::truncated_answer;
using test::wire_name;
using Kind = Action::Kind;

enum class Expect : std::uint8_t { Right, Failed, TimedOut };

struct Row {
    const char* name;
    Script script;
    Expect expect = Expect::Right;
    test::Tcp tcp = test::Tcp::Served;
    std::uint64_t Counters::*counter = nullptr;  // counts the bad responses
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

Bytes bad_answer(const Bytes& query) { return reply(query, 0x8180, {a_record(203, 0, 113, 66)}); }

Bytes with_u16(Bytes bytes, std::size_t at, std::uint16_t value) {
    store_u16(&bytes[at], value);
    return bytes;
}

Bytes followed_by(Bytes bytes, const Bytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
}

/// Bad answers at once and the right one a moment later, all over UDP; TCP is refused, so that only waiting helps.
Row then_right(const char* name, std::function<std::vector<Bytes>(const SeenQuery&)> bad, Kind kind = Kind::Send) {
    return {name,
            [bad = std::move(bad), kind](const SeenQuery& query) {
                Actions actions;
                for (Bytes& bytes : bad(query)) actions.push_back({kind, std::move(bytes)});
                actions.push_back({Kind::Send, right_answer(query.bytes), milliseconds(20)});
                return actions;
            },
            Expect::Right, test::Tcp::Refused};
}

Row then_right(const char* name, Bytes (*bad)(const Bytes& query)) {
    return then_right(name, [bad](const SeenQuery& query) { return std::vector<Bytes>{bad(query.bytes)}; });
}

/// The same bad answers over UDP and over the TCP connection that is opened in addition; the right one arrives over UDP
/// after both.
Row bad_by_both(const Row& row) {
    static std::deque<std::string> names;
    return {names.emplace_back(row.name + std::string("_by_both")).c_str(),
            [script = row.script](const SeenQuery& query) {
                Actions actions = script(query);
                if (query.tcp)
                    actions.pop_back();
                else
                    actions.back().after = milliseconds(300);
                return actions;
            },
            row.expect, test::Tcp::Served};
}

std::vector<Row> bad_by_both(const std::vector<Row>& rows) {
    std::vector<Row> result;
    for (const Row& row : rows) result.push_back(bad_by_both(row));
    return result;
}

/// Truncated over UDP; `by_tcp` is the response over TCP.
Row truncated(const char* name, Expect expect, std::function<Actions(const SeenQuery&)> by_tcp) {
    return {name,
            [by_tcp = std::move(by_tcp)](const SeenQuery& query) {
                if (query.tcp) return by_tcp(query);
                return Actions{{.bytes = truncated_answer(query.bytes)}};
            },
            expect, test::Tcp::Served};
}

Row always(const char* name, Expect expect, Bytes (*answer)(const Bytes& query)) {
    return {name, [answer](const SeenQuery& query) { return Actions{{.bytes = answer(query.bytes)}}; }, expect,
            test::Tcp::Served};
}

Bytes option_past_rdata(const Bytes& query) {
    const Bytes opt{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 15, 0, 200};  // an option of 200 bytes in RDATA of 4
    return with_u16(followed_by(bad_answer(query), opt), 10, 1);
}

Bytes two_opts(const Bytes& query) {
    const Bytes opt{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};
    return with_u16(followed_by(followed_by(bad_answer(query), opt), opt), 10, 2);
}

Bytes badvers(const Bytes& query) {
    const Bytes opt{0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0};  // extended rcode 1: 16
    return with_u16(followed_by(reply(query, 0x8180, {}), opt), 10, 1);
}

Bytes other_name(const Bytes& query) {
    Bytes bytes = bad_answer(query);
    bytes[13] = static_cast<std::uint8_t>(bytes[13] == 'x' || bytes[13] == 'X' ? 'y' : 'x');
    return bytes;
}

std::size_t type_offset(const Bytes& query) { return 12 + test::question_of(query).size() - 4; }

Bytes upper_case(const Bytes& query) {
    Bytes bytes = right_answer(query);
    for (std::size_t i = 13; i < type_offset(query); ++i)
        if (bytes[i] >= 'a' && bytes[i] <= 'z') bytes[i] = static_cast<std::uint8_t>(bytes[i] - 32);
    return bytes;
}

Bytes random_after_id(const Bytes& query) {
    Bytes bytes(202);
    std::uint32_t state = load_u16(query.data()) | 1U;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    return with_u16(bytes, 0, load_u16(query.data()));
}

Bytes unrelated_record(const Bytes& query) {
    Bytes stray = wire_name("victim.example");
    const Bytes rest = a_record(203, 0, 113, 66);
    stray.insert(stray.end(), rest.begin() + 2, rest.end());
    return reply(query, 0x8180, {a_record(192, 0, 2, 1), stray});
}

Bytes cname_to_itself(const Bytes& query) { return reply(query, 0x8180, {record(5, {0xc0, 12})}); }

std::vector<Bytes> short_ones(const SeenQuery& query) {
    const Bytes right = right_answer(query.bytes);
    return {{right[0]}, {right.begin(), right.begin() + 4}, {right.begin(), right.begin() + 12}, {}};
}

std::vector<Bytes> wrong_ids(const SeenQuery& query, std::size_t count) {
    std::vector<Bytes> bad;
    for (std::size_t i = 1; i <= count; ++i)
        bad.push_back(with_u16(bad_answer(query.bytes), 0, static_cast<std::uint16_t>(query.id() + i * 7)));
    return bad;
}

Actions drip(const SeenQuery& query) {
    const Bytes right = right_answer(query.bytes);
    Actions actions{{Kind::SendRaw, {0}, milliseconds(100)},
                    {Kind::SendRaw, {static_cast<std::uint8_t>(right.size())}, milliseconds(300)}};
    for (std::size_t i = 0; i < 5; ++i) actions.push_back({Kind::SendRaw, {right[i]}, milliseconds(500 + 200 * i)});
    return actions;
}

Bytes three_thousand(const Bytes& query) {
    std::vector<Bytes> answers;
    for (int i = 0; i < 3000; ++i)
        answers.push_back(a_record(10, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 1));
    answers.back() = a_record(192, 0, 2, 1);
    return reply(query, 0x8180, answers);
}

Bytes padded_to(Bytes bytes, std::size_t count) {
    while (bytes.size() < count) bytes = followed_by(bytes, a_record(203, 0, 113, 66));
    return with_u16(bytes, 6, static_cast<std::uint16_t>((count + 15) / 16));
}

std::vector<Row> mismatches() {
    return {
        then_right("wrong_id", [](const SeenQuery& query) { return wrong_ids(query, 1); }),
        then_right("sixty_wrong_ids", [](const SeenQuery& query) { return wrong_ids(query, 60); }),
        then_right("other_qname", other_name),
        then_right("other_qtype", [](const Bytes& q) { return with_u16(bad_answer(q), type_offset(q), 28); }),
        then_right("class_ch", [](const Bytes& q) { return with_u16(bad_answer(q), type_offset(q) + 2, 3); }),
        then_right("no_question",
                   [](const Bytes& q) {
                       Bytes bytes = with_u16(bad_answer(q), 4, 0);
                       bytes.erase(bytes.begin() + 12, bytes.begin() + static_cast<std::ptrdiff_t>(type_offset(q) + 4));
                       return bytes;
                   }),
        then_right("two_questions",
                   [](const Bytes& q) {
                       Bytes bytes = with_u16(reply(q, 0x8180, {}), 4, 2);
                       return followed_by(bytes, test::question_of(q));
                   }),
        then_right("not_a_response", [](const Bytes& q) { return with_u16(bad_answer(q), 2, 0x0180); }),
        then_right(
            "from_another_port", [](const SeenQuery& query) { return std::vector<Bytes>{bad_answer(query.bytes)}; },
            Kind::FromOtherPort),
        then_right(
            "from_another_address", [](const SeenQuery& query) { return std::vector<Bytes>{bad_answer(query.bytes)}; },
            Kind::FromOtherAddress),
        then_right("cut_short", short_ones),
        then_right("our_id_and_random_bytes", random_after_id),
        then_right("opcode_update", [](const Bytes& q) { return with_u16(bad_answer(q), 2, 0xa980); }),
    };
}

std::vector<Row> malformed() {
    return {
        then_right("self_pointing_owner",
                   [](const Bytes& q) {
                       Bytes bytes = bad_answer(q);
                       const std::size_t owner = type_offset(q) + 4;
                       return with_u16(bytes, owner, static_cast<std::uint16_t>(0xc000 | owner));
                   }),
        then_right("rdlength_past_the_end",
                   [](const Bytes& q) { return with_u16(bad_answer(q), type_offset(q) + 4 + 10, 400); }),
        then_right("a_record_of_three_bytes",
                   [](const Bytes& q) {
                       return reply(q, 0x8180, {record(1, {203, 0, 113})});
                   }),
        then_right("ancount_65535", [](const Bytes& q) { return with_u16(bad_answer(q), 6, 65535); }),
        then_right("forty_bytes_after_the_message",
                   [](const Bytes& q) { return followed_by(bad_answer(q), Bytes(40)); }),
        then_right("two_opt", two_opts),
        then_right("option_past_rdata", option_past_rdata),
    };
}

/// After an answer that does not match, the additional connection brings a well-formed response that is no use.
std::vector<Row> unusable() {
    const auto after_wrong_id = [](const char* name, Bytes (*by_tcp)(const Bytes& query)) {
        return then_right(name, [by_tcp](const SeenQuery& query) {
            return query.tcp ? std::vector<Bytes>{by_tcp(query.bytes)} : wrong_ids(query, 1);
        });
    };
    return {
        after_wrong_id("cname_to_itself", cname_to_itself),
        after_wrong_id("truncated", truncated_answer),
    };
}

std::vector<Row> streams() {
    const auto no_more = [](const SeenQuery&) { return Actions{{.kind = Kind::Close}}; };
    return {
        truncated("tc_full_by_tcp", Expect::Right,
                  [](const SeenQuery& query) { return Actions{{.bytes = right_answer(query.bytes)}}; }),
        {"tc_with_wrong_partial_data",
         [](const SeenQuery& query) {
             if (query.tcp) return Actions{{.bytes = right_answer(query.bytes)}};
             return Actions{{.bytes = with_u16(bad_answer(query.bytes), 2, 0x8380)}};
         }},
        truncated("tc_tcp_closes", Expect::Failed, no_more),
        truncated("tc_tcp_half_closes", Expect::Failed,
                  [](const SeenQuery&) { return Actions{{.kind = Kind::HalfClose}}; }),
        truncated("tc_tcp_resets_mid_answer", Expect::Failed,
                  [](const SeenQuery& query) {
                      return Actions{{Kind::SendRaw, {0, 60, query.bytes[0], query.bytes[1]}},
                                     {Kind::Reset, {}, milliseconds(20)}};
                  }),
        truncated("tc_tcp_sends_half", Expect::Failed,
                  [](const SeenQuery& query) {
                      Bytes bytes = right_answer(query.bytes);
                      bytes.insert(bytes.begin(), {0, static_cast<std::uint8_t>(bytes.size())});
                      bytes.resize(bytes.size() / 2);
                      return Actions{{Kind::SendRaw, bytes}, {Kind::Close, {}, milliseconds(20)}};
                  }),
        truncated("tc_tcp_first_wrong_id", Expect::Right,
                  [](const SeenQuery& query) {
                      const auto wrong = static_cast<std::uint16_t>(query.id() ^ 0x5555);
                      return Actions{{.bytes = with_u16(bad_answer(query.bytes), 0, wrong)},
                                     {.bytes = right_answer(query.bytes)}};
                  }),
        truncated("tc_by_tcp_too", Expect::Failed,
                  [](const SeenQuery& query) { return Actions{{.bytes = truncated_answer(query.bytes)}}; }),
        truncated("three_thousand_records_by_tcp", Expect::Right,
                  [](const SeenQuery& query) { return Actions{{.bytes = three_thousand(query.bytes)}}; }),
        truncated("tcp_one_byte_at_a_time", Expect::Failed, drip),
        {"tc_tcp_refused", [](const SeenQuery& query) { return Actions{{.bytes = truncated_answer(query.bytes)}}; },
         Expect::Failed, test::Tcp::Refused},
        {"udp_answer_above_1232",
         [](const SeenQuery& query) {
             if (query.tcp) return Actions{{.bytes = right_answer(query.bytes)}};
             return Actions{{.bytes = padded_to(bad_answer(query.bytes), 1400)}};
         }},
        {"udp_answer_of_4000",
         [](const SeenQuery& query) {
             if (query.tcp) return Actions{{.bytes = right_answer(query.bytes)}};
             return Actions{{.bytes = padded_to(bad_answer(query.bytes), 4000)}};
         }},
        {"only_wrong_ids_by_udp_then_tcp_helps",
         [](const SeenQuery& query) {
             if (query.tcp) return Actions{{.bytes = right_answer(query.bytes)}};
             Actions actions;
             for (Bytes& bytes : wrong_ids(query, 5)) actions.push_back({.bytes = std::move(bytes)});
             return actions;
         }},
    };
}

std::vector<Row> answers() {
    const auto plain_only = [](Bytes (*refusal)(const Bytes&)) {
        return [refusal](const SeenQuery& query) {
            return Actions{{.bytes = query.has_edns() ? refusal(query.bytes) : right_answer(query.bytes)}};
        };
    };
    return {
        {"badvers_then_plain", plain_only(badvers)},
        {"formerr_then_plain", plain_only([](const Bytes& q) { return rcode_answer(q, 1); })},
        {"notimp_then_plain", plain_only([](const Bytes& q) { return rcode_answer(q, 4); })},
        {"formerr_as_a_bare_header_then_plain", plain_only([](const Bytes& q) {
             Bytes bytes = with_u16(rcode_answer(q, 1), 4, 0);
             bytes.resize(12);
             return bytes;
         })},
        always("formerr_always", Expect::Failed, [](const Bytes& q) { return rcode_answer(q, 1); }),
        always("servfail", Expect::Failed, [](const Bytes& q) { return rcode_answer(q, 2); }),
        always("refused", Expect::Failed, [](const Bytes& q) { return rcode_answer(q, 5); }),
        always("rcode_11", Expect::Failed, [](const Bytes& q) { return rcode_answer(q, 11); }),
        always("question_in_upper_case", Expect::Right, upper_case),
        always("unrelated_record_in_answer", Expect::Right, unrelated_record),
        always("cname_to_itself", Expect::Failed, cname_to_itself),
        {"after_300_ms",
         [](const SeenQuery& query) {
             return Actions{{Kind::Send, right_answer(query.bytes), milliseconds(300)}};
         }},
        {"only_the_first_query_after_600_ms",
         [](const SeenQuery& query) {
             if (query.number > 0) return Actions{};
             return Actions{{Kind::Send, right_answer(query.bytes), milliseconds(600)}};
         }},
        {"silence", [](const SeenQuery&) { return Actions{}; }, Expect::TimedOut},
    };
}

class HostileUpstreamTest : public ForwarderTest, public testing::WithParamInterface<Row> {};

TEST_P(HostileUpstreamTest, Row) {
    const Row& row = GetParam();
    ScriptedUpstream upstream(row.script, row.tcp);
    start(upstream);
    const Reported reported = resolve("www.example");

    switch (row.expect) {
        case Expect::Right: EXPECT_TRUE(is_right(reported)) << static_cast<int>(reported.ending); break;
        case Expect::Failed: EXPECT_EQ(reported.ending, Ending::Failed); break;
        case Expect::TimedOut: EXPECT_EQ(reported.ending, Ending::TimedOut); break;
    }
    EXPECT_EQ(reported.answer.empty(), reported.ending != Ending::Answered);
    EXPECT_GE(upstream.count(), 1U);
    EXPECT_LE(upstream.count(), 4U);
    EXPECT_EQ(sink_.reported["www.example"].size(), 1U);
    EXPECT_EQ(forwarder_->in_flight(), 0U);
    if (row.counter != nullptr) {
        const Counters counters = forwarder_->counters();
        EXPECT_GE(counters.*row.counter, 1U);
    }
}

std::string row_name(const testing::TestParamInfo<Row>& info) { return info.param.name; }

std::vector<Row> counted_by(std::uint64_t Counters::*counter, std::vector<Row> rows) {
    for (Row& row : rows)
        if (!std::string_view(row.name).starts_with("from_another")) row.counter = counter;  // the kernel drops those
    return rows;
}

INSTANTIATE_TEST_SUITE_P(Mismatch, HostileUpstreamTest,
                         testing::ValuesIn(counted_by(&Counters::mismatched, mismatches())), row_name);
INSTANTIATE_TEST_SUITE_P(Malformed, HostileUpstreamTest,
                         testing::ValuesIn(counted_by(&Counters::malformed, malformed())), row_name);
INSTANTIATE_TEST_SUITE_P(MalformedByBoth, HostileUpstreamTest,
                         testing::ValuesIn(counted_by(&Counters::malformed, bad_by_both(malformed()))), row_name);
INSTANTIATE_TEST_SUITE_P(UnusableByBoth, HostileUpstreamTest, testing::ValuesIn(bad_by_both(unusable())), row_name);
INSTANTIATE_TEST_SUITE_P(Stream, HostileUpstreamTest, testing::ValuesIn(streams()), row_name);
INSTANTIATE_TEST_SUITE_P(Answer, HostileUpstreamTest, testing::ValuesIn(answers()), row_name);

}  // namespace
}  // namespace cenote::upstream
