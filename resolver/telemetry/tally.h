// SPDX-License-Identifier: Apache-2.0
//
// A number that one thread writes and any thread reads, without locked instructions and without torn values.
//
// Threads:  add() and raise() by the one writer; load() by any.
// Memory:   the number.
// Failure:  none.
#pragma once

#include <atomic>

namespace cenote::telemetry {

template <typename T>
class Tally {
public:
    void add(T amount) noexcept { value_.store(static_cast<T>(load() + amount), std::memory_order_relaxed); }
    void raise(T value) noexcept {
        if (value > load()) value_.store(value, std::memory_order_relaxed);
    }
    [[nodiscard]] T load() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<T> value_{0};
};

}  // namespace cenote::telemetry
