// SPDX-License-Identifier: Apache-2.0
//
// Lists with their age and last error, as `cenote lists --json` prints them.
//
// Threads: pure, but for read_list_states(), which reads files.
// Time:    an argument.
// Memory:  the answer.
// Failure: none; a list that is in no set, or has no good copy, has null fields.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/report/values.h"

namespace cenote::report {

struct ListState {
    std::string id;
    std::string source;
    std::string format;                    // as detected; empty: it is in no set
    std::optional<std::uint64_t> entries;  // nullopt: it is in no set
    std::optional<WallTime> last_good;     // nullopt: no copy yet
    seconds max_age{};                     // 0: never stale
    std::string error;                     // of the last update; empty: none
    WallTime failed_at{};                  // the time of that update, where there is an error
    bool by_transfer = false;              // a secondary zone
};

/// The configured lists, with the state of their copies beside the set. `set`: nullptr where there is none.
[[nodiscard]] std::vector<ListState> read_list_states(const config::Settings& settings,
                                                      const domainset::DomainSet* set);

/// Whether the last good copy is older than max_age.
[[nodiscard]] bool is_stale(const ListState& list, WallTime now);

[[nodiscard]] Json lists_json(std::span<const ListState> lists, WallTime now);

}  // namespace cenote::report
