// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/siphash.h"

#include <bit>

namespace cenote {
namespace {

std::uint64_t load_little(const std::uint8_t* at, std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{at[i]} << (8 * i);
    return value;
}

struct State {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

}  // namespace

std::array<std::uint8_t, 8> siphash24(const SipKey& key, ByteView message) noexcept {
    const std::uint64_t k0 = load_little(key.data(), 8);
    const std::uint64_t k1 = load_little(&key[8], 8);
    State state{.v0 = k0 ^ 0x736f6d6570736575,
                .v1 = k1 ^ 0x646f72616e646f6d,
                .v2 = k0 ^ 0x6c7967656e657261,
                .v3 = k1 ^ 0x7465646279746573};
    std::size_t at = 0;
    for (; message.size() - at >= 8; at += 8) state.take(load_little(&message[at], 8));
    state.take(load_little(message.data() + at, message.size() - at) | std::uint64_t{message.size() & 0xff} << 56);
    state.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) state.round();
    const std::uint64_t hash = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
    std::array<std::uint8_t, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
    return bytes;
}

}  // namespace cenote
