// SPDX-License-Identifier: Apache-2.0
//
// A response policy zone as its primary has it: what a secondary asks, and what it makes of the answers (RFC 1034
// §4.3.5, RFC 1995, RFC 5936).
//
// Threads:  one for one zone; it waits for the network.
// Time:     reads both clocks.
// Memory:   the zone, within IncomingLimits.
// Failure:  Result with one line; the zone is as it was.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/transfer/assembler.h"
#include "resolver/transfer/options.h"

namespace cenote::transfer {

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

/// As a master file that `cenote update` compiles.
[[nodiscard]] std::string to_master_file(const wire::Name& zone, const ZoneData& data);
/// Of a file that to_master_file() wrote for this zone; nullopt: it did not.
[[nodiscard]] std::optional<ZoneData> from_master_file(const wire::Name& zone, std::string_view text);

}  // namespace cenote::transfer
