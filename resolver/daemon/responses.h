// SPDX-License-Identifier: Apache-2.0
//
// What the verbs of the control socket share.
//
// Threads: pure, but for the clock.   Memory: values.   Failure: none.
#pragma once

#include <optional>
#include <string>

#include "resolver/control/control.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

[[nodiscard]] inline control::Response fail(std::string text) {
    return {.ok = false, .more = false, .error = std::move(text), .data = nullptr};
}
[[nodiscard]] inline control::Response done(control::Json data) {
    return {.ok = true, .more = false, .error = {}, .data = std::move(data)};
}

/// A text argument; nullopt when it is not there.
[[nodiscard]] inline std::optional<std::string> text_of(const control::Request& request, const char* key) {
    const auto found = request.args.find(key);
    if (found == request.args.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

/// A text argument, empty when it is not there.
[[nodiscard]] inline std::string text_in(const control::Request& request, const char* key) {
    return text_of(request, key).value_or(std::string());
}

/// What was taken off a name that was typed, as the field `notes`.
[[nodiscard]] inline control::Json notes_json(const std::string& note) {
    return note.empty() ? control::Json::array() : control::Json::array({note});
}

/// Who does what, when, and why as they say.
[[nodiscard]] inline state::Record record_of(const control::Peer& peer, const control::Request& request,
                                             std::string action) {
    state::Record record;
    record.at = wall_now();
    record.actor = peer.actor;
    record.action = std::move(action);
    record.requester = text_in(request, "requester");
    record.ref = text_in(request, "ref");
    record.note = text_in(request, "note");
    return record;
}

}  // namespace cenote::daemon
