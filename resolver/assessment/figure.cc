// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/figure.h"

#include <algorithm>
#include <cmath>

#include "resolver/assessment/fields.h"

namespace cenote::assessment {
namespace {

constexpr std::uint64_t kPermille = 1000;

}  // namespace

void Figure::add(std::uint64_t estimate) noexcept {
    n_ += estimate;
    const auto value = static_cast<double>(estimate);
    squares_ += value * value;
    counted_ = true;
}

void Figure::note_clients(std::uint64_t clients) noexcept { clients_ = std::max(clients_, clients); }

Json Figure::json(std::uint64_t smallest) const {
    if (!counted_) return nullptr;
    if (is_few(smallest)) return {{field::kFewerThan, smallest}};
    if (hidden_) return {{field::kHidden, true}};
    const double error = kInterval * kSketchError * std::sqrt(squares_);
    const auto value = static_cast<double>(n_);
    return {{field::kCount, n_},
            {field::kLow, static_cast<std::int64_t>(std::floor(std::max(0.0, value - error)))},
            {field::kHigh, static_cast<std::int64_t>(std::ceil(value + error))}};
}

void hide_second(std::span<Figure* const> parts, std::uint64_t smallest) {
    std::size_t few = 0;
    Figure* least = nullptr;
    for (Figure* part : parts) {
        if (!part->is_counted() || part->n() == 0) continue;
        if (!part->is_shown(smallest)) {
            ++few;
        } else if (least == nullptr || part->n() < least->n()) {
            least = part;
        }
    }
    if (few == 1 && least != nullptr) least->hide();
}

std::int64_t permille(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0 : static_cast<std::int64_t>((part * kPermille + whole / 2) / whole);
}

Json change_json(std::uint64_t before, std::uint64_t now) {
    if (before == 0) return nullptr;
    return permille(now, before) - static_cast<std::int64_t>(kPermille);
}

}  // namespace cenote::assessment
