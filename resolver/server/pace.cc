// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/pace.h"

#include <algorithm>
#include <numeric>

#include "resolver/base/hash.h"
#include "resolver/base/random.h"

namespace cenote::server {
namespace {

using Duration = Ticks::duration;

constexpr std::int64_t kBytesPerMs = 2600;
constexpr std::int64_t kBurstBytes = 8192;

constexpr Duration cost_of(std::int64_t bytes) noexcept {
    return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{bytes * 1'000'000 / kBytesPerMs});
}
static_assert(kBurstBytes + 20 * kBytesPerMs < 65536);

}  // namespace

Pace::Pace() : seed_(random_u64()) {}

bool Pace::take(const IpAddress& client, std::size_t bytes, Ticks now) noexcept {
    auto& place = paid_until_[hash64(client.octets(), seed_) % kPlaces];
    const Duration cost = cost_of(static_cast<std::int64_t>(bytes));
    const Duration::rep present = now.time_since_epoch().count();
    Duration::rep before = place.load(std::memory_order_relaxed);
    while (true) {
        const Duration::rep after = std::max(before, present) + cost.count();
        if (after - present > cost_of(kBurstBytes).count()) return false;
        if (place.compare_exchange_weak(before, after, std::memory_order_relaxed)) return true;
    }
}

HeldReplies::HeldReplies()
    : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(kRepliesMax * kReplyMax)),
      clients_(kRepliesMax),
      sizes_(kRepliesMax),
      order_(kRepliesMax) {
    std::iota(order_.begin(), order_.end(), std::uint16_t{0});
}

bool HeldReplies::add(const engine::Client& client, ByteView reply) noexcept {
    if (count_ == kRepliesMax) return false;
    const std::uint16_t slot = order_[count_++];
    clients_[slot] = client;
    sizes_[slot] = static_cast<std::uint16_t>(std::min(reply.size(), kReplyMax));
    std::copy_n(reply.begin(), sizes_[slot], &bytes_[slot * kReplyMax]);
    return true;
}

}  // namespace cenote::server
