// SPDX-License-Identifier: Apache-2.0
//
// A HyperLogLog sketch (Flajolet et al., 2007) of 1,024 registers: an estimate of the number of different clients or
// episodes, some 3 % off. Sketches with the same seed are merged by taking the larger of each register.
//
// Threads:  a plain value.
// Memory:   1 KiB.
// Failure:  none; from_bytes() gives nullopt for what is no sketch.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "resolver/base/bytes.h"
#include "resolver/telemetry/hit.h"

namespace cenote::history {

class Sketch {
public:
    void add(const telemetry::SketchCell& cell) noexcept;
    void merge(const Sketch& other) noexcept;
    [[nodiscard]] std::uint64_t estimate() const noexcept;
    [[nodiscard]] ByteView bytes() const noexcept { return registers_; }
    [[nodiscard]] static std::optional<Sketch> from_bytes(ByteView bytes) noexcept;

    friend bool operator==(const Sketch&, const Sketch&) noexcept = default;

private:
    std::array<std::uint8_t, telemetry::kSketchRegisters> registers_{};
};

}  // namespace cenote::history
