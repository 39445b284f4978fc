// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/stream_body.h"

#include <algorithm>
#include <utility>

namespace cenote::web {

bool StreamBody::write(std::string_view bytes) {
    {
        const MutexLock lock(mutex_);
        const Ticks until = ticks_now() + unread_within_;
        while (!left_ && waiting_.size() > kWaitingMax)
            if (taken_.wait_until(mutex_, until) == std::cv_status::timeout) break;
        if (left_ || waiting_.size() > kWaitingMax) return false;
        waiting_ += bytes;
    }
    resume_if_paused();
    return true;
}

void StreamBody::end(std::string_view last) {
    {
        const MutexLock lock(mutex_);
        waiting_ += last;
        ended_ = true;
    }
    resume_if_paused();
}

StreamBody::Taken StreamBody::take(std::span<char> into, const std::function<void()>& pause) {
    const MutexLock lock(mutex_);
    if (waiting_.empty()) {
        if (ended_) return {0, true};
        paused_ = true;
        pause();
        return {};
    }
    const std::size_t size = std::min(into.size(), waiting_.size());
    std::copy_n(waiting_.begin(), size, into.begin());
    waiting_.erase(0, size);
    taken_.notify_one();
    return {size, false};
}

void StreamBody::leave() {
    const MutexLock lock(mutex_);
    left_ = true;
    taken_.notify_one();
}

/// Without the lock: the HTTP thread may be in take().
void StreamBody::resume_if_paused() {
    {
        const MutexLock lock(mutex_);
        if (!std::exchange(paused_, false)) return;
    }
    resume_();
}

}  // namespace cenote::web
