// SPDX-License-Identifier: Apache-2.0
//
// Assembles a zone from the messages of a transfer (RFC 5936 §2.2, RFC 1995 §4), within limits.
//
// Threads:  one.
// Time:     none.
// Memory:   the zone, within TransferLimits; with increments the version before it too.
// Failure:  an Error with a few words; the transfer must be given up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/base/result.h"
#include "resolver/transfer/zone_data.h"

namespace cenote::transfer {

struct TransferLimits {
    milliseconds answer{5000};   // for the connection, and for each message
    milliseconds whole{600000};  // for a transfer
    std::size_t records_max = 20'000'000;
    std::size_t memory_max = std::size_t{768} << 20;  // bytes that the records take
    std::size_t received_max = std::size_t{1} << 30;  // bytes of all messages of one transfer
};

class Assembler {
public:
    Assembler(const wire::Name& zone, const ZoneData* known, const TransferLimits& limits)
        : zone_(zone), known_(known), limits_(limits) {}

    /// Takes the answers of one message.
    Status add(ByteView message);
    [[nodiscard]] bool complete() const noexcept { return state_ == State::Complete; }
    /// nullopt: the known version is up to date.
    [[nodiscard]] Result<std::optional<ZoneData>> finish() &&;

private:
    enum class State : std::uint8_t { First, Second, Whole, Removing, Adding, Complete };
    Status add_record(ByteView message, const RecordView& record);
    Result<RpzRecord> policy_record(ByteView message, const RecordView& record, const wire::Name& owner) const;
    Status on_soa(const Soa& soa);
    Status settle_increment();
    Status keep(RpzRecord record);

    wire::Name zone_;
    const ZoneData* known_;
    TransferLimits limits_;
    std::size_t memory_ = 0;  // bytes that the records held here take
    State state_ = State::First;
    Soa target_;
    std::uint32_t increment_to_ = 0;  // serial that the increment in progress leads to
    bool up_to_date_ = false;
    std::vector<RpzRecord> records_;
    RpzDiff increment_;
};

}  // namespace cenote::transfer
