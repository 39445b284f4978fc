// SPDX-License-Identifier: Apache-2.0
//
// The set in use: which file it is read from, when a newer one has appeared, and what takes its place when it is
// damaged. Control plane.
//
// Threads:  the control thread.
// Memory:   the mapping of the set, shared with every snapshot that has it.
// Failure:  a set that cannot be used is an Error, or Loaded::set_problem where an older one serves instead.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "resolver/daemon/loaded.h"
#include "resolver/loop/loop.h"

namespace cenote::daemon {

/// Opens the set of the settings, or the one before it. `known`: a set that was checked before; a file that it has open
/// already is not read again.
void open_set(Loaded& loaded, SetCheck check, const domainset::DomainSet* known = nullptr);

/// The same configuration and rules with the set that is at its path now. The Error says why the one in use stays.
Result<Loaded> with_newest_set(const Loaded& in_use);

/// The same with any set that can be read now: the one at its path, or the one before it; without a set where neither
/// can be read.
[[nodiscard]] Loaded with_readable_set(const Loaded& in_use);

/// "set 1f0c… catalogue 91ae…", as audit records name the set in use.
[[nodiscard]] std::string set_text(const Loaded& loaded);

class SetSource {
public:
    /// `on_lost`: a part of some mapped set is gone, because its file was cut short or cannot be read any more.
    SetSource(loop::Loop& loop, std::function<void()> on_lost);

    /// Whether the set at `path` is neither the one in use nor one that an earlier call has found: a set that was
    /// refused is found once.
    [[nodiscard]] bool find_newer(const Path& path, const domainset::DomainSet* in_use);

private:
    std::uint64_t last_checksum_ = 0;  // of the set that the last find_newer() saw
    std::optional<loop::Poll> lost_mapping_;
};

}  // namespace cenote::daemon
