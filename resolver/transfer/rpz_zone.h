// SPDX-License-Identifier: Apache-2.0
//
// A policy as a response policy zone (draft-vixie-dnsop-dns-rpz), and how one version of it becomes the next.
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

#include "resolver/transfer/closed_names.h"
#include "resolver/wire/types.h"

namespace cenote::transfer {

/// Names are in wire form; the owner without the zone's own labels and without the root.
struct RpzRecord {
    std::string owner;
    wire::RrType type = wire::RrType::CNAME;
    std::string rdata;

    friend auto operator<=>(const RpzRecord&, const RpzRecord&) = default;
};

/// Ascending, each once.
[[nodiscard]] std::vector<RpzRecord> rpz_records(const GroupPolicy& of);
/// Takes out what does not fit below a zone's name of so many bytes (RFC 1035 §2.3.4), and gives how many that were.
std::size_t remove_too_long(std::vector<RpzRecord>& records, std::size_t zone_bytes);
/// Of the zone and of each of its records.
[[nodiscard]] std::uint32_t rpz_ttl_s(const policy::Policy& policy);

/// As a master file has it, without a zone around it.
[[nodiscard]] std::string to_text(const RpzRecord& record);
/// Of a line that to_text() wrote; nullopt: it did not.
[[nodiscard]] std::optional<RpzRecord> parse_record(std::string_view line);

struct RpzDiff {
    std::vector<RpzRecord> removed;
    std::vector<RpzRecord> added;

    [[nodiscard]] bool empty() const noexcept { return removed.empty() && added.empty(); }
};
[[nodiscard]] RpzDiff difference(const std::vector<RpzRecord>& before, const std::vector<RpzRecord>& after);

}  // namespace cenote::transfer
