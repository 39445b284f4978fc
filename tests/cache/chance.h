// SPDX-License-Identifier: Apache-2.0
//
// The yardstick of eviction: a cache that evicts at random, and queries with names by Zipf's law.
#pragma once

#include <cmath>
#include <random>
#include <unordered_set>
#include <vector>

#include "tests/cache/answers.h"

namespace cenote::cache {

/// Evicts at random, with the same bytes for entries and none for tables.
class RandomCache {
public:
    explicit RandomCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    [[nodiscard]] bool lookup(std::uint32_t name) const { return names_.count(name) != 0; }
    void store(std::uint32_t name, const Answer& answer) {
        const std::uint64_t bytes = (32 + answer.message.size() + 15) / 16 * 16;
        while (used_ + bytes > bytes_max_) {
            const auto victim = random_() % held_.size();
            used_ -= held_[victim].second;
            names_.erase(held_[victim].first);
            held_[victim] = held_.back();
            held_.pop_back();
        }
        used_ += bytes;
        held_.emplace_back(name, bytes);
        names_.insert(name);
    }

private:
    std::uint64_t bytes_max_;
    std::uint64_t used_ = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> held_;
    std::unordered_set<std::uint32_t> names_;
    std::mt19937 random_{5};  // NOLINT: the same run every time
};

/// Ranks drawn by Zipf's law with exponent 1: inverse of the harmonic sum's continuous form.
class Zipf {
public:
    explicit Zipf(std::uint32_t count) : count_(count) {}
    std::uint32_t operator()() {
        const auto u = static_cast<double>(random_()) / static_cast<double>(std::mt19937::max());
        return static_cast<std::uint32_t>(std::pow(static_cast<double>(count_), u)) - 1;
    }

private:
    std::uint32_t count_;
    std::mt19937 random_{11};  // NOLINT: the same run every time
};

}  // namespace cenote::cache
