// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/entry_log.h"

#include "resolver/base/check.h"

namespace cenote::cache {

bool EntryLog::fits(std::uint32_t units) const noexcept {
    const auto free = capacity_ - (head_ - tail_);
    const auto left = left_before_end();
    return units <= left ? units <= free : left + units <= free;
}

Entry& EntryLog::append(std::uint32_t units) noexcept {
    CENOTE_DCHECK(fits(units));
    if (units > left_before_end()) fill_to_end();
    Entry& entry = entry_at(head_);
    entry.units = units;
    head_ += units;
    return entry;
}

// If the entry does not fit before the end of memory, then it does not lie there either, so all of that is free for
// the filler, and the entry moves down to the start. If it does fit, it moves to where it is or below, or across.
Entry& EntryLog::recycle_tail() noexcept {
    Entry& from = tail_entry();
    const auto units = from.units;
    tail_ += units;
    if (units > left_before_end()) fill_to_end();
    Entry& to = entry_at(head_);
    if (&to != &from) std::memmove(&to, &from, units * kUnit);
    head_ += units;
    return to;
}

void EntryLog::fill_to_end() noexcept {
    const auto left = left_before_end();
    Entry& filler = entry_at(head_);
    filler.units = left;
    filler.flags = 0;
    head_ += left;
}

}  // namespace cenote::cache
