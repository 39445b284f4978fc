// SPDX-License-Identifier: Apache-2.0
#include "tests/support/allocations.h"

#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CENOTE_TEST_MALLOC_HOOK 1
#endif
#endif

namespace {

constinit thread_local std::uint64_t count = 0;

}  // namespace

#ifdef CENOTE_TEST_MALLOC_HOOK

// ThreadSanitizer of clang has its own operator new, and calls this for each allocation.
extern "C" void __sanitizer_malloc_hook(const volatile void*, std::size_t) { ++count; }
extern "C" void __sanitizer_free_hook(const volatile void*) {}

#else

namespace {

void* counted(std::size_t size) {
    ++count;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}

}  // namespace

// Not inline: g++ 12 takes the two halves of an inlined pair for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return counted(size); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return ++count, std::malloc(size);
}
[[gnu::noinline]] void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return ++count, std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

#endif

namespace cenote::test {

std::uint64_t allocations() noexcept { return count; }

}  // namespace cenote::test
