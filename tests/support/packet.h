// SPDX-License-Identifier: Apache-2.0
//
// DNS messages as tests write them: piece by piece, right or wrong.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/wire/types.h"

namespace cenote::test {

using wire::RrClass;
using wire::RrType;

class Packet {
public:
    Packet& u8(unsigned value) { return bytes({static_cast<std::uint8_t>(value)}); }
    Packet& u16(unsigned value) { return u8(value >> 8 & 0xff).u8(value & 0xff); }
    Packet& u32(std::uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }
    Packet& bytes(const std::vector<std::uint8_t>& more) {
        data.insert(data.end(), more.begin(), more.end());
        return *this;
    }
    Packet& text(std::string_view more) {
        data.insert(data.end(), more.begin(), more.end());
        return *this;
    }
    /// Labels between dots, their case kept; "" is the root.
    Packet& name(std::string_view dotted) {
        while (!dotted.empty()) {
            const std::string_view label = dotted.substr(0, dotted.find('.'));
            u8(static_cast<unsigned>(label.size())).text(label);
            dotted.remove_prefix(std::min(dotted.size(), label.size() + 1));
        }
        return u8(0);
    }
    Packet& pointer(unsigned target) { return u16(0xc000U | target); }
    Packet& header(unsigned id, unsigned flags, unsigned qd, unsigned an, unsigned ns, unsigned ar) {
        return u16(id).u16(flags).u16(qd).u16(an).u16(ns).u16(ar);
    }
    Packet& question(std::string_view dotted, RrType type, RrClass rr_class) {
        return name(dotted).u16(static_cast<unsigned>(type)).u16(static_cast<unsigned>(rr_class));
    }
    /// TYPE, CLASS IN, TTL, RDLENGTH and RDATA; the owner goes before.
    Packet& record(RrType type, std::uint32_t ttl_s, const std::vector<std::uint8_t>& rdata) {
        u16(static_cast<unsigned>(type)).u16(1).u32(ttl_s).u16(static_cast<unsigned>(rdata.size()));
        return bytes(rdata);
    }
    Packet& opt(const std::vector<std::uint8_t>& options = {}, unsigned udp_size = 1232, std::uint32_t ttl = 0) {
        u8(0).u16(41).u16(udp_size).u32(ttl).u16(static_cast<unsigned>(options.size()));
        return bytes(options);
    }

    [[nodiscard]] ByteView view() const { return data; }

    std::vector<std::uint8_t> data;
};

inline std::vector<std::uint8_t> option(unsigned code, const std::vector<std::uint8_t>& value) {
    return Packet().u16(code).u16(static_cast<unsigned>(value.size())).bytes(value).data;
}

inline std::vector<std::uint8_t> wire_name(std::string_view dotted) { return Packet().name(dotted).data; }

inline std::vector<std::uint8_t> join(std::initializer_list<std::vector<std::uint8_t>> parts) {
    Packet whole;
    for (const auto& part : parts) whole.bytes(part);
    return whole.data;
}

/// A query with RD and one question; edns_query() adds an OPT.
inline Packet plain_query(std::string_view name, RrType type) {
    return Packet().header(0x1234, 0x0100, 1, 0, 0, 0).question(name, type, RrClass::IN);
}
inline Packet edns_query(std::string_view name, RrType type, const std::vector<std::uint8_t>& options) {
    return Packet().header(0x1234, 0x0100, 1, 0, 0, 1).question(name, type, RrClass::IN).opt(options);
}

}  // namespace cenote::test
