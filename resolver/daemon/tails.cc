// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/tails.h"

#include <fmt/format.h>

#include <utility>

#include "resolver/daemon/looks.h"
#include "resolver/daemon/responses.h"

namespace cenote::daemon {
namespace {

constexpr std::size_t kPartMax = std::size_t{128}
                                 << 10;  // bytes of lines in one reply; escaped they may be twice as many

control::Response part(std::string lines) { return {.ok = true, .more = true, .error = {}, .data = std::move(lines)}; }

}  // namespace

Status Tails::start(sinks::HitFilter filter, std::optional<milliseconds> lasts, control::Reply reply) {
    if (tails_.size() >= kMost) return Error{fmt::format("{} tails run already; end one", tails_.size())};
    auto tail = std::make_unique<Tail>();
    tail->reply = std::move(reply);
    tail->queue = std::make_shared<sinks::TailQueue>(std::move(filter), origin_, [this] { wakeup_.notify(); });
    tail->reply.pace([this] { wakeup_.notify(); });
    if (lasts) {
        tail->end = std::make_unique<loop::Timer>(loop_, [this, &over = tail->is_over] {
            over = true;
            wakeup_.notify();
        });
        tail->end->start(*lasts, milliseconds{0});
    }
    tails_.push_back(std::move(tail));
    use_queues();
    tails_.back()->reply(part({}));  // the stream has begun, though no hit may come for long
    return Done{};
}

void Tails::turn() {
    const std::size_t before = tails_.size();
    std::erase_if(tails_, [](const auto& tail) { return !serve(*tail); });
    if (tails_.size() != before) use_queues();
}

bool Tails::serve(Tail& tail) {
    const auto peer = tail.reply.peer();
    if (!peer) return false;
    if (peer->right < control::Right::Read || !peer->may_inspect) {
        tail.reply(may_not_inspect(*peer, "single queries any more"));
        return false;
    }
    send_lines(tail, tail.is_over);
    if (tail.is_over) tail.reply(done(""));
    return !tail.is_over;
}

/// As long as the reader has read what was sent, or all that waits.
void Tails::send_lines(const Tail& tail, bool also_unread) {
    while (also_unread || tail.reply.unread() == 0) {
        std::string lines = tail.queue->take_lines(kPartMax);
        if (lines.empty() || !tail.reply.peer()) return;
        tail.reply(part(std::move(lines)));
    }
}

void Tails::use_queues() const {
    Queues queues;
    queues.reserve(tails_.size());
    for (const auto& tail : tails_) queues.push_back(tail->queue);
    use_(std::move(queues));
}

void Tails::set_origin(const sinks::LogOrigin& origin) {
    origin_ = origin;
    for (const auto& tail : tails_) tail->queue->set_origin(origin);
}

void Tails::end_all(std::string_view why) {
    for (const auto& tail : tails_) {
        send_lines(*tail, true);
        tail->reply(fail(std::string(why)));
    }
    tails_.clear();
    use_queues();
}

}  // namespace cenote::daemon
