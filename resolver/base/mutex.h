// SPDX-License-Identifier: Apache-2.0
//
// A mutex with which data is annotated: clang refuses an access without the lock (-Wthread-safety, `tools/dev/check
// clang`).
//
// Threads:  any.
// Memory:   that of std::mutex; g++ sees no annotations.
// Failure:  none.
#pragma once

#include <mutex>

#ifdef __clang__
#define CENOTE_THREAD_ANNOTATION(...) __attribute__((__VA_ARGS__))
#else
#define CENOTE_THREAD_ANNOTATION(...)
#endif
/// After a member: it is read and written under this mutex only.
#define CENOTE_GUARDED_BY(mutex) CENOTE_THREAD_ANNOTATION(guarded_by(mutex))
/// After a function, for reads that are safe without the mutex: the reason stands beside it.
#define CENOTE_NO_THREAD_SAFETY_ANALYSIS CENOTE_THREAD_ANNOTATION(no_thread_safety_analysis)
/// After a function's parameters: its caller holds this mutex.
#define CENOTE_REQUIRES(mutex) CENOTE_THREAD_ANNOTATION(requires_capability(mutex))

namespace cenote {

class CENOTE_THREAD_ANNOTATION(capability("mutex")) Mutex {
public:
    void lock() CENOTE_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
    void unlock() CENOTE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
    [[nodiscard]] bool try_lock() CENOTE_THREAD_ANNOTATION(try_acquire_capability(true)) { return mutex_.try_lock(); }
    /// States for the compiler that the caller holds the mutex, where it cannot see that. Does nothing.
    void assert_held() CENOTE_THREAD_ANNOTATION(assert_capability()) {}

private:
    std::mutex mutex_;
};

/// Holds a mutex until the end of its block.
class CENOTE_THREAD_ANNOTATION(scoped_lockable) MutexLock {
public:
    explicit MutexLock(Mutex& mutex) CENOTE_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
        mutex_.lock();
    }
    /// Takes over a mutex that try_lock() has locked.
    MutexLock(Mutex& mutex, std::adopt_lock_t) CENOTE_THREAD_ANNOTATION(requires_capability(mutex)) : mutex_(mutex) {}
    ~MutexLock() CENOTE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

}  // namespace cenote
