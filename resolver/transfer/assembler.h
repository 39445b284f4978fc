// SPDX-License-Identifier: Apache-2.0
//
// A zone out of the messages of a transfer (RFC 5936 §2.2, RFC 1995 §4), within limits.
//
// Threads:  one.
// Time:     none.
// Memory:   the zone, within IncomingLimits; with increments the zone before it too.
// Failure:  an Error with a few words; what came is of no use then.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/base/result.h"
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
    std::vector<RpzRecord> records;  // ascending, each once; without SOA, NS and what serves DNSSEC
};

/// RFC 1982: whether `a` comes after `b`.
[[nodiscard]] constexpr bool is_later(std::uint32_t a, std::uint32_t b) noexcept {
    return a != b && a - b < 0x80000000U;
}

struct IncomingLimits {
    milliseconds answer{5000};   // until there is a connection; until a message has come whole
    milliseconds whole{600000};  // a transfer
    std::size_t records_max = 20'000'000;
    std::size_t memory_max = std::size_t{768} << 20;  // bytes that the records take
    std::size_t received_max = std::size_t{1} << 30;  // bytes of one transfer, whatever they are
};

/// Puts together what the messages of a transfer hold, record by record.
class Assembler {
public:
    Assembler(const wire::Name& zone, const ZoneData* known, const IncomingLimits& limits)
        : zone_(zone), known_(known), limits_(limits) {}

    /// The records of one message; an Error ends the transfer.
    Status add(ByteView message);
    [[nodiscard]] bool complete() const noexcept { return state_ == State::Complete; }
    /// nullopt: up to date.
    [[nodiscard]] Result<std::optional<ZoneData>> finish() &&;

private:
    enum class State : std::uint8_t { First, Second, Whole, Removing, Adding, Complete };
    Status add_record(const wire::Name& owner, std::uint16_t type, std::uint16_t rr_class, ByteView message,
                      std::size_t at, std::size_t size);
    Status on_soa(const Soa& soa);
    Status settle_step();
    Status keep(RpzRecord record);

    wire::Name zone_;
    const ZoneData* known_;
    IncomingLimits limits_;
    std::size_t memory_ = 0;  // bytes that the records in hand take
    State state_ = State::First;
    Soa target_;
    std::uint32_t step_to_ = 0;  // serial that the step in hand leads to
    bool up_to_date_ = false;
    std::vector<RpzRecord> records_;
    RpzDiff step_;
};

/// Of a type that signs the zone or delegates from it, and says nothing about policy.
[[nodiscard]] bool is_of_the_zone(wire::RrType type) noexcept;

/// Of rdata that stands in a message from `at` to `end`.
[[nodiscard]] std::optional<Soa> read_soa(ByteView message, std::size_t at, std::size_t end);

}  // namespace cenote::transfer
