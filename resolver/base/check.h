// SPDX-License-Identifier: Apache-2.0
//
// Assertions that stop the process: CENOTE_CHECK always, CENOTE_DCHECK in debug and sanitizer builds. They are for bugs
// of this program only, never for hostile input (count it) or a broken environment (return a Result).
//
// Threads:  any.
// Memory:   none.
// Failure:  a line on stderr, then abort().
#pragma once

namespace cenote {

[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace cenote

#define CENOTE_CHECK(condition)                                               \
    (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) \
                                                       : ::cenote::check_failed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define CENOTE_DCHECK(condition) static_cast<void>(sizeof(static_cast<bool>(condition)))
#else
#define CENOTE_DCHECK(condition) CENOTE_CHECK(condition)
#endif
