// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/proofs.h"

namespace cenote::daemon {
namespace {

std::optional<report::LastProof> last_of(const std::string& directive, const state::StateReader& archive) {
    std::optional<report::LastProof> last;
    const auto records = archive.records_of(directive);
    if (!records) return last;
    for (const auto& [node, record] : *records) {
        if (record.action != report::kProofAction || !node.empty()) continue;
        auto proof = report::read_proof(record.after);
        if (!proof) continue;
        proof->directive = directive;
        proof->at = record.at;
        last = std::move(*proof);
    }
    return last;
}

}  // namespace

void Proofs::note(report::LastProof proof) {
    std::string directive = proof.directive;
    by_directive_.insert_or_assign(std::move(directive), std::move(proof));
}

std::vector<report::LastProof> Proofs::of(const policy::Policy& policy, const state::StateReader& archive) {
    std::vector<report::LastProof> found;
    for (const policy::Directive& directive : policy.options().directives) {
        const auto at = by_directive_.find(directive.id);
        const auto& proof =
            at != by_directive_.end() ? at->second : by_directive_[directive.id] = last_of(directive.id, archive);
        if (proof) found.push_back(*proof);
    }
    return found;
}

}  // namespace cenote::daemon
