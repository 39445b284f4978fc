// SPDX-License-Identifier: Apache-2.0
//
// The proof of one directive: the plan from what the daemon has in force, the queries to the nodes, and what is not
// asked of them but of the daemon, because this host is not the client.
//
// Threads:  one; it waits for the nodes. Ctrl-C ends it early.
// Memory:   the plan and 200 deviations.
// Failure:  Result with one line: there is no such directive, or none in force; no daemon listens.
#pragma once

#include <string>
#include <vector>

#include "resolver/proof/proof.h"
#include "tools/cenote/session.h"

namespace cenote::cli {

/// What the command line asks for.
struct ProofWish {
    std::vector<SocketAddress> nodes;
    std::vector<SocketAddress> tls;    // where the node of the daemon listens with TLS
    std::vector<SocketAddress> https;  // and with HTTPS
    std::string group;                 // empty: as the client that this host is
    std::vector<wire::RrType> types;
    std::vector<proof::Transport> transports;

    /// Where the node of the daemon listens with this transport; of UDP and TCP nothing: they have the address of a
    /// node.
    [[nodiscard]] const std::vector<SocketAddress>& listeners(proof::Transport transport) const;
};

struct ProvedNode {
    std::string node;
    std::string client;  // the address that asked it
    std::string policy;  // what policy.cenote says; empty: nothing
};

struct ProvedDirective {
    std::string id;
    std::string step;  // now
    std::size_t names = 0;
    std::uint64_t checks = 0;
    std::uint64_t deviations = 0;
    std::uint64_t unresolved = 0;
    std::uint64_t explained = 0;  // checks among them that the daemon explained
    std::vector<ProvedNode> nodes;
    std::vector<std::string> transports;
    std::vector<proof::Deviation> rows;  // the first 200
    std::vector<std::string> remarks;    // what was not asked, and why
    bool ended_early = false;
    std::string policy;  // digest of the rules in force
    std::string digest;  // of the whole result
};

/// The ids of all directives in force.
Result<std::vector<std::string>> directives_in_force(Session& session);
/// The directive as the daemon has it in force, ready to be asked. The Error says why it cannot be proved.
Result<proof::Plan> plan_of(Session& session, const std::string& id, const std::vector<wire::RrType>& types);
/// Where the policy changes meanwhile and an answer deviates, everything is asked again.
Result<ProvedDirective> prove_directive(Session& session, const std::string& id, const ProofWish& wish);

}  // namespace cenote::cli
