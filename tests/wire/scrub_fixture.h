// SPDX-License-Identifier: Apache-2.0
//
// Answers to one question, and the scrubbed messages that they give.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "resolver/wire/answer.h"
#include "tests/support/packet.h"
#include "tests/wire/ldns_peer.h"

namespace cenote::wire::test {

using namespace cenote::test;

using Bytes = std::vector<std::uint8_t>;

inline const Bytes kAddress{192, 0, 2, 1};
inline const Bytes kOther{192, 0, 2, 66};

inline Bytes soa_rdata(std::uint32_t minimum) {
    return join(
        {wire_name("ns.example"), wire_name("mail.example"), Packet().u32(1).u32(2).u32(3).u32(4).u32(minimum).data});
}
inline Bytes rrsig_rdata(RrType covered) {
    return join(
        {Packet().u16(static_cast<unsigned>(covered)).bytes(Bytes(16)).data, wire_name("example"), Bytes(8, 5)});
}

class ScrubFixture : public ::testing::Test {
protected:
    void ask(std::string_view name, RrType type) {
        question_.name = *Name::parse(name);
        question_.type = type;
    }
    /// Header and question of an answer to the question.
    Packet answer(unsigned an, unsigned ns = 0, unsigned ar = 0, unsigned flags = 0x8180) const {
        return Packet()
            .header(0x1234, flags, 1, an, ns, ar)
            .question(question_.name.to_string(), question_.type, RrClass::IN);
    }
    AnswerStatus scrub(const Packet& packet) {
        out_.assign(kMessageMax, 0xee);
        size_ = 0;
        const AnswerStatus status = scrub_answer(packet.view(), question_, out_, size_, shape_);
        out_.resize(size_);
        EXPECT_TRUE(status != AnswerStatus::Ok || ldns_reads(out_));
        return status;
    }
    /// The message with the header of a scrubbed one: no id, no RD, and the bit for DNSSEC records.
    static Bytes as_scrubbed(Bytes message, bool holds_dnssec) {
        message[0] = message[1] = 0;
        message[2] &= 0xfe;
        if (holds_dnssec) message[3] |= std::uint8_t{kHoldsDnssec};
        return message;
    }
    /// All of the message is kept, except the id and RD, which belong to the query.
    void expect_kept(const Packet& packet) { expect_scrubbed(packet, packet); }
    void expect_scrubbed(const Packet& packet, const Packet& expected) {
        ASSERT_EQ(scrub(packet), AnswerStatus::Ok);
        EXPECT_FALSE(shape_.holds_dnssec);
        EXPECT_EQ(out_, as_scrubbed(expected.data, false));
    }
    /// The same for a message with signatures or proofs, which a client without DO does not get.
    void expect_signed_kept(const Packet& packet) { expect_signed_scrubbed(packet, packet); }
    void expect_signed_scrubbed(const Packet& packet, const Packet& expected) {
        ASSERT_EQ(scrub(packet), AnswerStatus::Ok);
        EXPECT_TRUE(shape_.holds_dnssec);
        EXPECT_EQ(out_, as_scrubbed(expected.data, true));
    }
    std::vector<std::string> links() const {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < shape_.link_count; ++i) {
            Name name;
            std::size_t end = 0;
            EXPECT_TRUE(name.read(out_, shape_.links[i], end));
            names.push_back(name.to_string());
        }
        return names;
    }
    using Names = std::vector<std::string>;

    Question question_;
    Bytes out_;
    std::size_t size_ = 0;
    AnswerInfo shape_;
};

}  // namespace cenote::wire::test
