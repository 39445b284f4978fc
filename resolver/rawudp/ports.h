// SPDX-License-Identifier: Apache-2.0
//
// The owner of each UDP port, in memory that the program in the kernel reads (replies.bpf.c).
//
// Threads:  any; a worker takes and gives back ports of its own, the control thread those of other programs.
// Memory:   64 KiB, the caller's, which outlives it.
// Failure:  take() is false for a port that has an owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

namespace cenote::rawudp {

inline constexpr std::uint16_t kPortMin = 1024;  // those below are for services
inline constexpr std::uint32_t kPorts = 65536 - kPortMin;

using Owner = std::uint8_t;
inline constexpr Owner kNone = 0;
inline constexpr Owner kAnotherProgram = 1;  // its socket gets what comes
inline constexpr Owner kFirstWorker = 2;
inline constexpr std::uint32_t kWorkersMax = 254;

class Ports {
public:
    explicit Ports(std::span<std::uint8_t, 65536> owners) noexcept : owners_(owners) {}

    [[nodiscard]] bool take(std::uint16_t port, Owner owner) const noexcept {
        Owner none = kNone;
        return at(port).compare_exchange_strong(none, owner, std::memory_order_acq_rel, std::memory_order_relaxed);
    }
    /// By its owner alone.
    void give_back(std::uint16_t port) const noexcept { at(port).store(kNone, std::memory_order_release); }
    [[nodiscard]] Owner owner(std::uint16_t port) const noexcept { return at(port).load(std::memory_order_acquire); }

private:
    [[nodiscard]] std::atomic_ref<std::uint8_t> at(std::uint16_t port) const noexcept {
        return std::atomic_ref(owners_[port]);
    }

    std::span<std::uint8_t, 65536> owners_;
};

}  // namespace cenote::rawudp
