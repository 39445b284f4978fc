// SPDX-License-Identifier: Apache-2.0
//
// What blast asks: one packet a line of a file, ready to be sent but for its id.
//
// Threads:  built once, then read.
// Memory:   all packets in one block.
// Failure:  lines that are no names are left out.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/bytes.h"

namespace cenote::blast {

struct Query {
    std::uint32_t offset = 0;  // into Queries::bytes
    std::uint16_t size = 0;
    bool checked = false;  // the answer must be `expected`
    std::array<std::uint8_t, 4> expected{};
};

class Queries {
public:
    /// Lines "name" or "name address": the address that the answer to A must have.
    static Queries read(const std::string& path);

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] const Query& at(std::uint64_t number) const noexcept { return all_[number % all_.size()]; }
    [[nodiscard]] ByteView packet(const Query& query) const noexcept {
        return ByteView(bytes_).subspan(query.offset, query.size);
    }

private:
    std::vector<Query> all_;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace cenote::blast
