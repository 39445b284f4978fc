// SPDX-License-Identifier: Apache-2.0
//
// A response policy zone as its primary has it: what a secondary asks, and what it makes of the answers (RFC 1034
// §4.3.5, RFC 1995, RFC 5936).
//
// Threads:  one for one zone; it waits for the network.
// Time:     reads both clocks.
// Memory:   the zone.
// Failure:  Result with one line; the zone is as it was.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/transfer/options.h"
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
    std::vector<RpzRecord> records;  // ascending, each once; without SOA, NS and what signs the zone
};

/// RFC 1982: whether `a` comes after `b`.
[[nodiscard]] constexpr bool is_later(std::uint32_t a, std::uint32_t b) noexcept {
    return a != b && a - b < 0x80000000U;
}

struct IncomingLimits {
    milliseconds answer{5000};   // until a message comes
    milliseconds whole{600000};  // a transfer
    std::size_t records_max = 20'000'000;
};

class Incoming {
public:
    /// `key` nullptr: unsigned. `stop` ends every wait.
    Incoming(const KeptZone& zone, const TsigKey* key, const IncomingLimits& limits, const std::atomic<bool>& stop)
        : zone_(zone), key_(key), limits_(limits), stop_(stop) {}

    /// What the primary has.
    [[nodiscard]] Result<Soa> ask_soa() const;
    /// From what is known, if anything is, to what the primary has: by increments where it gives them. nullopt: it has
    /// nothing newer.
    [[nodiscard]] Result<std::optional<ZoneData>> transfer(const ZoneData* known) const;

private:
    class Asked;

    const KeptZone& zone_;
    const TsigKey* key_;
    IncomingLimits limits_;
    const std::atomic<bool>& stop_;
};

/// Puts together what the messages of a transfer hold, record by record.
class Assembler {
public:
    Assembler(const wire::Name& zone, const ZoneData* known, std::size_t records_max)
        : zone_(zone), known_(known), records_max_(records_max) {}

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

    wire::Name zone_;
    const ZoneData* known_;
    std::size_t records_max_;
    State state_ = State::First;
    Soa target_;
    std::uint32_t step_to_ = 0;  // serial that the step in hand leads to
    bool up_to_date_ = false;
    std::vector<RpzRecord> records_;
    RpzDiff step_;
};

/// As a master file that `cenote update` compiles.
[[nodiscard]] std::string to_master_file(const wire::Name& zone, const ZoneData& data);
/// Of a file that to_master_file() wrote for this zone; nullopt: it did not.
[[nodiscard]] std::optional<ZoneData> from_master_file(const wire::Name& zone, std::string_view text);

}  // namespace cenote::transfer
