// SPDX-License-Identifier: Apache-2.0
//
// A hit as what keeps or shows it gets it: times of the wall clock, ids instead of keys, the client as [privacy]
// allows.
//
// Threads:  plain values.
// Memory:   the texts are the record's own.
// Failure:  none.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/sinks/options.h"
#include "resolver/telemetry/hit.h"
#include "resolver/telemetry/upstream_query.h"

namespace cenote::sinks {

using std::chrono::microseconds;
using WallMicros = std::chrono::sys_time<microseconds>;

struct HitRecord {
    WallMicros at{};      // when it was answered
    telemetry::Hit hit;   // without the client where the level does not let it be shown
    std::string name;     // in presentation format (RFC 1035 §5.1), folded
    std::string service;  // ids; empty: none. A list has its id here, too
    std::string directive;
    std::string group;
    std::string exception;
    std::string client;    // an address or a pseudonym; empty: not kept
    std::string identity;  // "certificate lab", of a client whose address is kept; empty: none, or not kept
    std::uint32_t policy_version = 0;
    bool of_list = false;  // `service` is the id of a list
};

/// A query to an upstream server. Without a directive it is for sinks of Scope::All alone.
struct UpstreamRecord {
    WallMicros asked{};
    std::optional<WallMicros> answered;  // nullopt: no response was taken
    telemetry::UpstreamQuery query;
    std::string directive;
};

/// Takes hits one after the other, on the thread of the reader.
class HitSink {
public:
    virtual ~HitSink() = default;
    /// Scope::Directives: take() gets no record without a directive.
    [[nodiscard]] virtual Scope scope() const noexcept { return Scope::Directives; }
    virtual void take(const HitRecord& record) = 0;
    /// Which queries to upstream servers take_upstream() gets; nullopt: none.
    [[nodiscard]] virtual std::optional<Scope> upstream_scope() const noexcept { return std::nullopt; }
    virtual void take_upstream(const UpstreamRecord&) {}
    /// After each round of records, some ten times a second also when there were none.
    virtual void end_round(WallTime now) = 0;
};

/// "web", "app"…; empty: the name is in no service.
[[nodiscard]] std::string_view role_to_text(telemetry::RoleNumber role) noexcept;

}  // namespace cenote::sinks
