// SPDX-License-Identifier: Apache-2.0
//
// How long each connection may take for its next step, whatever single bytes come meanwhile: to send a whole request,
// to read a whole reply. A connection that is late is shut down.
//
// Threads:  any. A descriptor is removed before it is closed, so that no other one of its number is ever shut down.
// Time:     an argument.
// Memory:   an entry for each connection.
// Failure:  none.
#pragma once

#include <map>

#include "resolver/base/clock.h"
#include "resolver/base/mutex.h"

namespace cenote::web {

class ConnectionTimes {
public:
    static constexpr seconds kRequestWithin{20};
    static constexpr seconds kReplyWithin{120};  // with the time of making it

    void await_request(int fd, Ticks now) { set(fd, now + kRequestWithin); }
    void await_reader(int fd, Ticks now) { set(fd, now + kReplyWithin); }
    /// A stream, which has limits of its own.
    void await_nothing(int fd) { set(fd, Ticks::max()); }
    void remove(int fd);
    /// Shuts down what is late.
    void end_late(Ticks now);

private:
    void set(int fd, Ticks until);

    Mutex mutex_;
    std::map<int, Ticks> until_ CENOTE_GUARDED_BY(mutex_);
};

}  // namespace cenote::web
