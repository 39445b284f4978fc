// SPDX-License-Identifier: Apache-2.0
//
// A wall clock that a test sets, preloaded into the real programs (LD_PRELOAD).
//
// The file that CENOTE_TEST_CLOCK names holds the time, in seconds since the epoch. The clock stands at that time until
// the file is written anew, so that a test of one second also passes on a slow machine. When it is set, each timer on
// the wall clock becomes readable at once, as in the kernel with TFD_TIMER_CANCEL_ON_SET (timerfd_create(2)). The
// monotonic clock is that of the system; with CENOTE_TEST_CLOCK_MONOTONIC it moves by as much as the wall clock does,
// so that time passes instead of being set. A process that has read the file writes the time into FILE.seen.PID, so
// that a test knows what its clock is.
//
// Threads:  a thread of its own waits for the file to change.
// Failure:  without the file, or with nonsense in it, the clock is the system's.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kDescriptors = 4096;

const char* clock_file = nullptr;
int changes = -1;                 // inotify
std::atomic<time_t> standing{0};  // 0: it was never set
std::atomic<time_t> passed{0};    // what the monotonic clock is ahead of the system's
time_t first = 0;
bool with_monotonic = false;
std::array<std::atomic<bool>, kDescriptors> on_wall_clock{};

template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool is_on_wall_clock(int fd) { return fd >= 0 && fd < kDescriptors && on_wall_clock[static_cast<std::size_t>(fd)]; }

/// Whether there is a time in the file.
bool read_file() {
    long long seconds = 0;
    FILE* file = std::fopen(clock_file, "re");
    if (file == nullptr) return false;
    const bool is_time = std::fscanf(file, "%lld", &seconds) == 1;
    if (is_time) {
        standing = static_cast<time_t>(seconds);
        if (first == 0) first = standing;
        if (with_monotonic) passed = standing - first;
    }
    std::fclose(file);
    return is_time;
}

/// Without the right to write there, no test waits for it.
void write_seen() {
    const std::string seen = std::string(clock_file) + ".seen." + std::to_string(getpid());
    FILE* file = std::fopen(seen.c_str(), "we");
    if (file == nullptr) return;
    std::fprintf(file, "%lld", static_cast<long long>(standing.load()));
    std::fclose(file);
}

void fire_all() {
    static auto* const settime = next<int(int, int, const itimerspec*, itimerspec*)>("timerfd_settime");
    itimerspec past{};
    past.it_value.tv_sec = 1;
    for (int fd = 0; fd < kDescriptors; ++fd)
        if (is_on_wall_clock(fd)) settime(fd, TFD_TIMER_ABSTIME, &past, nullptr);
}

void* watch(void* /*unused*/) {
    std::array<char, 4096> events{};
    while (read(changes, events.data(), events.size()) > 0) {
        if (!read_file()) continue;
        fire_all();
        write_seen();
    }
    return nullptr;
}

[[gnu::constructor]] void begin() {
    clock_file = std::getenv("CENOTE_TEST_CLOCK");
    if (clock_file == nullptr) return;
    with_monotonic = std::getenv("CENOTE_TEST_CLOCK_MONOTONIC") != nullptr;
    changes = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(changes, clock_file, IN_CLOSE_WRITE);
    if (read_file()) write_seen();
    pthread_t thread{};
    if (pthread_create(&thread, nullptr, watch, nullptr) == 0) pthread_detach(thread);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
    static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
    const int result = real(clock, now);
    if (standing != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        *now = {.tv_sec = standing, .tv_nsec = 0};
    if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE) now->tv_sec += passed;
    return result;
}

/// Waits until a time of the clock above (std::condition_variable::wait_for).
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
    using Wait = int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
    static auto* const real = next<Wait>("pthread_cond_clockwait");
    timespec of_system = *until;
    if (clock == CLOCK_MONOTONIC) of_system.tv_sec -= passed;
    return real(condition, mutex, clock, &of_system);
}

int gettimeofday(timeval* now, void* zone) noexcept {
    static auto* const real = next<int(timeval*, void*)>("gettimeofday");
    const int result = real(now, zone);
    if (standing != 0) *now = {.tv_sec = standing, .tv_usec = 0};
    return result;
}

time_t time(time_t* now) noexcept {
    timespec read{};
    clock_gettime(CLOCK_REALTIME, &read);
    if (now != nullptr) *now = read.tv_sec;
    return read.tv_sec;
}

int timerfd_create(clockid_t clock, int flags) noexcept {
    static auto* const real = next<int(clockid_t, int)>("timerfd_create");
    const int fd = real(clock, flags);
    if (fd >= 0 && fd < kDescriptors) on_wall_clock[static_cast<std::size_t>(fd)] = clock == CLOCK_REALTIME;
    return fd;
}

int timerfd_settime(int fd, int flags, const itimerspec* when, itimerspec* before) noexcept {
    static auto* const real = next<int(int, int, const itimerspec*, itimerspec*)>("timerfd_settime");
    if (standing == 0 || !is_on_wall_clock(fd) || (flags & TFD_TIMER_ABSTIME) == 0)
        return real(fd, flags, when, before);
    // A time that has passed fires at once, a later one when the clock is set, because the clock stands.
    const itimerspec over{.it_interval = {}, .it_value = {.tv_sec = 1, .tv_nsec = 0}};
    const itimerspec never{};
    return real(fd, flags, when->it_value.tv_sec <= standing ? &over : &never, before);
}

int close(int fd) {
    static auto* const real = next<int(int)>("close");
    if (fd >= 0 && fd < kDescriptors) on_wall_clock[static_cast<std::size_t>(fd)] = false;
    return real(fd);
}

}  // extern "C"
