// SPDX-License-Identifier: Apache-2.0
//
// What custom mutators share: random choices from the seed that libFuzzer gives, and mutations of a part of an input.
//
// Threads: one.   Memory: the bytes.   Failure: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace cenote::fuzz {

using Bytes = std::vector<std::uint8_t>;

class Choice {
public:
    explicit Choice(unsigned seed) noexcept : random_(seed) {}

    /// Below `count`, which is not 0.
    std::size_t below(std::size_t count) { return random_() % count; }
    bool one_in(std::size_t count) { return below(count) == 0; }

private:
    std::minstd_rand random_;
};

/// The bytes as libFuzzer mutates them, with its dictionary, at most `size_max`.
inline Bytes mutated(Bytes bytes, std::size_t size_max) {
    const std::size_t size = bytes.size() < size_max ? bytes.size() : size_max;
    bytes.resize(size_max);
    if (size_max > 0) bytes.resize(LLVMFuzzerMutate(bytes.data(), size, size_max));
    return bytes;
}

}  // namespace cenote::fuzz
