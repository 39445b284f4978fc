// SPDX-License-Identifier: Apache-2.0
//
// The body of a reply without a known end, between the thread that makes it and the HTTP thread that sends it.
//
// Threads:  write() and end() by the maker, take() and leave() by the HTTP thread.
// Memory:   kWaitingMax bytes and one write, or what end() has.
// Failure:  write() gives false where the reader has left, or has read nothing for kUnreadWithin.
#pragma once

#include <condition_variable>
#include <functional>
#include <span>
#include <string>

#include "resolver/base/clock.h"
#include "resolver/base/mutex.h"
#include "resolver/pages/site.h"

namespace cenote::web {

class StreamBody final : public pages::Reader {
public:
    static constexpr std::size_t kWaitingMax = std::size_t{64} << 10;
    static constexpr milliseconds kUnreadWithin{20000};

    /// `resume` has the HTTP thread ask again, after `take` has made it pause.
    explicit StreamBody(std::function<void()> resume, milliseconds unread_within = kUnreadWithin)
        : resume_(std::move(resume)), unread_within_(unread_within) {}

    bool write(std::string_view bytes) override;
    /// The last bytes, which wait for nothing; nothing more comes.
    void end(std::string_view last = {});

    struct Taken {
        std::size_t size = 0;
        bool is_end = false;
    };
    /// Some bytes; where none wait, `pause` is called before anything can come.
    Taken take(std::span<char> into, const std::function<void()>& pause);
    /// The reader has left.
    void leave();

private:
    void resume_if_paused();

    const std::function<void()> resume_;
    const milliseconds unread_within_;
    Mutex mutex_;
    std::condition_variable_any taken_;
    std::string waiting_ CENOTE_GUARDED_BY(mutex_);
    bool ended_ CENOTE_GUARDED_BY(mutex_) = false;
    bool left_ CENOTE_GUARDED_BY(mutex_) = false;
    bool paused_ CENOTE_GUARDED_BY(mutex_) = false;
};

}  // namespace cenote::web
