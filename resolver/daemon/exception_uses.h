// SPDX-License-Identifier: Apache-2.0
//
// How often exceptions are used: counted by the workers, kept in the state file. Control plane.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   a number for each exception that was used in this run.
// Failure:  a count that cannot be written is logged and written with the next one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/daemon/latest_time.h"
#include "resolver/daemon/rulebook.h"
#include "resolver/rules/exception_document.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::daemon {

/// An exception with what is known of its use.
using UsedException = std::pair<rules::ExceptionDocument, state::Use>;

class ExceptionUses {
public:
    /// All three must outlive it.
    ExceptionUses(Rulebook& rulebook, const telemetry::Hub& hub, const telemetry::Keys& keys)
        : rulebook_(rulebook), hub_(hub), keys_(keys) {}

    /// Writes what was counted since the last call.
    void flush(const ClockReading& now);
    /// An exception, open or closed; nullopt: there is none with this id. flush() first makes its use current.
    [[nodiscard]] Result<std::optional<UsedException>> find_exception(const std::string& id) const;
    /// At most `limit` exceptions, open or closed, behind the one with the id `after`.
    [[nodiscard]] Result<std::vector<UsedException>> page(const std::string& after, std::size_t limit) const;

private:
    Rulebook& rulebook_;
    const telemetry::Hub& hub_;
    const telemetry::Keys& keys_;
    std::map<std::string, std::uint64_t> written_;  // queries of this run, by exception
};

/// "12 queries, first …, last …"
[[nodiscard]] std::string use_to_text(const state::Use& use);

}  // namespace cenote::daemon
