// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/proof_explained.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "resolver/report/fields.h"
#include "resolver/wire/typed_name.h"
#include "tools/cenote/print.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::size_t kExplainedMax = 1000;  // names of a group
constexpr std::size_t kOfException = 10;     // names of an exception

const policy::Group* find_group(const policy::Policy& policy, const std::string& id) {
    const auto& groups = policy.options().groups;
    const auto found = std::ranges::find(groups, id, &policy::Group::id);
    return found == groups.end() ? nullptr : &*found;
}

/// A client of the group; nullopt: it has none.
std::optional<IpAddress> client_of(const policy::Policy& policy, const std::string& id) {
    const policy::Group* group = find_group(policy, id);
    if (group == nullptr || group->clients.empty()) return std::nullopt;
    return group->clients.front().ip();
}

class Explainer {
public:
    Explainer(Session& session, const proof::Plan& plan, const std::atomic<bool>& stop, ProvedDirective& proved)
        : session_(session), plan_(plan), stop_(stop), proved_(proved) {}

    /// Explains at most `most` names, and below each where the directive takes that, too. Returns how many names.
    Result<std::size_t> as(const IpAddress& client, std::size_t most) {
        const std::size_t names = std::min(most, plan_.names().size());
        for (std::size_t i = 0; i < names && !stop_.load(); ++i) {
            const auto taken = plan_.names().at(i);
            for (const auto of : {proof::Check::Of::Name, proof::Check::Of::Below}) {
                if (of == proof::Check::Of::Name ? !taken.itself : !taken.below) continue;
                const proof::Check check{.of = of, .name = static_cast<std::uint32_t>(i), .type = 0, .variant = 0};
                if (auto done = one(check, client); !done) return done.error();
            }
        }
        if (proved_.transports.empty() || proved_.transports.back() != "explain")
            proved_.transports.emplace_back("explain");
        return names;
    }

private:
    Status one(const proof::Check& check, const IpAddress& client) {
        const wire::Name name = plan_.question(check).name;
        const auto answer =
            session_.ask("explain", {{field::kName, wire::typed_text(name)}, {field::kClient, client.to_string()}});
        if (!answer) return answer.error();
        const std::string verdict = cell(*answer, field::kVerdict);
        const auto expected = plan_.expectation(check, plan_.policy().classify(client));
        ++proved_.checks;
        ++proved_.explained;
        const bool closed = verdict == "restrict" || verdict == "block";
        const bool closes = plan_.is_sinkholed(check, plan_.policy().classify(client));
        if (verdict != "refused" && (verdict == "local" || closed == closes)) return Done{};
        ++proved_.deviations;
        if (proved_.rows.size() < proof::kRowsMax)
            proved_.rows.push_back({.node = "cenoted",
                                    .name = name.to_string(),
                                    .type = "A",
                                    .transport = "explain",
                                    .variant = "as " + client.to_string(),
                                    .expected = proof::expectation_to_text(expected),
                                    .got = "verdict " + verdict,
                                    .errors = {}});
        return Done{};
    }

    Session& session_;
    const proof::Plan& plan_;
    const std::atomic<bool>& stop_;
    ProvedDirective& proved_;
};

/// The group whose clients are explained; empty: the lanes asked as the client that is meant.
std::string group_to_explain(const proof::Plan& plan, const AskedSoFar& asked) {
    if (!asked.lanes.empty()) return {};
    if (!asked.group.empty()) return asked.group;
    return plan.directive().groups.empty() ? std::string() : plan.directive().groups.front();
}

Status explain_group(Explainer& explainer, const proof::Plan& plan, const std::string& group, ProvedDirective& proved) {
    const auto client = client_of(plan.policy(), group);
    if (!client) {
        proved.remarks.push_back(fmt::format("group {} has no clients by address; nobody can be asked as one", group));
        return Done{};
    }
    if (!plan.covers(*client)) {
        proved.remarks.push_back(fmt::format("directive {} is not for group {}", proved.id, group));
        return Done{};
    }
    const auto names = explainer.as(*client, kExplainedMax);
    if (!names) return names.error();
    proved.remarks.push_back(fmt::format("not asked as that client: cenoted explained {} of {} names as {} of group {}",
                                         *names, proved.names, client->to_string(), group));
    return Done{};
}

Status explain_exception(Explainer& explainer, const proof::Plan& plan, const policy::Exception& exception,
                         const AskedSoFar& asked, ProvedDirective& proved) {
    const auto is_client = [&](const IpAddress& client) {
        return exception.client ? exception.client->contains(client)
                                : is_in_group(plan.policy(), exception.group, client);
    };
    if (std::ranges::any_of(asked.lanes, [&](const proof::Asked& lane) { return is_client(lane.client); })) {
        proved.remarks.push_back(
            fmt::format("exception {} is for this host: its names were asked to be open", exception.id));
        return Done{};
    }
    const auto client = exception.client ? exception.client->ip() : client_of(plan.policy(), exception.group);
    if (!client) return Done{};
    const auto names = explainer.as(*client, kOfException);
    if (!names) return names.error();
    proved.remarks.push_back(fmt::format("exception {}: not asked as that client; cenoted explained {} names as {}",
                                         exception.id, *names, client->to_string()));
    return Done{};
}

}  // namespace

bool is_in_group(const policy::Policy& policy, const std::string& group, const IpAddress& client) {
    if (group.empty()) return true;
    const policy::Group* found = find_group(policy, group);
    return group == "everyone" || (found != nullptr && std::ranges::any_of(found->clients, [&](const Prefix& prefix) {
                                       return prefix.contains(client);
                                   }));
}

Status explain_others(Session& session, const proof::Plan& plan, const AskedSoFar& asked, const std::atomic<bool>& stop,
                      ProvedDirective& proved) {
    Explainer explainer(session, plan, stop, proved);
    if (const std::string group = group_to_explain(plan, asked); !group.empty())
        if (auto done = explain_group(explainer, plan, group, proved); !done) return done;
    const auto& exceptions = plan.policy().options().exceptions;
    for (std::uint32_t i = 0; i < exceptions.size(); ++i)
        if (exceptions[i].directive == proved.id && plan.policy().in_force(i))
            if (auto done = explain_exception(explainer, plan, exceptions[i], asked, proved); !done) return done;
    proved.ended_early = stop.load();
    return Done{};
}

}  // namespace cenote::cli
