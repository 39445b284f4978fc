// SPDX-License-Identifier: Apache-2.0
//
// The state of one upstream server: its round-trip time, whether it answers, what it supports.
//
// Health sorts servers and excludes none. Only silence counts against a server: a response with any rcode shows that it
// is up, and a datagram that does not match shows nothing.
//
// Threads:  one thread. Data plane.
// Time:     the caller passes now.
// Memory:   a plain value.
// Failure:  none.
#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace cenote::upstream {

class Health {
public:
    void asked() noexcept { ++queries_; }
    void answered(Ticks::duration rtt, Ticks now) noexcept;
    /// No response in time, or no connection.
    void lost(Ticks now) noexcept;
    /// Nothing can be sent: this machine has no route, or a firewall of its own forbids it.
    void unreachable(Ticks now) noexcept;

    [[nodiscard]] bool healthy() const noexcept { return losses_ < kLossesMax; }
    /// When the server last answered or failed to answer; zero: it was not asked yet.
    [[nodiscard]] Ticks judged_at() const noexcept { return judged_at_; }
    /// Whether it ever answered in useful time. A healthy one may not have been asked, or only once and in vain.
    [[nodiscard]] bool has_answered() const noexcept { return has_answered_; }
    /// The smoothed round-trip time; zero: not known yet. A loss counts as a long one.
    [[nodiscard]] Ticks::duration rtt() const noexcept { return rtt_; }
    /// How long to wait before the next try.
    [[nodiscard]] Ticks::duration patience() const noexcept;

    /// Whether to send a probe: to an unhealthy server each second; to a `watched` one, whose round-trip time matters,
    /// when it has not been measured for a while.
    [[nodiscard]] bool probe_due(bool watched, Ticks now) const noexcept;
    void probed(Ticks now) noexcept { probed_at_ = now; }

    /// Whether the server has kept the case of QNAME so far, as 0x20 case randomisation needs it.
    [[nodiscard]] bool keeps_case() const noexcept { return case_misses_ < kCaseMissesMax; }
    void case_kept() noexcept {
        if (keeps_case()) case_misses_ = 0;
    }
    void case_lost() noexcept {
        if (keeps_case()) ++case_misses_;
    }

    [[nodiscard]] bool takes_edns(Ticks now) const noexcept { return now >= plain_until_; }
    void refused_edns(Ticks now) noexcept { plain_until_ = now + kPlainFor; }

    [[nodiscard]] std::uint64_t queries() const noexcept { return queries_; }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

private:
    static constexpr std::uint32_t kLossesMax = 3;
    static constexpr std::uint32_t kCaseMissesMax = 2;
    static constexpr seconds kPlainFor{300};

    Ticks::duration rtt_{0};
    Ticks measured_at_{};
    Ticks judged_at_{};
    Ticks probed_at_{};
    Ticks plain_until_{};
    std::uint32_t losses_ = 0;  // consecutive
    bool has_answered_ = false;
    std::uint32_t case_misses_ = 0;
    std::uint64_t queries_ = 0;
    std::uint64_t failures_ = 0;
};

}  // namespace cenote::upstream
