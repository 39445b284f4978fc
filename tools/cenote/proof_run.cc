// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/proof_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "resolver/base/random.h"
#include "resolver/base/time_text.h"
#include "resolver/proof/channel.h"
#include "resolver/report/fields.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/proof_explained.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler writes it

/// Ctrl-C ends a proof early while one of these exists, and not the program.
class Interruptible {
public:
    Interruptible() {
        struct sigaction action {};
        action.sa_handler = [](int) { interrupted.store(true); };
        ::sigaction(SIGINT, &action, &before_);
    }
    ~Interruptible() { ::sigaction(SIGINT, &before_, nullptr); }
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

private:
    struct sigaction before_ {};
};

/// Counts the checks on a terminal, a few times a second.
class Progress {
public:
    explicit Progress(std::string id) : id_(std::move(id)), shown_(::isatty(STDERR_FILENO) == 1) {}
    ~Progress() {
        if (last_ != Ticks{}) fmt::print(stderr, "\r\x1b[K");
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::uint64_t checks) {
        constexpr milliseconds kPause{200};
        if (!shown_ || ticks_now() - last_ < kPause) return;
        last_ = ticks_now();
        fmt::print(stderr, "\r{}: {} checks", id_, checks);
        std::fflush(stderr);
    }

private:
    std::string id_;
    bool shown_;
    Ticks last_{};
};

/// Why a directive that the policy does not have cannot be proved.
Error not_there(Session& session, const std::string& id, const std::vector<std::string>& known) {
    const auto all = session.ask("directives", {{"all", true}});
    if (all)
        for (const Json& row : *all)
            if (cell(row, field::kId) == id && cell(row, field::kState) == "lifted") {
                const std::string deed = deed_text(session, row, field::kEnded);
                return Error{fmt::format("directive '{}' was lifted{}{}; there is nothing to prove", id,
                                         deed.empty() ? "" : ": ", deed)};
            }
    return no_such_word("directive", id, known);
}

Error not_in_force(Session& session, const policy::Directive& directive, policy::DirectiveState state) {
    if (state == policy::DirectiveState::Planned)
        return Error{session.at_site(fmt::format("directive '{}' is planned: it is in force from {} on; prove it then",
                                                 directive.id, format_time(directive.starts.value_or(WallTime()))))};
    return Error{session.at_site(fmt::format("directive '{}' has lapsed{}; there is nothing to prove", directive.id,
                                             directive.ends ? " at " + format_time(*directive.ends) : ""))};
}

/// "33d1…" of "version 17 rules 33d1… digest 5b0c…"; empty: it has none.
std::string rules_in(const std::string& policy) {
    constexpr std::string_view kRules = "rules ";
    const auto at = policy.find(kRules);
    if (at == std::string::npos) return {};
    return policy.substr(at + kRules.size(), policy.find(' ', at + kRules.size()) - at - kRules.size());
}

/// Each node once, with its policy. One that has other rules than the daemon deviates.
void compare_policies(const proof::ProofResult& result, ProvedDirective& proved) {
    for (const proof::LaneResult& lane : result.lanes) {
        const std::string node = lane.node.to_string();
        auto found = std::ranges::find(proved.nodes, node, &ProvedNode::node);
        if (found == proved.nodes.end())
            found = proved.nodes.insert(proved.nodes.end(), {node, lane.client.to_string(), {}});
        if (found->policy.empty()) found->policy = lane.policy;
    }
    for (const ProvedNode& node : proved.nodes) {
        const std::string rules = rules_in(node.policy);
        const bool answered = std::ranges::any_of(result.lanes, [&](const proof::LaneResult& lane) {
            return lane.node.to_string() == node.node && lane.checks > 1;
        });
        if (!answered || (!rules.empty() && proved.policy.starts_with(rules))) continue;
        ++proved.deviations;
        proved.rows.insert(proved.rows.begin(),
                           {.node = node.node,
                            .name = "policy.cenote",
                            .type = "TXT",
                            .transport = proved.transports.front(),
                            .variant = "class CH",
                            .expected = "rules " + proved.policy.substr(0, std::max(rules.size(), std::size_t{16})),
                            .got = rules.empty() ? "no digest of rules" : "rules " + rules,
                            .errors = {}});
    }
    if (proved.rows.size() > proof::kRowsMax) proved.rows.resize(proof::kRowsMax);
}

/// What the lanes say beside their figures.
void add_remarks(const proof::ProofResult& result, std::size_t names, ProvedDirective& proved) {
    std::set<std::string> said;
    const auto say = [&](std::string text) {
        if (said.insert(text).second) proved.remarks.push_back(std::move(text));
    };
    for (const proof::LaneResult& lane : result.lanes) {
        const std::string node = lane.node.to_string();
        if (!lane.given_up.empty())
            say(fmt::format("{} by {} was given up after {}: {}", node, transport_to_text(lane.transport),
                            lane.checks == 1 ? "1 check" : fmt::format("{} checks", lane.checks), lane.given_up));
        if (lane.left_out != 0)
            say(fmt::format("what goes upstream was asked for {} of {} names", proof::Plan::kOpenNamesMax,
                            proof::Plan::kOpenNamesMax + lane.left_out));
        if (result.ended_early)
            say(fmt::format("{} by {} was ended at name {} of {}", node, transport_to_text(lane.transport), lane.names,
                            names));
    }
    if (proved.unresolved != 0)
        say(fmt::format("{} answers were SERVFAIL at names that stay open: the node could not resolve them",
                        proved.unresolved));
}

std::string digest_of(const proof::ProofResult& result, const ProvedDirective& proved) {
    std::string text = fmt::format("cenote proof 1\n{}\n{}\n", proved.id, proved.policy);
    for (const proof::LaneResult& lane : result.lanes)
        text += fmt::format("{} {} {} {}\n", lane.node.to_string(), transport_to_text(lane.transport),
                            lane.client.to_string(), to_hex(lane.digest));
    for (const proof::Deviation& row : proved.rows)
        text += fmt::format("{} {} {} {} {} {} | {}\n", row.node, row.transport, row.name, row.type, row.variant,
                            row.expected, row.got);
    text += fmt::format("{} {} {}\n", proved.checks, proved.deviations, proved.explained);
    return to_hex(sha256(bytes_of(text)));
}

/// A node is asked over TLS and HTTPS at the port that the daemon's own node has, on the same address where it has one
/// there.
SocketAddress where(const SocketAddress& node, proof::Transport transport, const ProofWish& wish) {
    const std::vector<SocketAddress>& listeners = wish.listeners(transport);
    if (listeners.empty()) return node;
    SocketAddress at = node;
    const auto same = std::ranges::find(listeners, node.ip, &SocketAddress::ip);
    at.port = same != listeners.end() ? same->port : listeners.front().port;
    return at;
}

/// The lanes to the nodes that this host may ask as a client of the directive, and of the group.
Result<std::vector<proof::Asked>> lanes_of(const proof::Plan& plan, const ProofWish& wish, ProvedDirective& proved) {
    std::vector<proof::Asked> lanes;
    std::set<IpAddress> outside;
    for (const SocketAddress& node : wish.nodes) {
        const auto client = proof::own_address_to(node);
        if (!client) return Error{fmt::format("cannot ask {}: {}", node.to_string(), client.error().text)};
        if (!plan.covers(*client) || !is_in_group(plan.policy(), wish.group, *client)) {
            outside.insert(*client);
            continue;
        }
        for (const proof::Transport transport : wish.transports)
            lanes.push_back({node, where(node, transport, wish), *client, transport});
    }
    for (const IpAddress& client : outside)
        proved.remarks.push_back(fmt::format("not asked as {}, the address of this host: it is {}", client.to_string(),
                                             plan.covers(client)
                                                 ? fmt::format("no client of group {}", wish.group)
                                                 : fmt::format("in no group of directive {}", proved.id)));
    return lanes;
}

Result<ProvedDirective> prove_once(Session& session, const proof::Plan& plan, const ProofWish& wish,
                                   const std::string& rules) {
    ProvedDirective proved;
    proved.id = plan.directive().id;
    proved.step = policy::step_to_text(plan.policy().step_of(plan.directive_index()));
    proved.names = plan.names().size();
    proved.policy = rules;
    const auto lanes = lanes_of(plan, wish, proved);
    if (!lanes) return lanes.error();
    Progress progress(proved.id);
    proof::ProofResult result =
        proof::prove(plan, *lanes, {}, interrupted, [&](std::uint64_t checks) { progress.show(checks); });
    proved.checks = result.checks();
    proved.deviations = result.deviations();
    proved.unresolved = result.unresolved();
    proved.rows = std::move(result.rows);
    proved.ended_early = result.ended_early;
    if (!lanes->empty())
        for (const proof::Transport transport : wish.transports)
            proved.transports.emplace_back(transport_to_text(transport));
    compare_policies(result, proved);
    if (!proved.ended_early)
        if (auto explained = explain_others(session, plan, {wish.group, *lanes}, interrupted, proved); !explained)
            return explained.error();
    add_remarks(result, proved.names, proved);
    proved.digest = digest_of(result, proved);
    return proved;
}

}  // namespace

const std::vector<SocketAddress>& ProofWish::listeners(proof::Transport transport) const {
    static const std::vector<SocketAddress> kNone;
    switch (transport) {
        case proof::Transport::Tls: return tls;
        case proof::Transport::Https: return https;
        case proof::Transport::Udp:
        case proof::Transport::Tcp: break;
    }
    return kNone;
}

Result<std::vector<std::string>> directives_in_force(Session& session) {
    const auto in_force = session.policy_in_force(wall_now());
    if (!in_force) return in_force.error();
    std::vector<std::string> ids;
    const auto& directives = in_force->policy->options().directives;
    for (std::uint32_t i = 0; i < directives.size(); ++i)
        if (in_force->policy->state_of(i) == policy::DirectiveState::InForce) ids.push_back(directives[i].id);
    if (ids.empty()) return Error{"no directive is in force; there is nothing to prove"};
    return ids;
}

Result<proof::Plan> plan_of(Session& session, const std::string& id, const std::vector<wire::RrType>& types) {
    const auto in_force = session.policy_in_force(wall_now());
    if (!in_force) return in_force.error();
    if (!in_force->remark.empty()) fmt::print(stderr, "cenote: {}\n", in_force->remark);
    const auto& directives = in_force->policy->options().directives;
    std::vector<std::string> known;
    for (std::uint32_t i = 0; i < directives.size(); ++i) {
        known.push_back(directives[i].id);
        if (directives[i].id != id) continue;
        const auto state = in_force->policy->state_of(i);
        if (state != policy::DirectiveState::InForce) return not_in_force(session, directives[i], state);
        return proof::Plan::make(in_force->policy, i, types, fmt::format("cenote-{:08x}", random_u64() & 0xffffffffU));
    }
    return not_there(session, id, known);
}

Result<ProvedDirective> prove_directive(Session& session, const std::string& id, const ProofWish& wish) {
    constexpr int kRunsMax = 3;
    const Interruptible until_here;
    for (int run = 1;; ++run) {
        const auto before = session.ask("status", Json::object());
        if (!before) return before.error();
        const auto plan = plan_of(session, id, wish.types);
        if (!plan) return plan.error();
        auto proved = prove_once(session, *plan, wish, cell(*before, field::kRulesDigest));
        if (!proved || proved->deviations == 0 || proved->ended_early || run == kRunsMax) return proved;
        const auto after = session.ask("status", Json::object());
        if (!after) return after.error();
        const auto edge = plan->policy().next_edge();
        const bool same = cell(*before, field::kPolicyVersion) == cell(*after, field::kPolicyVersion);
        if (same && (!edge || *edge > wall_now())) return proved;
        fmt::print(stderr, "cenote: the policy changed while names were asked; they are asked again\n");
    }
}

}  // namespace cenote::cli
