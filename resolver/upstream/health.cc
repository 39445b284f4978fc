// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/health.h"

#include <algorithm>

namespace cenote::upstream {

namespace {

constexpr milliseconds kPatienceMin{200};
constexpr milliseconds kPatienceMax{400};
constexpr milliseconds kRttMax{2000};
constexpr milliseconds kUseless{1000};  // a response later than this does not make the server healthy
constexpr seconds kProbeSick{1};
constexpr seconds kMeasureAgain{10};

}  // namespace

void Health::answered(Ticks::duration rtt, Ticks now) noexcept {
    rtt = std::max<Ticks::duration>(rtt, std::chrono::microseconds(1));
    // RFC 6298 §2: seven parts of the old value and one of the new; only the new one after an outage.
    rtt_ = rtt_ == Ticks::duration::zero() || losses_ > 0 ? rtt : (rtt_ * 7 + rtt) / 8;
    measured_at_ = judged_at_ = now;
    if (rtt >= kUseless) return;
    losses_ = 0;
    has_answered_ = true;
}

void Health::unreachable(Ticks now) noexcept {
    lost(now);
    losses_ = kLossesMax;
}

void Health::lost(Ticks now) noexcept {
    judged_at_ = now;
    ++failures_;
    losses_ = std::min(losses_ + 1, kLossesMax);
    rtt_ = std::min<Ticks::duration>(std::max<Ticks::duration>(rtt_, kPatienceMin) * 2, kRttMax);
}

Ticks::duration Health::patience() const noexcept {
    if (rtt_ == Ticks::duration::zero()) return kPatienceMax;
    return std::clamp<Ticks::duration>(rtt_ * 2, kPatienceMin, kPatienceMax);
}

bool Health::probe_due(bool watched, Ticks now) const noexcept {
    if (!healthy()) return now - probed_at_ >= kProbeSick;
    return watched && now - std::max(measured_at_, probed_at_) >= kMeasureAgain;
}

}  // namespace cenote::upstream
