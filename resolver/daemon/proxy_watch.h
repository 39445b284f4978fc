// SPDX-License-Identifier: Apache-2.0
//
// Whether proxies are refused for their PROXY headers, which is a mistake of this configuration or of theirs: logged
// when it begins and when it is over, five minutes after the last one.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   some numbers.
// Failure:  none.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "resolver/base/clock.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::daemon {

class ProxyWatch {
public:
    /// To be called every second.
    void look(const telemetry::Hub& hub, Ticks now);
    /// A sentence with the reasons and their numbers since it began; empty: none is refused.
    [[nodiscard]] std::string refused() const;

private:
    static constexpr std::size_t kReasons = 4;
    using Counts = std::array<std::uint64_t, kReasons>;

    Counts before_{};  // when it began
    Counts now_{};
    Ticks last_{};  // one was refused
    bool lasts_ = false;
};

}  // namespace cenote::daemon
