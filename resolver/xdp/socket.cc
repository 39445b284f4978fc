// SPDX-License-Identifier: Apache-2.0
#include "resolver/xdp/socket.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace cenote::xdp {
namespace {

constexpr std::size_t kFramesSize = std::size_t{kFrames} * kFrameSize;
constexpr int kSendBuffer = 64 << 20;  // frames are the limit of what is under way, not their sum
constexpr int kCallsMax = 16;          // of sendto(2), each of which sends 32 frames in copy mode

int set(int fd, int name, const auto& value) noexcept {
    return setsockopt(fd, SOL_XDP, name, &value, sizeof value) == 0 ? 0 : errno;
}

template <typename Value>
int get(int fd, int name, Value& value) noexcept {
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_XDP, name, &value, &size) == 0 ? 0 : errno;
}

}  // namespace

Result<std::unique_ptr<Socket>, int> Socket::open(unsigned interface, std::uint32_t queue, Copies copies) {
    std::unique_ptr<Socket> made(new Socket);
    made->fd_.reset(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int fd = made->fd_.get();
    if (fd < 0) return errno;
    if (const int failed = made->map_frames(); failed != 0) return failed;
    if (const int failed = made->map_rings(); failed != 0) return failed;
    static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer));
    sockaddr_xdp address{};
    address.sxdp_family = AF_XDP;
    address.sxdp_ifindex = interface;
    address.sxdp_queue_id = queue;
    address.sxdp_flags = static_cast<std::uint16_t>(XDP_USE_NEED_WAKEUP | (copies == Copies::Always ? XDP_COPY : 0));
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return errno;
    xdp_options options{};
    made->zero_copy_ = get(fd, XDP_OPTIONS, options) == 0 && (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
    made->recycle();
    return made;
}

Socket::~Socket() {
    fd_.reset();
    for (const Mapping& mapping : mappings_) munmap(mapping.at, mapping.size);
}

int Socket::map_frames() noexcept {
    void* const at = mmap(nullptr, kFramesSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return errno;
    mappings_.push_back({at, kFramesSize});
    madvise(at, kFramesSize,
            MADV_DONTFORK);  // the kernel holds these pages; a child must not get copies in their place
    frames_ = static_cast<std::uint8_t*>(at);
    free_.resize(kFrames);
    for (std::uint32_t i = kFrames; i > 0; --i) add_free(std::uint64_t{i - 1} * kFrameSize);
    xdp_umem_reg memory{};
    memory.addr = reinterpret_cast<std::uintptr_t>(at);
    memory.len = kFramesSize;
    memory.chunk_size = kFrameSize;
    return set(fd_.get(), XDP_UMEM_REG, memory);
}

int Socket::map_rings() noexcept {
    const int fd = fd_.get();
    for (const int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING})
        if (const int failed = set(fd, ring, kRingSize); failed != 0) return failed;
    xdp_mmap_offsets offsets{};
    if (const int failed = get(fd, XDP_MMAP_OFFSETS, offsets); failed != 0) return failed;
    const auto map = [&]<typename Entry>(const xdp_ring_offset& at, std::uint64_t page, RingPlace<Entry>& place) {
        const std::size_t size = at.desc + kRingSize * sizeof(Entry);
        void* const begin =
            mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, static_cast<off_t>(page));
        if (begin == MAP_FAILED) return false;
        mappings_.push_back({begin, size});
        auto* const bytes = static_cast<std::uint8_t*>(begin);
        place = {.producer = reinterpret_cast<std::uint32_t*>(bytes + at.producer),
                 .consumer = reinterpret_cast<std::uint32_t*>(bytes + at.consumer),
                 .flags = reinterpret_cast<std::uint32_t*>(bytes + at.flags),
                 .entries = reinterpret_cast<Entry*>(bytes + at.desc),
                 .size = kRingSize};
        return true;
    };
    RingPlace<std::uint64_t> fill;
    RingPlace<std::uint64_t> completion;
    RingPlace<xdp_desc> rx;
    RingPlace<xdp_desc> tx;
    if (!map(offsets.fr, XDP_UMEM_PGOFF_FILL_RING, fill) ||
        !map(offsets.cr, XDP_UMEM_PGOFF_COMPLETION_RING, completion) || !map(offsets.rx, XDP_PGOFF_RX_RING, rx) ||
        !map(offsets.tx, XDP_PGOFF_TX_RING, tx))
        return errno;
    fill_ = Producer(fill);
    completion_ = Consumer(completion);
    rx_ = Consumer(rx);
    tx_ = Producer(tx);
    return 0;
}

std::uint64_t Socket::dropped() const noexcept {
    xdp_statistics counts{};
    return get(fd(), XDP_STATISTICS, counts) == 0 ? counts.rx_dropped + counts.rx_ring_full : 0;
}

/// Frames that were sent become free, and free ones are for frames that come.
void Socket::recycle() noexcept {
    for (std::uint32_t sent = completion_.available(); sent > 0; --sent) add_free(completion_.take());
    completion_.release();
    const auto due = static_cast<std::uint32_t>(std::min<std::size_t>(free_count_, fill_.room()));
    for (std::uint32_t i = 0; i < due; ++i) fill_.push(free_[--free_count_]);
    if (due > 0) fill_.publish();
}

std::size_t Socket::receive(std::span<Received> space) noexcept {
    recycle();
    const auto count = std::min<std::size_t>(rx_.available(), space.size());
    for (Received& frame : space.first(count)) {
        const xdp_desc taken = rx_.take();
        frame = {.at = taken.addr, .size = taken.len};
    }
    if (count > 0) rx_.release();
    return count;
}

MutableBytes Socket::memory_of(const Received& frame) const noexcept {
    const std::uint64_t end = (frame.at | (kFrameSize - 1)) + 1;
    return {frames_ + frame.at, static_cast<std::size_t>(end - frame.at)};
}

bool Socket::send(const Received& frame, std::size_t size) noexcept {
    if (tx_.room() == 0) return false;
    xdp_desc out{};
    out.addr = frame.at;
    out.len = static_cast<std::uint32_t>(size);
    tx_.push(out);
    return true;
}

bool Socket::flush() noexcept {
    tx_.publish();
    for (int i = 0; i < kCallsMax && tx_.waiting() > 0; ++i) {
        if ((tx_.flags() & XDP_RING_NEED_WAKEUP) == 0) return true;  // the driver goes on by itself
        if (sendto(fd(), nullptr, 0, MSG_DONTWAIT, nullptr, 0) < 0 && errno != EAGAIN && errno != EINTR) break;
    }
    return tx_.waiting() == 0;
}

}  // namespace cenote::xdp
