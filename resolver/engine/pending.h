// SPDX-License-Identifier: Apache-2.0
//
// Queries that wait for upstream, with all that is needed to answer them later.
//
// Threads:  one worker.
// Memory:   PendingLimits::queries_max slots of some 450 bytes, allocated at start.
// Failure:  add() gives no handle when the table is full or the client has too many queries waiting, and returns which.
//
// Clients have fair shares: a client may have as many queries waiting as there are places left for all, so that one
// greedy client leaves half of them, and ten leave a tenth (dynamic thresholds of Choudhury and Hahne, 1998).
#pragma once

#include <array>
#include <cstdint>

#include "resolver/base/address_counts.h"
#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/base/slab.h"
#include "resolver/engine/client.h"
#include "resolver/wire/query.h"

namespace cenote::engine {

struct PendingLimits {
    std::uint32_t queries_max = 8192;
    std::uint32_t per_client_max = 1000;
    std::uint32_t shared_max = 4096;  // places that clients share; beyond them each may have kShareLeast
    ClientPrefix client{};            // the prefix that counts as one client
};

/// A waiting query. It holds copies, so that the buffer of the message can be reused.
class PendingQuery {
public:
    Client client;
    Ticks since{};
    std::uint32_t reply_limit = 512;
    bool aside = false;          // waits for a name other than QNAME: the target of a CNAME
    std::uint8_t exchanges = 1;  // exchanges with upstream so far

    void keep(const wire::Query& query) noexcept;
    /// Restores the query, which then refers into this object.
    void restore(wire::Query& query) const noexcept;

private:
    static constexpr std::size_t kQuestionMax = wire::Name::kBytesMax + 4;
    static constexpr std::size_t kCookieMax = 40;

    wire::Edns edns_;
    std::uint16_t id_ = 0;
    std::uint16_t flags_ = 0;
    std::uint16_t question_size_ = 0;
    std::uint8_t cookie_size_ = 0;
    std::array<std::uint8_t, kQuestionMax> question_;
    std::array<std::uint8_t, kCookieMax> cookie_;
};

class Pending {
public:
    explicit Pending(const PendingLimits& limits);

    static constexpr std::uint32_t kShareLeast = 16;
    enum class Refusal : std::uint8_t { None, Full, ClientFull };
    /// Takes a slot for one more query of this client.
    SlabHandle add(const Client& client, Refusal& refusal) noexcept;
    [[nodiscard]] PendingQuery* find(SlabHandle handle) noexcept { return slots_.find(handle); }
    [[nodiscard]] PendingQuery& at(SlabHandle handle) noexcept { return slots_.at(handle); }
    void remove(SlabHandle handle) noexcept;
    [[nodiscard]] std::uint32_t used() const noexcept { return slots_.used(); }

private:
    [[nodiscard]] std::uint32_t share() const noexcept;

    PendingLimits limits_;
    Slab<PendingQuery> slots_;
    AddressCounts per_client_;
};

}  // namespace cenote::engine
