// SPDX-License-Identifier: Apache-2.0
//
// A response policy zone as a secondary has it: its SOA and its records.
//
// Threads:  values.
// Memory:   the records, about 80 bytes each.
// Failure:  RDATA that is malformed gives nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/transfer/message.h"
#include "resolver/transfer/rpz_zone.h"

namespace cenote::transfer {

struct Soa {
    std::uint32_t serial = 0;
    std::uint32_t refresh = 0;  // seconds
    std::uint32_t retry = 0;
    std::uint32_t expire = 0;

    friend bool operator==(const Soa&, const Soa&) = default;
};

struct ZoneData {
    Soa soa;
    std::vector<RpzRecord> records;  // ascending, each once; without SOA, NS and the types of DNSSEC
};

/// Whether serial `a` comes after serial `b` (RFC 1982).
[[nodiscard]] constexpr bool is_later(std::uint32_t a, std::uint32_t b) noexcept {
    return a != b && a - b < 0x80000000U;
}

/// Whether records of a type sign or delegate (RRSIG, NS and the like), and so are not RPZ rules.
[[nodiscard]] bool is_no_policy(wire::RrType type) noexcept;

/// The SOA in the RDATA of `record`.
[[nodiscard]] std::optional<Soa> read_soa(ByteView message, const RecordView& record) noexcept;

}  // namespace cenote::transfer
