// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/histogram.h"

#include <algorithm>
#include <numeric>

namespace cenote::telemetry {

std::uint64_t Histogram::count() const noexcept {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

double Histogram::quantile(double q) const noexcept {
    auto rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count());
    for (std::size_t i = 0; i < kBuckets; ++i) {
        const auto here = static_cast<double>(buckets[i]);
        if (here > 0 && rank <= here) {
            const auto low = i == 0 ? 0.0 : static_cast<double>(bound_us(i - 1));
            return low + (static_cast<double>(bound_us(i)) - low) * rank / here;
        }
        rank -= here;
    }
    return 0;
}

}  // namespace cenote::telemetry
