// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/proof_command.h"

#include <fmt/format.h>

#include "resolver/daemon/responses.h"

namespace cenote::daemon {

using control::Json;
using control::Response;

Response save_proof(Running& running, const control::Peer& peer, const control::Request& request) {
    if (!peer.may_approve)
        return fail(
            fmt::format("{} may not save a proof: be root or in a group of [control].approvers or "
                        "[control].admins",
                        peer.actor));
    const std::string directive = text_in(request, "directive");
    if (policy::find_directive(running.enforcement().policy().options(), directive) == nullptr)
        return fail(fmt::format("there is no directive '{}'; 'cenote directives' shows them", directive));
    const auto result = request.args.find("result");
    if (result == request.args.end()) return fail("'result' is missing");
    if (auto checked = report::check_proof(*result); !checked) return fail(checked.error().text);
    state::Record record = record_of(peer, request, std::string(report::kProofAction));
    record.object = directive;
    record.after = result->dump(-1, ' ', false, Json::error_handler_t::replace);
    if (record.after.size() > report::kProofTextMax)
        return fail(
            fmt::format("the result of a proof is longer than {} bytes; save fewer rows of it", report::kProofTextMax));
    auto proof = report::read_proof(record.after);
    if (!proof) return fail(proof.error().text);
    proof->directive = directive;
    proof->at = record.at;
    if (auto written = running.record(std::move(record)); !written) return fail(written.error().text);
    running.open_requests().proofs.note(std::move(*proof));
    return done(Json::object());
}

}  // namespace cenote::daemon
