// SPDX-License-Identifier: Apache-2.0
//
// One immutable value that many threads read while one thread replaces it as a whole.
//
// Threads:  publish() from any thread; a Reader belongs to one thread. refresh() costs one atomic load when nothing
//           changed and never blocks: during a publish() it keeps its value and takes the new one the next time.
// Memory:   the old value lives until its last Reader refreshes.
// Failure:  none.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "resolver/base/mutex.h"

namespace cenote {

template <typename T>
class Published {
public:
    explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}
    Published(const Published&) = delete;
    Published& operator=(const Published&) = delete;

    void publish(std::shared_ptr<const T> value) {
        {
            const MutexLock lock(mutex_);
            value_.swap(value);
            generation_.fetch_add(1, std::memory_order_release);
        }  // the last reference to the old value is released outside the lock
    }

    [[nodiscard]] std::shared_ptr<const T> current() const {
        const MutexLock lock(mutex_);
        return value_;
    }

private:
    template <typename>
    friend class Reader;

    mutable Mutex mutex_;
    std::shared_ptr<const T> value_ CENOTE_GUARDED_BY(mutex_);
    std::atomic<std::uint64_t> generation_{1};
};

template <typename T>
class Reader {
public:
    explicit Reader(Published<T>& source) : source_(&source), value_(source.current()) {
        generation_ = 0;  // so that the first refresh() sets it
    }

    /// Takes the newest value if there is one; true when the value changed.
    bool refresh() noexcept {
        if (source_->generation_.load(std::memory_order_acquire) == generation_) return false;
        if (!source_->mutex_.try_lock()) return false;
        const MutexLock lock(source_->mutex_, std::adopt_lock);
        generation_ = source_->generation_.load(std::memory_order_relaxed);
        value_ = source_->value_;
        return true;
    }

    /// False: the value is none.
    explicit operator bool() const noexcept { return value_ != nullptr; }
    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_.get(); }

private:
    Published<T>* source_;
    std::shared_ptr<const T> value_;
    std::uint64_t generation_;
};

}  // namespace cenote
