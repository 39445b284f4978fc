// SPDX-License-Identifier: Apache-2.0
//
// An AF_XDP socket of one queue of an interface, with the memory of its frames: frames come in, and go out in the same
// memory.
//
// Threads:  open() and dropped(): the control thread. All others: one worker; data plane.
// Memory:   8 MiB of frames, locked, and the rings.
// Failure:  open() gives an errno value. A frame for which there is no room to send stays the caller's.
#pragma once

#include <linux/if_xdp.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/xdp/ring.h"

namespace cenote::xdp {

inline constexpr std::uint32_t kFrameSize = 2048;
inline constexpr std::uint32_t kFrames = 4096;
inline constexpr std::uint32_t kRingSize = 2048;

/// Whether the driver may hand over frames without a copy.
enum class Copies : std::uint8_t { Always, WhereNeeded };

/// A frame that has come: where it is, and its length.
struct Received {
    std::uint64_t at = 0;
    std::uint32_t size = 0;
};

class Socket {
public:
    /// Needs CAP_NET_RAW, and as much memory that may be locked.
    static Result<std::unique_ptr<Socket>, int> open(unsigned interface, std::uint32_t queue, Copies copies);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] bool zero_copy() const noexcept { return zero_copy_; }
    /// Frames for which there was no memory, or no room in the ring, as the kernel counts them.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

    /// Whether frames have come.
    [[nodiscard]] bool waiting() const noexcept { return rx_.available() > 0; }
    /// Takes frames that have come, as many as `space` holds; how many.
    std::size_t receive(std::span<Received> space) noexcept;
    /// The memory of a received frame, from its begin to the end of its place, which is longer than the frame.
    [[nodiscard]] MutableBytes memory_of(const Received& frame) const noexcept;
    /// A received frame that is not sent.
    void give_back(const Received& frame) noexcept { add_free(frame.at); }
    /// Hands the frame, now with `size` bytes, to the interface with the next flush(). False: there is no room.
    [[nodiscard]] bool send(const Received& frame, std::size_t size) noexcept;
    /// Makes the kernel send. False: frames are left for which the driver had no room; to be called again.
    bool flush() noexcept;

private:
    Socket() = default;
    int map_frames() noexcept;
    int map_rings() noexcept;
    void recycle() noexcept;
    void add_free(std::uint64_t at) noexcept { free_[free_count_++] = at & ~std::uint64_t{kFrameSize - 1}; }

    struct Mapping {
        void* at = nullptr;
        std::size_t size = 0;
    };

    UniqueFd fd_;
    std::uint8_t* frames_ = nullptr;
    std::vector<Mapping> mappings_;
    Producer<std::uint64_t> fill_;
    Consumer<std::uint64_t> completion_;
    Consumer<xdp_desc> rx_;
    Producer<xdp_desc> tx_;
    std::vector<std::uint64_t> free_;  // frames that are in no ring, kFrames of them at most
    std::size_t free_count_ = 0;
    bool zero_copy_ = false;
};

}  // namespace cenote::xdp
