// SPDX-License-Identifier: Apache-2.0
//
// Frames as Linux sent them, with its checksums (veth without offloads): a query and its reply over IPv4 and IPv6.
//
// Threads: plain values.   Memory: theirs.   Failure: none.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace cenote::xdp::testing {

using Bytes = std::vector<std::uint8_t>;

inline Bytes from_hex(std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::strtoul(std::string(text.substr(i, 2)).c_str(), nullptr, 16)));
    return bytes;
}

// 192.0.2.1:5353 asks 192.0.2.53:53 for a.example; the reply has the identification 0x5036.
inline const Bytes kQuery4 = from_hex(
    "02000000000b02000000000a080045000037e19240004011d4ecc0000201c000023514e900350023f62012340100000100000000000001"
    "61076578616d706c650000010001");
inline const Bytes kReply4 = from_hex(
    "02000000000a02000000000b080045000047503600004011a639c0000235c0000201003514e90033e2fc12348180000100010000000001"
    "61076578616d706c650000010001c00c00010001000000780004c0000207");
inline constexpr std::uint16_t kReply4Id = 0x5036;
// [2001:db8::1]:5353 asks [2001:db8::53]:53 for the same; the reply has a flow label.
inline const Bytes kQuery6 = from_hex(
    "02000000000b02000000000a86dd600784b80023114020010db800000000000000000000000120010db800000000000000000000005314"
    "e9003500231e92123401000001000000000000"
    "0161076578616d706c650000010001");
inline const Bytes kReply6 = from_hex(
    "02000000000a02000000000b86dd6003a2a80033114020010db800000000000000000000005320010db800000000000000000000000100"
    "3514e900330b6e123481800001000100000000"
    "0161076578616d706c650000010001c00c00010001000000780004c0000207");

inline constexpr std::size_t kUdp4 = 34;  // where UDP begins
inline constexpr std::size_t kUdp6 = 54;

}  // namespace cenote::xdp::testing
