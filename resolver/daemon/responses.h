// SPDX-License-Identifier: Apache-2.0
//
// Reading requests and making responses, for every verb of the control socket.
//
// Threads: pure, but for record_of() and own_record(), which read the clock.   Memory: values.   Failure: none.
#pragma once

#include <optional>
#include <string>

#include "resolver/control/control.h"
#include "resolver/report/fields.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

[[nodiscard]] inline control::Response fail(std::string text) {
    return {.ok = false, .more = false, .error = std::move(text), .data = nullptr};
}
[[nodiscard]] inline control::Response done(control::Json data) {
    return {.ok = true, .more = false, .error = {}, .data = std::move(data)};
}

/// A text argument; nullopt when it is absent.
[[nodiscard]] inline std::optional<std::string> text_of(const control::Request& request, const char* key) {
    const auto found = request.args.find(key);
    if (found == request.args.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

/// A text argument; empty when it is absent.
[[nodiscard]] inline std::string text_in(const control::Request& request, const char* key) {
    return text_of(request, key).value_or(std::string());
}

/// The field `notes`: which parts of a typed name were removed.
[[nodiscard]] inline control::Json notes_json(const std::string& note) {
    return note.empty() ? control::Json::array() : control::Json::array({note});
}

/// A record of what the daemon does by itself, now.
[[nodiscard]] inline state::Record own_record(std::string action) {
    state::Record record;
    record.at = wall_now();
    record.actor = "cenoted";
    record.action = std::move(action);
    return record;
}

/// The audit record of a request: its time and actor, and the reasons it gives.
[[nodiscard]] inline state::Record record_of(const control::Peer& peer, const control::Request& request,
                                             std::string action) {
    namespace field = report::field;
    state::Record record;
    record.at = wall_now();
    record.actor = peer.actor;
    record.action = std::move(action);
    record.requester = text_in(request, field::kRequester);
    record.ref = text_in(request, field::kRef);
    record.note = text_in(request, field::kNote);
    return record;
}

}  // namespace cenote::daemon
