// SPDX-License-Identifier: Apache-2.0
//
// The records of a policy as a response policy zone (draft-vixie-dnsop-dns-rpz), their text, and the difference of two
// versions.
//
// Threads:  values. Control plane.
// Memory:   about 80 bytes a record.
// Failure:  none.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/transfer/sinkholed_names.h"
#include "resolver/wire/types.h"

namespace cenote::transfer {

/// Names are in wire format; the owner without the zone's own labels and without the root.
struct RpzRecord {
    std::string owner;
    wire::RrType type = wire::RrType::CNAME;
    std::string rdata;

    friend auto operator<=>(const RpzRecord&, const RpzRecord&) = default;
};

/// Ascending, each once.
[[nodiscard]] std::vector<RpzRecord> rpz_records(const GroupPolicy& of);
/// Removes the records whose owners are too long below a zone whose name has `zone_bytes` (RFC 1035 §2.3.4); gives
/// their number.
std::size_t remove_too_long(std::vector<RpzRecord>& records, std::size_t zone_bytes);
/// The TTL of the zone's records, in seconds.
[[nodiscard]] std::uint32_t rpz_ttl_s(const policy::Policy& policy);

/// A line of a master file, relative to the zone.
[[nodiscard]] std::string to_text(const RpzRecord& record);
/// The record of a line that to_text() wrote; nullopt for any other line.
[[nodiscard]] std::optional<RpzRecord> parse_record(std::string_view line);

struct RpzDiff {
    std::vector<RpzRecord> removed;
    std::vector<RpzRecord> added;

    [[nodiscard]] bool empty() const noexcept { return removed.empty() && added.empty(); }
};
[[nodiscard]] RpzDiff difference(const std::vector<RpzRecord>& before, const std::vector<RpzRecord>& after);

}  // namespace cenote::transfer
