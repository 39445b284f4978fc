// SPDX-License-Identifier: Apache-2.0
//
// The secondary of a zone transfer: queries the primary for the SOA and transfers the zone (RFC 1034 §4.3.5, RFC 1995,
// RFC 5936).
//
// Threads:  one for one zone; it waits for the network.
// Time:     reads both clocks.
// Memory:   the zone, within TransferLimits.
// Failure:  Result with one line; what the caller has of the zone is not changed.
#pragma once

#include <atomic>
#include <optional>

#include "resolver/base/result.h"
#include "resolver/transfer/assembler.h"
#include "resolver/transfer/options.h"

namespace cenote::transfer {

class XfrClient {
public:
    /// `key` nullptr: unsigned. `stop` ends every wait. All of them must outlive the client.
    XfrClient(const SecondaryZoneOptions& zone, const TsigKey* key, const TransferLimits& limits,
              const std::atomic<bool>& stop)
        : zone_(zone), key_(key), limits_(limits), stop_(stop) {}

    /// The SOA that the primary has.
    [[nodiscard]] Result<Soa> ask_soa() const;
    /// The zone that the primary has, by increments from `known` where the primary gives them; `known` nullptr: as a
    /// whole. nullopt: `known` is up to date.
    [[nodiscard]] Result<std::optional<ZoneData>> transfer(const ZoneData* known) const;

private:
    class Exchange;

    const SecondaryZoneOptions& zone_;
    const TsigKey* key_;
    TransferLimits limits_;
    const std::atomic<bool>& stop_;
};

}  // namespace cenote::transfer
