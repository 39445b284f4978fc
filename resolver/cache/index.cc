// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/index.h"

#include "resolver/base/check.h"

namespace cenote::cache {

void Index::insert(std::uint32_t fingerprint, std::uint32_t location) noexcept {
    CENOTE_DCHECK(size_ < slots_.size() - slots_.size() / 8);
    auto i = home(fingerprint);
    while (at(i).place != 0) i = next(i);
    put(i, {fingerprint, location + 1});
    ++size_;
}

void Index::relocate(std::uint32_t fingerprint, std::uint32_t from, std::uint32_t to) noexcept {
    put(slot_of(fingerprint, from), {fingerprint, to + 1});
}

void Index::erase(std::uint32_t fingerprint, std::uint32_t location) noexcept {
    auto hole = slot_of(fingerprint, location);
    // A slot that follows without a gap moves into the hole, unless that would be before its home.
    auto i = next(hole);
    for (Slot slot = at(i); slot.place != 0; slot = at(i = next(i))) {
        const auto from_home = (i + slots_.size() - home(slot.fingerprint)) % slots_.size();
        const auto from_hole = (i + slots_.size() - hole) % slots_.size();
        if (from_home < from_hole) continue;
        put(hole, slot);
        hole = i;
    }
    put(hole, {});
    --size_;
}

std::size_t Index::slot_of(std::uint32_t fingerprint, std::uint32_t location) const noexcept {
    auto i = home(fingerprint);
    while (at(i).place != location + 1) {
        CENOTE_CHECK(at(i).place != 0);
        i = next(i);
    }
    return i;
}

}  // namespace cenote::cache
