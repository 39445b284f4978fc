// SPDX-License-Identifier: Apache-2.0
//
// Paces held answers: replies over UDP that have waited for upstream long. Without it all that one client address
// waits for would leave in one pulse when a slow upstream answers, towards an address that may be forged
// (CVE-2024-33655, DNSBomb).
//
// Threads:  Pace by all workers; HeldReplies is one worker's.
// Memory:   fixed at construction.
// Failure:  a full HeldReplies takes no more; the caller drops the reply and counts it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/engine/client.h"

namespace cenote::server {

/// How many bytes each client address may be sent now. In any 20 ms it is less than 64 KiB: a burst of 8 KiB and 2.6 KB
/// each millisecond. Addresses that share a place in the table share what may be sent.
class Pace {
public:
    Pace();
    /// Takes the bytes of one reply; false: not yet.
    [[nodiscard]] bool take(const IpAddress& client, std::size_t bytes, Ticks now) noexcept;

private:
    static constexpr std::size_t kPlaces = 4096;

    std::uint64_t seed_;
    std::array<std::atomic<Ticks::rep>, kPlaces> paid_until_{};  // when all that was sent is paid for at the rate
};

/// Replies that wait for their turn, oldest first.
class HeldReplies {
public:
    static constexpr std::size_t kRepliesMax = 2048;
    static constexpr std::size_t kReplyMax = 1232;

    HeldReplies();
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// False: there is no room.
    [[nodiscard]] bool add(const engine::Client& client, ByteView reply) noexcept;
    /// Calls send(client, reply) for those whose turn it is, and forgets them.
    template <typename Send>
    void release(Pace& pace, Ticks now, Send send) noexcept {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            const std::uint16_t slot = order_[i];
            if (pace.take(clients_[slot].peer.ip, sizes_[slot], now))
                send(clients_[slot], reply_at(slot));
            else
                std::swap(order_[kept++], order_[i]);
        }
        count_ = kept;
    }

private:
    [[nodiscard]] ByteView reply_at(std::uint16_t slot) const noexcept {
        return {&bytes_[slot * kReplyMax], sizes_[slot]};
    }

    std::unique_ptr<std::uint8_t[]> bytes_;  // touched as far as it is used
    std::vector<engine::Client> clients_;
    std::vector<std::uint16_t> sizes_;
    std::vector<std::uint16_t> order_;  // slots: those in use first, oldest first, then the free ones
    std::size_t count_ = 0;
};

}  // namespace cenote::server
