// SPDX-License-Identifier: Apache-2.0
//
// Numbers that sketches estimate, as a report shows them: with their interval, or hidden where few clients are behind
// them.
//
// An estimate has a standard error of 1.04 / sqrt(1024) of itself. Those of different days are independent, so that the
// error of a sum is the root of the sum of their squares. All is rounded to integers: the only operations on fractions
// are those that IEEE 754 defines exactly, so that every machine gives the same.
//
// Threads: pure.   Memory: values.   Failure: none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/report/values.h"

namespace cenote::assessment {

using control::Json;

inline constexpr double kSketchError = 1.04 / 32;  // of 1,024 registers
inline constexpr double kInterval = 1.96;          // standard errors, for 95 %

class Figure {
public:
    /// Adds an estimate of another day.
    void add(std::uint64_t estimate) noexcept;
    /// How many different clients are behind it at least; the largest counts.
    void note_clients(std::uint64_t clients) noexcept;
    void note_counted() noexcept { counted_ = true; }
    void hide() noexcept { hidden_ = true; }

    [[nodiscard]] std::uint64_t n() const noexcept { return n_; }
    [[nodiscard]] bool is_counted() const noexcept { return counted_; }
    [[nodiscard]] bool is_few(std::uint64_t smallest) const noexcept { return n_ != 0 && clients_ < smallest; }
    [[nodiscard]] bool is_shown(std::uint64_t smallest) const noexcept {
        return counted_ && !hidden_ && !is_few(smallest);
    }
    /// {"n","low","high"}, {"fewer_than"}, {"hidden"}; null: it was not counted.
    [[nodiscard]] Json json(std::uint64_t smallest) const;

private:
    std::uint64_t n_ = 0;
    double squares_ = 0;  // of the estimates
    std::uint64_t clients_ = 0;
    bool counted_ = false;
    bool hidden_ = false;
};

/// Of parts whose sum is shown as well, a single hidden one could be had by subtraction: then the smallest of the
/// others is hidden, too.
void hide_second(std::span<Figure* const> parts, std::uint64_t smallest);

/// In thousandths, rounded; of nothing 0.
[[nodiscard]] std::int64_t permille(std::uint64_t part, std::uint64_t whole) noexcept;
/// What it has grown, in thousandths; null where there was nothing before.
[[nodiscard]] Json change_json(std::uint64_t before, std::uint64_t now);

}  // namespace cenote::assessment
