// SPDX-License-Identifier: Apache-2.0
#include "bench/load/udp.h"

#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <deque>

#include "resolver/base/fd.h"
#include "resolver/wire/types.h"

namespace cenote::blast {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kIds = 65536;

/// One socket with its own ids.
class Flow {
public:
    Flow(const SocketAddress& server, const Queries& queries, Tally& tally)
        : queries_(queries), tally_(tally), fd_(socket(server.family(), SOCK_DGRAM | SOCK_NONBLOCK, 0)), asked_(kIds) {
        const int buffer = 8 << 20;
        setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
        sockaddr_storage native;
        const socklen_t size = server.to_native(native);
        connected_ = fd_.valid() && connect(fd_.get(), reinterpret_cast<sockaddr*>(&native), size) == 0;
        if (!connected_) std::perror("blast: a UDP socket cannot be connected");
        for (std::size_t i = 0; i < kBatch; ++i) {
            to_send_[i].msg_hdr.msg_iov = &out_[i];
            to_send_[i].msg_hdr.msg_iovlen = 1;
            in_[i] = {replies_[i].data(), replies_[i].size()};
            received_[i].msg_hdr.msg_iov = &in_[i];
            received_[i].msg_hdr.msg_iovlen = 1;
        }
    }

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    [[nodiscard]] std::size_t open() const noexcept { return open_; }

    void send(std::size_t count, Ticks now) {
        count = std::min(count, kBatch);
        for (std::size_t i = 0; i < count; ++i) {
            const auto id = static_cast<std::uint16_t>(id_ + i);
            const std::uint64_t number = tally_.sent + i;
            const ByteView packet = queries_.packet(queries_.at(number));
            std::memcpy(packets_[i].data(), packet.data(), packet.size());
            store_u16(packets_[i].data(), id);
            if (!std::exchange(asked_[id].open, true)) ++open_;
            asked_[id].number = number;
            asked_[id].at = now;
            out_[i] = {packets_[i].data(), packet.size()};
        }
        const int sent = sendmmsg(fd_.get(), to_send_.data(), static_cast<unsigned>(count), 0);
        const auto done = static_cast<std::size_t>(std::max(sent, 0));
        for (std::size_t i = done; i < count; ++i) close(asked_[static_cast<std::uint16_t>(id_ + i)]);
        id_ = static_cast<std::uint16_t>(id_ + done);
        tally_.sent += done;
        tally_.not_sent += count - done;
    }

    void receive(Ticks now) {
        for (;;) {
            const int count = recvmmsg(fd_.get(), received_.data(), kBatch, MSG_DONTWAIT, nullptr);
            for (std::size_t i = 0; static_cast<int>(i) < count; ++i)
                take(ByteView(replies_[i]).first(received_[i].msg_len), now);
            if (count < static_cast<int>(kBatch)) return;
        }
    }

    /// Queries whose answer is overdue make room for others.
    void give_up(Ticks now) {
        for (QueryContext& asked : asked_)
            if (asked.open && now - asked.at > kPatience) close(asked);
    }

private:
    struct QueryContext {
        std::uint64_t number = 0;
        Ticks at{};
        bool open = false;
    };

    void close(QueryContext& asked) noexcept {
        if (std::exchange(asked.open, false)) --open_;
    }

    void take(ByteView reply, Ticks now) {
        if (reply.size() < wire::kHeaderSize) return;
        QueryContext& asked = asked_[load_u16(reply.data())];
        if (!asked.open || now - asked.at > kPatience) return;
        close(asked);
        tally_.take(queries_.at(asked.number), reply, now - asked.at);
    }

    const Queries& queries_;
    Tally& tally_;
    UniqueFd fd_;
    bool connected_ = false;
    std::vector<QueryContext> asked_;
    std::size_t open_ = 0;
    std::uint16_t id_ = 0;
    std::array<mmsghdr, kBatch> to_send_{};
    std::array<iovec, kBatch> out_{};
    std::array<std::array<std::uint8_t, 512>, kBatch> packets_;
    std::array<mmsghdr, kBatch> received_{};
    std::array<iovec, kBatch> in_{};
    std::array<std::array<std::uint8_t, 1500>, kBatch> replies_;
};

}  // namespace

bool load_over_udp(const SocketAddress& server, const Queries& queries, const Pace& pace, std::size_t flow_count,
                   Tally& tally) {
    std::deque<Flow> flows;
    for (std::size_t i = 0; i < flow_count; ++i)
        if (!flows.emplace_back(server, queries, tally).connected()) return false;
    std::size_t turn = 0;
    Ticks last_progress = pace.start;
    Ticks last_look = pace.start;
    for (;;) {
        const Ticks now = ticks_now();
        std::size_t open = 0;
        for (const Flow& flow : flows) open += flow.open();
        // Half a batch at least, or what is sent a packet at a time would be answered a packet at a time.
        const std::uint64_t due = pace.due(now, tally.sent, open);
        if (due > 0 && (pace.rate != 0 || due >= std::min<std::uint64_t>(pace.window / 2, kBatch / 2)))
            flows[turn++ % flows.size()].send(due, now);
        const std::uint64_t before = tally.answered;
        for (Flow& flow : flows) flow.receive(ticks_now());
        if (tally.answered != before) last_progress = now;
        if (now - last_look > kPatience) {
            last_look = now;
            for (Flow& flow : flows) flow.give_up(now);
        }
        if (now >= pace.end && (open == 0 || now - std::max(pace.end, last_progress) > kPatience)) return true;
    }
}

}  // namespace cenote::blast
