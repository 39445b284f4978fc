// SPDX-License-Identifier: Apache-2.0
//
// What is done about a set that turns out to be no good while it is in use.
#include <sys/eventfd.h>

#include "resolver/base/log.h"
#include "resolver/base/mapping_guard.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// What the start did not wait for. A set that was made to deceive goes, and the one before it comes.
void Running::check_set() {
    if (loaded_.base != nullptr && !loaded_.base->check()) replace_set();
}

void Running::on_mapping_lost() {
    eventfd_t count = 0;
    ::eventfd_read(lost_mappings_fd(), &count);
    if (loaded_.base == nullptr) return;
    log::error(
        "a set was cut short while it was in use, or cannot be read any more: it is opened anew; publish sets with "
        "'cenote update', which never changes a file in place");
    state::Record record;
    record.at = wall_now();
    record.actor = "cenoted";
    record.action = "update";
    record.object = loaded_.settings.set.string();
    record.before = set_text(loaded_);
    record.note = "the set in use was damaged";
    replace_set();
    record.after = set_text(loaded_);
    note(std::move(record));
}

/// By what can be read now: the set at its path, or the one before it.
void Running::replace_set() {
    Loaded other = loaded_;
    open_set(other, SetCheck::Now);
    auto next = prepare(std::move(other));
    if (!next) return log::error("{}", next.error().text);
    put_in_force(std::move(*next));
    log_findings(loaded_);
}

}  // namespace cenote::daemon
