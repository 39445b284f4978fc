// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/failures.h"

#include <algorithm>
#include <cstring>

#include "resolver/cache/entry.h"
#include "resolver/cache/suffix.h"

namespace cenote::cache {

bool Failures::Slot::holds(std::uint32_t key_fingerprint, const Key& key) const noexcept {
    const auto asked = key.name.wire();
    return fingerprint == key_fingerprint && name_size == asked.size() &&
           type == static_cast<std::uint16_t>(key.type) && rr_class == static_cast<std::uint16_t>(key.rr_class) &&
           key_flags == cache::key_flags(key) && std::memcmp(name.data(), asked.data(), asked.size()) == 0;
}

const Failures::Slot* Failures::find(std::uint32_t fingerprint, const Key& key, Ticks now) const noexcept {
    if (now >= last_until_) return nullptr;
    for (const Slot& slot : set_of(fingerprint)) {
        if (slot.holds(fingerprint, key)) return now < slot.until ? &slot : nullptr;
    }
    return nullptr;
}

void Failures::add(std::uint32_t fingerprint, const Key& key, wire::EdeCode code, seconds first_life,
                   Ticks now) noexcept {
    const auto set = set_of(fingerprint);
    auto slot = std::find_if(set.begin(), set.end(), [&](const Slot& s) { return s.holds(fingerprint, key); });
    if (slot != set.end() && now < slot->until) return;  // the same failure, reported by another worker

    const bool again = slot != set.end() && now - slot->until < kLongest;
    if (slot == set.end()) {
        slot = std::min_element(set.begin(), set.end(), [](const Slot& a, const Slot& b) { return a.until < b.until; });
        slot->fingerprint = fingerprint;
        slot->type = static_cast<std::uint16_t>(key.type);
        slot->rr_class = static_cast<std::uint16_t>(key.rr_class);
        slot->key_flags = cache::key_flags(key);
        slot->name_size = static_cast<std::uint8_t>(key.name.wire().size());
        std::memcpy(slot->name.data(), key.name.wire().data(), slot->name_size);
    }
    slot->doublings = again ? static_cast<std::uint8_t>(std::min(slot->doublings + 1, 9)) : std::uint8_t{0};
    slot->code = code;
    slot->until = now + std::min(std::max(first_life, seconds{1}) * (1 << slot->doublings), kLongest);
    last_until_ = std::max(last_until_, slot->until);
}

void Failures::forget(std::uint32_t fingerprint, const Key& key) noexcept {
    if (last_until_ == Ticks{}) return;
    for (Slot& slot : set_of(fingerprint)) {
        if (slot.holds(fingerprint, key)) slot = Slot{};
    }
}

void Failures::erase(const wire::Name& name, bool below) noexcept {
    for (Slot& slot : slots_) {
        if (slot.name_size == 0) continue;
        if (is_covered(ByteView(slot.name).first(slot.name_size), name, below)) slot = Slot{};
    }
}

std::span<Failures::Slot> Failures::set_of(std::uint32_t fingerprint) const noexcept {
    const auto sets = slots_.size() / kWays;
    return slots_.subspan(((fingerprint * sets) >> 32) * kWays, kWays);
}

}  // namespace cenote::cache
