// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/late_replies.h"

#include <algorithm>
#include <cstring>

namespace cenote::server {

bool LateReplies::add(const engine::Client& client, ByteView reply) noexcept {
    if (end_ == replies_.size()) return false;
    LateReply& kept = replies_[end_++];
    kept.client = client;
    kept.size = static_cast<std::uint16_t>(std::min(reply.size(), kLateReplyMax));
    std::memcpy(kept.bytes, reply.data(), kept.size);
    return true;
}

void LateReplies::remove(std::size_t count) noexcept {
    first_ += count;
    if (empty()) first_ = end_ = 0;
}

std::uint32_t LateReplies::clear() noexcept {
    const auto count = static_cast<std::uint32_t>(end_ - first_);
    first_ = end_ = 0;
    return count;
}

}  // namespace cenote::server
