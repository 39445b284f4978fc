// SPDX-License-Identifier: Apache-2.0
//
// A hit: one query that a directive covers, on its way from a worker to what keeps or shows it. A query that no
// directive covers becomes one only if [log].what is "all".
//
// The client is in a hit only where [privacy].identity and the directive allow it. Otherwise two sketch cells are left
// of it, which count different clients and episodes: a register of 1,024 and a rank are shared by very many addresses,
// and the hash is keyed with a secret.
//
// Threads:  a worker writes, the reader of its ring reads. HitSettings: written by one thread, read by workers.
// Memory:   some 350 bytes each; a ring of Recorder::kHits a worker.
// Failure:  a full ring drops the hit, and the recorder counts it (hits_lost).
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include "resolver/telemetry/event.h"

namespace cenote::telemetry {

/// One observation for a HyperLogLog sketch of kSketchRegisters registers.
struct SketchCell {
    std::uint16_t index = 0;
    std::uint8_t rank = 0;  // 0: none
};
inline constexpr std::size_t kSketchRegisters = 1024;

[[nodiscard]] inline SketchCell sketch_cell(std::uint64_t hashed) noexcept {
    static_assert(std::has_single_bit(kSketchRegisters));
    const auto zeros = std::countl_zero(hashed | kSketchRegisters);
    return {.index = static_cast<std::uint16_t>(hashed % kSketchRegisters),
            .rank = static_cast<std::uint8_t>(zeros + 1)};
}

/// A keyed hash of a client (the folded products of wyhash): `seed` is secret, and the result is not shown.
[[nodiscard]] inline std::uint64_t sketch_hash(const IpAddress& client, std::uint64_t seed) noexcept {
    __extension__ using Product = unsigned __int128;
    const auto folded = [](std::uint64_t a, std::uint64_t b) {
        const Product product = static_cast<Product>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), client.octets().data(), sizeof halves);
    constexpr std::uint64_t kFirst = 0xa0761d6478bd642f;
    constexpr std::uint64_t kSecond = 0xe7037ed1a0b428db;
    return folded(folded(halves[0] ^ seed ^ kFirst, halves[1] ^ seed) ^ kSecond, seed ^ kFirst);
}

struct Hit : QueryFacts {
    SketchCell client_cell;
    SketchCell episode_cell;      // of the client in one span of ten minutes
    IpAddress client;             // unspecified for IdentityLevel::None
    Key identity_key = kKeyNone;  // what the client has proved; kKeyNone below IdentityLevel::Address
    std::uint8_t name_size = 0;
    std::array<std::uint8_t, 255> name_bytes;  // folded, wire form; uninitialised after name_size

    [[nodiscard]] ByteView name() const noexcept { return ByteView(name_bytes).first(name_size); }
};

/// What all recorders of a Hub need to make hits, and to keep no more of clients than [privacy].identity allows.
struct HitSettings {
    std::atomic<bool> wanted{false};
    std::atomic<bool> all{false};           // also queries that no directive covers, which never carry a client
    std::atomic<bool> upstream{false};      // queries to upstream servers, for names that a directive covers
    std::atomic<bool> upstream_all{false};  // for all names
    std::atomic<std::uint64_t> seed{0};     // of the sketches
    std::atomic<std::uint64_t> episode{0};  // a random number for each span of ten minutes, the same in all processes
    std::atomic<IdentityLevel> identity{IdentityLevel::None};  // what recorders keep of clients, beside keyed hashes
    std::atomic<std::uint32_t> forget{0};  // another number: recorders remove what they keep of clients
};

}  // namespace cenote::telemetry
