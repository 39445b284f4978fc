// SPDX-License-Identifier: Apache-2.0
//
// The most queried names and the clients with most queries, from a sample of the answers: the first thousand or so of
// each second and worker.
//
// For each key the table counts how often it occurred and estimates with how many different others (clients of a name,
// names of a client): a name that one client queries all the time is not popular. When there are too many keys, those
// with the fewest others (of these the rarest) are removed, and the counts of the rest are halved.
//
// Threads:  TopTable: one at a time. AnswerSample: a value.
// Memory:   TopTable::kKept keys, twice as many between two prunings, some 150 bytes each.
// Failure:  none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"

namespace cenote::telemetry {

struct AnswerSample {
    std::uint64_t client_hash = 0;  // keyed with the seed of the Hub
    IpAddress client;               // unspecified for IdentityLevel::None
    bool open = false;              // no directive matches the name, and it exists
    std::uint8_t name_size = 0;
    std::array<std::uint8_t, 255> name_bytes;  // folded, wire format; uninitialised after name_size

    [[nodiscard]] ByteView name() const noexcept { return ByteView(name_bytes).first(name_size); }
};

struct TopRow {
    std::string key;
    std::uint64_t count = 0;
    std::uint64_t others = 0;  // estimated number of different ones: 266 at most, a little low for small numbers
};

class TopTable {
public:
    static constexpr std::size_t kKept = 4096;

    /// `other`: a hash of the client of a name, or of the name of a client.
    void add(std::string_view key, std::uint64_t other);
    /// The most frequent first, equal ones by key; only keys with at least `others_min` others.
    [[nodiscard]] std::vector<TopRow> most(std::size_t rows, std::uint64_t others_min = 0) const;
    void clear() noexcept { keys_.clear(); }

private:
    struct Tallied {
        std::uint64_t count = 0;
        std::uint64_t others = 0;  // a bit for each of 64 shares of all hashes (linear counting)
    };
    void prune();

    std::unordered_map<std::string, Tallied> keys_;
};

}  // namespace cenote::telemetry
