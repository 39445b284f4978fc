// SPDX-License-Identifier: Apache-2.0
//
// A queue of replies that do not leave with the batch of their query: late answers, which come one by one and leave
// together, and replies for which the kernel had no room.
//
// Threads:  one worker. Data plane.
// Memory:   fixed at construction, some 160 KiB.
// Failure:  add() returns false when the queue is full.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/engine/client.h"

namespace cenote::server {

/// Upper limit of a reply that is kept: wire::udp_limit never gives more.
inline constexpr std::size_t kLateReplyMax = 1232;

struct LateReply {
    engine::Client client;
    std::uint16_t size = 0;
    std::uint8_t bytes[kLateReplyMax];

    [[nodiscard]] ByteView view() const noexcept { return {bytes, size}; }
};

class LateReplies {
public:
    static constexpr std::size_t kRepliesMax = 128;

    LateReplies() : replies_(kRepliesMax) {}

    /// False: the queue is full.
    [[nodiscard]] bool add(const engine::Client& client, ByteView reply) noexcept;
    /// The replies in the queue, oldest first; valid until the next call that changes it.
    [[nodiscard]] std::span<const LateReply> waiting() const noexcept {
        return std::span(replies_).subspan(first_, end_ - first_);
    }
    [[nodiscard]] std::span<LateReply> waiting() noexcept { return std::span(replies_).subspan(first_, end_ - first_); }
    /// Removes the oldest `count` of waiting().
    void remove(std::size_t count) noexcept;
    /// Removes all. Returns how many there were.
    std::uint32_t clear() noexcept;
    [[nodiscard]] bool empty() const noexcept { return first_ == end_; }

private:
    std::vector<LateReply> replies_;
    std::size_t first_ = 0;  // replies before it have been removed
    std::size_t end_ = 0;
};

}  // namespace cenote::server
