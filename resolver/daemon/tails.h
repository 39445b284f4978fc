// SPDX-License-Identifier: Apache-2.0
//
// The readers of `cenote tail`: hits of directives go from HitReader's thread through a bounded queue for each reader
// to its connection.
//
// A reader gets more only when it has read what it got before, so that a slow one costs its queue and no more. Without
// readers no worker makes hits for them.
//
// Threads:  the control thread; the queues are filled on the thread of HitReader, which wakes this one.
// Memory:   kMost readers, each a TailQueue and a few parts of kPartMax bytes on its connection.
// Failure:  start() gives an Error where there are too many readers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/control/control.h"
#include "resolver/loop/loop.h"
#include "resolver/sinks/tail_queue.h"

namespace cenote::daemon {

class Tails {
public:
    static constexpr std::size_t kMost = 16;

    using Queues = std::vector<std::shared_ptr<sinks::TailQueue>>;

    /// `use` gets the queues that take hits from then on, and may drop the others. None may take one any more when this
    /// is destroyed.
    Tails(loop::Loop& loop, std::function<void(Queues)> use)
        : loop_(loop), use_(std::move(use)), wakeup_(loop, [this] { turn(); }) {}
    Tails(const Tails&) = delete;
    Tails& operator=(const Tails&) = delete;

    /// Of hits that are taken from now on.
    void set_origin(const sinks::LogOrigin& origin);

    /// Streams hits to `reply` until the reader leaves, loses its right, or `lasts` is over; nullopt: no end.
    Status start(sinks::HitFilter filter, std::optional<milliseconds> lasts, control::Reply reply);
    /// Sends what waits and ends all streams.
    void end_all(std::string_view why);

private:
    struct Tail {
        control::Reply reply;
        std::shared_ptr<sinks::TailQueue> queue;
        std::unique_ptr<loop::Timer> end;  // null: it has none
        bool is_over = false;
    };

    void turn();
    void use_queues() const;
    /// Sends what waits, where the reader has read what was sent; false: the stream has ended.
    [[nodiscard]] static bool serve(Tail& tail);
    static void send_lines(const Tail& tail, bool also_unread);

    loop::Loop& loop_;
    const std::function<void(Queues)> use_;
    sinks::LogOrigin origin_;
    loop::Wakeup wakeup_;
    std::vector<std::unique_ptr<Tail>> tails_;
};

}  // namespace cenote::daemon
