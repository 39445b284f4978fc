// SPDX-License-Identifier: Apache-2.0
//
// One side of a ring that is shared with the kernel (AF_XDP in the kernel's documentation): one end writes entries and
// then moves `producer`, the other reads them and then moves `consumer`. Both grow without end and wrap.
//
// Threads:  one, and the kernel at the other end. Data plane.
// Memory:   the ring's; its size is a power of two.
// Failure:  none; a full ring has no room(), an empty one nothing available().
#pragma once

#include <atomic>
#include <cstdint>

namespace cenote::xdp {

/// Where the parts of a ring are.
template <typename Entry>
struct RingPlace {
    std::uint32_t* producer = nullptr;
    std::uint32_t* consumer = nullptr;
    std::uint32_t* flags = nullptr;
    Entry* entries = nullptr;
    std::uint32_t size = 0;
};

/// The end that writes.
template <typename Entry>
class Producer {
public:
    Producer() noexcept = default;
    explicit Producer(const RingPlace<Entry>& place) noexcept : place_(place), next_(*place.producer) {}

    [[nodiscard]] std::uint32_t room() const noexcept { return place_.size - waiting(); }
    /// Written, and not read by the other end yet; with those that are not published.
    [[nodiscard]] std::uint32_t waiting() const noexcept {
        return next_ - std::atomic_ref(*place_.consumer).load(std::memory_order_acquire);
    }
    /// Only where there is room.
    void push(const Entry& entry) noexcept { place_.entries[next_++ & (place_.size - 1)] = entry; }
    /// Shows the other end what was pushed.
    void publish() noexcept { std::atomic_ref(*place_.producer).store(next_, std::memory_order_release); }
    [[nodiscard]] std::uint32_t flags() const noexcept {
        return std::atomic_ref(*place_.flags).load(std::memory_order_relaxed);
    }

private:
    RingPlace<Entry> place_;
    std::uint32_t next_ = 0;
};

/// The end that reads.
template <typename Entry>
class Consumer {
public:
    Consumer() noexcept = default;
    explicit Consumer(const RingPlace<Entry>& place) noexcept : place_(place), next_(*place.consumer) {}

    [[nodiscard]] std::uint32_t available() const noexcept {
        return std::atomic_ref(*place_.producer).load(std::memory_order_acquire) - next_;
    }
    /// Only where one is available.
    Entry take() noexcept { return place_.entries[next_++ & (place_.size - 1)]; }
    /// Gives the places of what was taken back to the other end.
    void release() noexcept { std::atomic_ref(*place_.consumer).store(next_, std::memory_order_release); }

private:
    RingPlace<Entry> place_;
    std::uint32_t next_ = 0;
};

}  // namespace cenote::xdp
