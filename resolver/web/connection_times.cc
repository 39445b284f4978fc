// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/connection_times.h"

#include <sys/socket.h>

namespace cenote::web {

void ConnectionTimes::set(int fd, Ticks until) {
    const MutexLock lock(mutex_);
    until_[fd] = until;
}

void ConnectionTimes::remove(int fd) {
    const MutexLock lock(mutex_);
    until_.erase(fd);
}

void ConnectionTimes::end_late(Ticks now) {
    const MutexLock lock(mutex_);
    for (auto& [fd, until] : until_) {
        if (until > now) continue;
        ::shutdown(fd, SHUT_RDWR);
        until = Ticks::max();  // once
    }
}

}  // namespace cenote::web
