// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/mapping_guard.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace cenote {
namespace {

constexpr std::size_t kMappingsMax = 256;

struct GuardedMapping {
    std::atomic<bool> taken{false};
    std::atomic<bool> lost{false};
    std::atomic<std::uintptr_t> begin{0};  // 0: not in use yet
    std::atomic<std::uintptr_t> end{0};
};

std::array<GuardedMapping, kMappingsMax> table;
std::atomic<int> lost_fd{-1};

/// From the page of `at` to the end, because after a truncation everything beyond is missing too.
bool put_zeros(const GuardedMapping& row, std::uintptr_t at) noexcept {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t from = at & ~(page - 1);
    const std::size_t size = row.end.load() - from;
    return ::mmap(reinterpret_cast<void*>(from), size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
           MAP_FAILED;
}

/// Uses only what is safe in a signal handler: atomics and system calls.
void on_bus_error(int, siginfo_t* info, void*) noexcept {
    const int before = errno;
    const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (GuardedMapping& row : table) {
        const std::uintptr_t begin = row.begin.load();
        if (begin == 0 || at < begin || at >= row.end.load() || !put_zeros(row, at)) continue;
        row.lost.store(true);
        ::eventfd_write(lost_fd.load(), 1);
        errno = before;
        return;
    }
    ::signal(SIGBUS, SIG_DFL);  // the access is repeated, and ends the process
}

void install() noexcept {
    static const bool kInstalled = [] {
        lost_fd.store(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        struct sigaction action {};
        action.sa_sigaction = on_bus_error;
        action.sa_flags = SA_SIGINFO;
        return ::sigaction(SIGBUS, &action, nullptr) == 0;
    }();
    static_cast<void>(kInstalled);
}

GuardedMapping* find(ByteView mapping) noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(mapping.data());
    for (GuardedMapping& row : table)
        if (begin != 0 && row.begin.load() == begin) return &row;
    return nullptr;
}

}  // namespace

bool guard_mapping(ByteView mapping) noexcept {
    install();
    for (GuardedMapping& row : table) {
        if (row.taken.exchange(true)) continue;
        row.lost.store(false);
        const auto begin = reinterpret_cast<std::uintptr_t>(mapping.data());
        row.end.store(begin + mapping.size());
        row.begin.store(begin);
        return true;
    }
    return false;
}

void release_mapping(ByteView mapping) noexcept {
    GuardedMapping* row = find(mapping);
    if (row == nullptr) return;
    row->begin.store(0);
    row->taken.store(false);
}

bool is_mapping_lost(ByteView mapping) noexcept {
    const GuardedMapping* row = find(mapping);
    return row != nullptr && row->lost.load();
}

int lost_mappings_fd() noexcept {
    install();
    return lost_fd.load();
}

}  // namespace cenote
