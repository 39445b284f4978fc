// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/looks.h"

#include <fmt/format.h>

#include "resolver/daemon/responses.h"
#include "resolver/report/trail.h"

namespace cenote::daemon {

control::Response may_not_inspect(const control::Peer& peer, std::string_view what) {
    return fail(fmt::format("{} may not see {}: be root or in a group of [control].inspectors", peer.actor, what));
}

telemetry::IdentityLevel identity_level(const Running& running) {
    return running.enforcement().loaded().settings.privacy.identity;
}

std::string subject_text(Running& running, const IpAddress& client) {
    std::string name = running.hit_sinks().name_client(client);
    return name.empty() ? "a client" : name;
}

std::string why_no_clients(Running& running, const control::Peer& peer, const control::Request& request,
                           const std::string& what) {
    if (identity_level(running) == telemetry::IdentityLevel::None)
        return "no client is kept, so that none can be shown: [privacy].identity is \"none\"; \"pseudonym\" or "
               "\"address\" keeps them from then on, with the 'agreement' that allows it";
    if (!peer.may_inspect) return may_not_inspect(peer, "clients").error;
    const auto recorded = record_look(running, peer, request, what);
    return recorded ? std::string() : recorded.error().text;
}

Status record_look(Running& running, const control::Peer& peer, const control::Request& request, std::string what) {
    state::Record record = record_of(peer, request, std::string(report::kLook));
    record.object = std::move(what);
    if (record.note.empty()) record.note = text_in(request, report::field::kPurpose);
    return running.record(std::move(record));
}

}  // namespace cenote::daemon
