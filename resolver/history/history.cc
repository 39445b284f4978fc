// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/history.h"

#include <utility>

namespace cenote::history {
namespace {

constexpr milliseconds kLook{1000};

}  // namespace

History::History(std::unique_ptr<Store> store, const Options& options, telemetry::Hub& hub, const telemetry::Keys& keys)
    : writer_(
          std::move(store), options, [&hub] { return hub.collect(); }, [this] { return take_sketches(); }, keys,
          wall_now(), ticks_now()) {
    const auto seed = writer_.seed(wall_now());
    {
        const MutexLock lock(mutex_);
        if (seed) seed_ = *seed;
        written_until_ = writer_.written_until();
    }
    if (!seed) note(seed.error());
    thread_ = std::thread([this] { run(); });
}

History::~History() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void History::take(const sinks::HitRecord& record) {
    if (record.directive.empty()) return;
    const MutexLock lock(mutex_);
    sketches_.add({record.service, record.directive, record.group}, record.hit.client_cell, record.hit.episode_cell);
}

void History::set_options(const Options& options) {
    const MutexLock lock(mutex_);
    new_options_ = options;
}

std::uint64_t History::seed() const {
    const MutexLock lock(mutex_);
    return seed_;
}

std::string History::problem() const {
    const MutexLock lock(mutex_);
    return problem_;
}

WallTime History::written_until() const {
    const MutexLock lock(mutex_);
    return written_until_;
}

DaySketches History::take_sketches() {
    const MutexLock lock(mutex_);
    return std::exchange(sketches_, DaySketches());
}

void History::note(const Status& status) {
    const MutexLock lock(mutex_);
    problem_ = status ? std::string() : status.error().text;
    written_until_ = writer_.written_until();
}

void History::run() {
    for (bool stopping = false; !stopping;) {
        std::optional<Options> options;
        {
            const MutexLock lock(mutex_);
            if (!stopping_) wake_.wait_for(mutex_, kLook);
            stopping = stopping_;
            options = std::exchange(new_options_, std::nullopt);
        }
        if (options) writer_.set_options(*options);
        note(stopping ? writer_.stop(wall_now(), ticks_now()) : writer_.tick(wall_now(), ticks_now()));
        const auto seed = writer_.seed(wall_now());
        const MutexLock lock(mutex_);
        if (seed) seed_ = *seed;
    }
}

}  // namespace cenote::history
