// SPDX-License-Identifier: Apache-2.0
//
// A query, a buffer for its reply, and the fields of the reply.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "resolver/wire/reply.h"
#include "tests/support/packet.h"

namespace cenote::wire::test {

using namespace cenote::test;

using Bytes = std::vector<std::uint8_t>;

/// The fields of a reply, parsed independently of the code under test.
struct Reply {
    unsigned id = 0, flags = 0, qd = 0, an = 0, ns = 0, ar = 0;
    std::size_t size = 0;
    bool has_opt = false;
    unsigned opt_udp_size = 0;
    std::uint32_t opt_ttl = 0;
    std::vector<std::pair<unsigned, Bytes>> options;

    [[nodiscard]] std::vector<std::string> errors() const {  // EDE: code and text
        std::vector<std::string> found;
        for (const auto& [code, data] : options)
            if (code == 15)
                found.push_back(std::to_string(data[0] << 8 | data[1]) + ":" +
                                std::string(data.begin() + 2, data.end()));
        return found;
    }
    [[nodiscard]] const Bytes* find(unsigned code) const {
        for (const auto& [have, data] : options)
            if (have == code) return &data;
        return nullptr;
    }
    [[nodiscard]] bool truncated() const { return (flags & 0x0200) != 0; }
};

inline Reply read_reply(ByteView packet) {
    Reply reply;
    reply.size = packet.size();
    ByteReader in(packet);
    reply.id = in.u16();
    reply.flags = in.u16();
    reply.qd = in.u16();
    reply.an = in.u16();
    reply.ns = in.u16();
    reply.ar = in.u16();
    std::size_t at = in.offset();
    const auto skip_owner = [&](ByteReader& reader) {
        const std::size_t before = at;
        EXPECT_TRUE(skip_name(packet, at));
        reader.skip(at - before);
    };
    for (unsigned i = 0; i < reply.qd; ++i) {
        skip_owner(in);
        in.skip(4);
        at = in.offset();
    }
    for (unsigned i = 0; i < reply.an + reply.ns + reply.ar; ++i) {
        skip_owner(in);
        const unsigned type = in.u16();
        const unsigned rr_class = in.u16();
        const std::uint32_t ttl = in.u32();
        const ByteView rdata = in.bytes(in.u16());
        at = in.offset();
        if (type != 41) continue;
        reply.has_opt = true;
        reply.opt_udp_size = rr_class;
        reply.opt_ttl = ttl;
        ByteReader options(rdata);
        while (options.left() > 0) {
            const unsigned code = options.u16();
            const ByteView data = options.bytes(options.u16());
            reply.options.emplace_back(code, Bytes(data.begin(), data.end()));
        }
        EXPECT_TRUE(options.ok());
    }
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U) << "nothing follows the message";
    return reply;
}

/// A query, and a buffer with marked bytes behind the limit.
class ReplyFixture : public ::testing::Test {
protected:
    void ask(const Packet& packet, ParseStatus expected = ParseStatus::Ok) {
        packet_ = packet;
        ASSERT_EQ(parse_query(packet_.view(), query_), expected);
    }
    void limit(std::size_t size) {
        buffer_.assign(size + 64, 0xee);
        reply_ = ReplyBuffer{buffer_, size, 0};
    }
    Reply write(Rcode rcode, std::span<const Record> answer, std::span<const Record> authority, const OptContent& opt) {
        write_reply(query_, rcode, answer, authority, opt, reply_);
        return check();
    }
    Reply check() {
        EXPECT_LE(reply_.size, reply_.limit);
        for (std::size_t i = reply_.limit; i < buffer_.size(); ++i) EXPECT_EQ(buffer_[i], 0xee) << "behind the limit";
        return read_reply(reply_.written());
    }

    Packet packet_;
    Query query_;
    Bytes buffer_;
    ReplyBuffer reply_;
};

}  // namespace cenote::wire::test
