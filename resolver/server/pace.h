// SPDX-License-Identifier: Apache-2.0
//
// Pacing of held replies: UDP replies whose query waited long for upstream. Without pacing, all replies to one client
// address would leave in one burst when a slow upstream answers, towards an address that may be forged (CVE-2024-33655,
// DNSBomb).
//
// Threads:  Pace is shared by all workers; HeldReplies is one worker's.
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

/// The rate at which bytes may be sent to each client address: a burst of 8 KiB and 2.6 KB each millisecond, less than
/// 64 KiB in any 20 ms. Addresses with the same hash share one rate.
class Pace {
public:
    Pace();
    /// Charges one reply to the address; false: it must wait.
    [[nodiscard]] bool take(const IpAddress& client, std::size_t bytes, Ticks now) noexcept;

private:
    static constexpr std::size_t kPlaces = 4096;

    std::uint64_t seed_;
    std::array<std::atomic<Ticks::rep>, kPlaces>
        paid_until_{};  // the time at which the rate has made up for all bytes sent
};

/// Replies that wait until Pace lets them leave, oldest first.
class HeldReplies {
public:
    static constexpr std::size_t kRepliesMax = 2048;
    static constexpr std::size_t kReplyMax = 1232;

    HeldReplies();
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// False: the queue is full.
    [[nodiscard]] bool add(const engine::Client& client, ByteView reply) noexcept;
    /// Calls send(client, reply) for the replies that may leave now, and removes them.
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

    std::unique_ptr<std::uint8_t[]> bytes_;  // not initialised, so that unused pages take no memory
    std::vector<engine::Client> clients_;
    std::vector<std::uint16_t> sizes_;
    std::vector<std::uint16_t> order_;  // slots: the used ones, oldest first, then the free ones
    std::size_t count_ = 0;
};

}  // namespace cenote::server
