// SPDX-License-Identifier: Apache-2.0
//
// What is asked most, and who asks most: of a sample of the answers, the first thousand or so of each second and
// worker.
//
// Of each key it counts how often it came, and about how many different others it came with: a name that one client
// asks for day and night is not popular. When there are too many keys, those go that came with the fewest others (of
// those the rarest), and what is left counts half.
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
    IpAddress client;
    bool open = false;  // no directive says anything of the name, and it exists
    std::uint8_t name_size = 0;
    std::array<std::uint8_t, 255> name_bytes;  // folded, wire form; uninitialised behind its size

    [[nodiscard]] ByteView name() const noexcept { return ByteView(name_bytes).first(name_size); }
};

struct TopRow {
    std::string key;
    std::uint64_t count = 0;
    std::uint64_t others = 0;  // different ones, by estimate: some too few among the first, 266 at most
};

class TopTable {
public:
    static constexpr std::size_t kKept = 4096;

    /// `other`: a hash of what the key came with.
    void add(std::string_view key, std::uint64_t other);
    /// Most often first; equal ones by key. Only those that came with so many others.
    [[nodiscard]] std::vector<TopRow> most(std::size_t rows, std::uint64_t others_min = 0) const;

private:
    struct Tallied {
        std::uint64_t count = 0;
        std::uint64_t others = 0;  // a bit for each of 64 shares of all hashes (linear counting)
    };
    void prune();

    std::unordered_map<std::string, Tallied> keys_;
};

}  // namespace cenote::telemetry
