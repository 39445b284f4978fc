// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cenote::sinks {

Delivery::Delivery(std::unique_ptr<Receiver> receiver, const Options& options)
    : options_(options), receiver_(std::move(receiver)), waiter_(options.limits), pause_(options.first_pause) {
    thread_ = std::thread([this] { run(); });
}

Delivery::~Delivery() {
    stop();
    join();
}

void Delivery::join() {
    if (thread_.joinable()) thread_.join();
}

void Delivery::push(std::string frame) {
    const MutexLock lock(mutex_);
    if (queued_ + cost(frame) > options_.queue_max) {
        lost_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    queued_ += cost(frame);
    frames_.push_back(std::move(frame));
}

std::string Delivery::problem() const {
    const MutexLock lock(mutex_);
    return problem_;
}

/// Stays where it is while others are pushed: this thread alone takes frames out.
const std::string* Delivery::front() const {
    const MutexLock lock(mutex_);
    return frames_.empty() ? nullptr : &frames_.front();
}

void Delivery::pop() {
    const MutexLock lock(mutex_);
    queued_ -= cost(frames_.front());
    frames_.pop_front();
}

void Delivery::run() {
    while (true) {
        if (gave_up_) break;
        if (!connected_ && !connect()) continue;
        const std::string* const frame = front();
        if (frame != nullptr) {
            if (send(*frame)) pop();
        } else if (waiter_.stopping()) {
            break;
        } else {
            idle();
        }
    }
    if (connected_) receiver_->close();
    const MutexLock lock(mutex_);
    lost_.fetch_add(frames_.size(), std::memory_order_relaxed);
    frames_.clear();
}

bool Delivery::connect() {
    if (auto opened = receiver_->open(waiter_); !opened) {
        fail(opened.error().text);
        return false;
    }
    connected_ = true;
    sent_ = false;
    trusted_at_ = receiver_->refuses_afterwards() ? Ticks::max() : ticks_now() + options_.trust;
    return true;
}

bool Delivery::send(const std::string& frame) {
    const auto on_late = [this] {
        set_problem(fmt::format("it has taken nothing for {} s",
                                std::chrono::duration<double>(options_.limits.answer).count()));
        trusted_at_ = Ticks::max();
    };
    // A connection that the receiver has ended would take the frame once more.
    auto sent = receiver_->look();
    if (sent) sent = receiver_->send(frame, on_late);
    if (!sent) {
        fail(sent.error().text);
        return false;
    }
    sent_ = true;
    note_success();
    return true;
}

void Delivery::note_success() {
    const Ticks now = ticks_now();
    if (trusted_at_ == Ticks::max()) trusted_at_ = now + options_.trust;
    if (now < trusted_at_) return;
    pause_ = options_.first_pause;
    set_problem({});
}

void Delivery::idle() {
    const bool proven = ticks_now() >= trusted_at_;
    if (proven) note_success();
    waiter_.for_work(receiver_->fd(), proven ? Ticks::max() : trusted_at_);
    if (auto looked = receiver_->look(); !looked) fail(looked.error().text);
}

void Delivery::fail(const std::string& why) {
    if (connected_) receiver_->close();
    if (connected_ && sent_ && receiver_->refuses_afterwards()) lost_.fetch_add(1, std::memory_order_relaxed);
    connected_ = false;
    gave_up_ = waiter_.stopping();
    if (gave_up_) return;
    set_problem(why);
    waiter_.pause(ticks_now() + pause_);
    pause_ = std::min(2 * pause_, options_.longest_pause);
}

void Delivery::set_problem(std::string why) {
    const MutexLock lock(mutex_);
    problem_ = std::move(why);
}

}  // namespace cenote::sinks
