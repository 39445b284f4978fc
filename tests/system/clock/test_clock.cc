// SPDX-License-Identifier: Apache-2.0
//
// A clock on the wall that a test sets, preloaded into the real programs (LD_PRELOAD).
//
// The file that CENOTE_TEST_CLOCK names holds how many seconds the clock is ahead. When it is written anew, the clock
// is set, and as the kernel does for timers that ask for it (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET), each timer on
// the wall clock becomes readable at once. The monotonic clock goes on as it was.
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

namespace {

constexpr int kDescriptors = 4096;

std::atomic<time_t> ahead{0};
std::array<std::atomic<bool>, kDescriptors> on_wall_clock{};

template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool is_on_wall_clock(int fd) { return fd >= 0 && fd < kDescriptors && on_wall_clock[static_cast<std::size_t>(fd)]; }

void read_file(const char* path) {
    long long seconds = 0;
    FILE* file = std::fopen(path, "re");
    if (file == nullptr) return;
    if (std::fscanf(file, "%lld", &seconds) == 1) ahead = static_cast<time_t>(seconds);
    std::fclose(file);
}

void fire_all() {
    static auto* const settime = next<int(int, int, const itimerspec*, itimerspec*)>("timerfd_settime");
    itimerspec past{};
    past.it_value.tv_sec = 1;
    for (int fd = 0; fd < kDescriptors; ++fd)
        if (is_on_wall_clock(fd)) settime(fd, TFD_TIMER_ABSTIME, &past, nullptr);
}

void* watch(void* path) {
    const int fd = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(fd, static_cast<const char*>(path), IN_CLOSE_WRITE);
    std::array<char, 4096> events{};
    while (read(fd, events.data(), events.size()) > 0) {
        read_file(static_cast<const char*>(path));
        fire_all();
    }
    return nullptr;
}

[[gnu::constructor]] void begin() {
    char* path = std::getenv("CENOTE_TEST_CLOCK");
    if (path == nullptr) return;
    read_file(path);
    pthread_t thread{};
    if (pthread_create(&thread, nullptr, watch, path) == 0) pthread_detach(thread);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
    static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
    const int result = real(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead;
    return result;
}

int gettimeofday(timeval* now, void* zone) noexcept {
    static auto* const real = next<int(timeval*, void*)>("gettimeofday");
    const int result = real(now, zone);
    if (result == 0) now->tv_sec += ahead;
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
    itimerspec shifted = *when;
    if (is_on_wall_clock(fd) && (flags & TFD_TIMER_ABSTIME) != 0 && when->it_value.tv_sec > ahead + 1)
        shifted.it_value.tv_sec -= ahead;
    else if (is_on_wall_clock(fd) && (flags & TFD_TIMER_ABSTIME) != 0)
        shifted.it_value.tv_sec = 1;
    return real(fd, flags, &shifted, before);
}

int close(int fd) {
    static auto* const real = next<int(int)>("close");
    if (fd >= 0 && fd < kDescriptors) on_wall_clock[static_cast<std::size_t>(fd)] = false;
    return real(fd);
}

}  // extern "C"
