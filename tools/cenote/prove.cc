// SPDX-License-Identifier: Apache-2.0
//
// prove: asks every name of a directive, by every type, variant and transport, on every node.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "resolver/proof/channel.h"
#include "resolver/report/fields.h"
#include "resolver/report/proof_record.h"
#include "resolver/wire/message.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/proof_run.h"
#include "tools/cenote/proof_script.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::uint16_t kDnsPort = 53;

struct ProveFlags {
    std::string directive;
    std::vector<std::string> nodes;
    std::string group;
    std::vector<std::string> types;
    std::vector<std::string> transports;
    bool save = false;
    bool script = false;
    bool json = false;
    Why why;
};

std::string check_node(const std::string& text) {
    return SocketAddress::parse(text, kDnsPort)
               ? ""
               : fmt::format("'{}' is no address; write 192.0.2.53 or [2001:db8::1]:53", text);
}

/// An address of this host for one that stands for all of them.
SocketAddress reachable(SocketAddress node) {
    if (node.ip.is_unspecified()) node.ip = *IpAddress::parse(node.ip.is_v4() ? "127.0.0.1" : "::1");
    return node;
}

/// The nodes on the command line, or the addresses on which the running node listens.
Result<std::vector<SocketAddress>> nodes_of(const Json& status, const ProveFlags& flags) {
    std::vector<SocketAddress> nodes;
    const bool named = !flags.nodes.empty();
    const Json listen = status.value(field::kListen, Json::array());
    std::vector<std::string> texts = flags.nodes;
    for (const Json& each : listen)
        if (!named) texts.push_back(each.get<std::string>());
    for (const std::string& text : texts) {
        const auto parsed = SocketAddress::parse(text, kDnsPort);
        if (!parsed) return Error{check_node(text)};
        const SocketAddress node = reachable(*parsed);
        if (std::ranges::find(nodes, node) == nodes.end())
            nodes.push_back(node);
        else if (named)
            return Error{fmt::format("node {} is given twice", node.to_string())};
    }
    if (nodes.empty()) return Error{"cenoted listens on no address; name one with --node"};
    return nodes;
}

/// The addresses of one kind of listeners of the running node.
std::vector<SocketAddress> listeners_in(const Json& status, const char* key) {
    std::vector<SocketAddress> found;
    for (const Json& each : status.value(key, Json::array()))
        if (const auto parsed = SocketAddress::parse(each.get<std::string>(), 0)) found.push_back(reachable(*parsed));
    return found;
}

/// Every transport on which the running node listens, or those of the command line.
Status choose_transports(const Json& status, const ProveFlags& flags, ProofWish& wish) {
    wish.tls = listeners_in(status, "listen_tls");
    wish.https = listeners_in(status, "listen_https");
    for (const proof::Transport transport : proof::kTransports) {
        const std::string_view word = proof::transport_to_text(transport);
        const bool named = std::ranges::find(flags.transports, word) != flags.transports.end();
        const bool plain = transport == proof::Transport::Udp || transport == proof::Transport::Tcp;
        const bool listens = plain || !wish.listeners(transport).empty();
        if (named && !listens)
            return Error{
                fmt::format("cenoted does not listen with {}; see listen_{} in cenote.toml, or leave out "
                            "--transport {}",
                            transport == proof::Transport::Tls ? "TLS" : "HTTPS", word, word)};
        if (named || (flags.transports.empty() && listens)) wish.transports.push_back(transport);
    }
    return Done{};
}

Result<ProofWish> wish_of(Session& session, const ProveFlags& flags) {
    const auto status = session.ask("status", Json::object());
    if (!status) return status.error();
    auto nodes = nodes_of(*status, flags);
    if (!nodes) return std::move(nodes).error();
    ProofWish wish;
    wish.nodes = std::move(*nodes);
    if (auto chosen = choose_transports(*status, flags, wish); !chosen) return std::move(chosen).error();
    if (flags.group != "everyone") wish.group = flags.group;
    for (const wire::RrType type : proof::kTypes)
        if (flags.types.empty() || std::ranges::find(flags.types, wire::type_to_text(type)) != flags.types.end())
            wish.types.push_back(type);
    if (!wish.group.empty()) {
        const auto groups = session.ask("groups", Json::object());
        if (!groups) return groups.error();
        if (auto found = find_row(*groups, wish.group, "group"); !found) return found.error();
    }
    return wish;
}

Json row_json(const proof::Deviation& row) {
    return {{"node", row.node},       {"name", row.name},         {"type", row.type}, {"transport", row.transport},
            {"variant", row.variant}, {"expected", row.expected}, {"got", row.got},   {"ede", row.errors}};
}

Json rows_json(const ProvedDirective& proved) {
    Json rows = Json::array();
    for (const proof::Deviation& row : proved.rows) rows.push_back(row_json(row));
    return rows;
}

Json directive_json(const ProvedDirective& proved) {
    Json nodes = Json::array();
    for (const ProvedNode& node : proved.nodes)
        nodes.push_back({{"node", node.node}, {"client", node.client}, {"policy", node.policy}});
    return {{"directive", proved.id},          {"step", proved.step},
            {"names", proved.names},           {"checks", proved.checks},
            {"deviations", proved.deviations}, {"unresolved", proved.unresolved},
            {"explained", proved.explained},   {"nodes", std::move(nodes)},
            {"transports", proved.transports}, {"policy", proved.policy},
            {"digest", proved.digest},         {"ended_early", proved.ended_early},
            {"remarks", proved.remarks},       {"rows", rows_json(proved)}};
}

void print_directive(Session& session, const ProvedDirective& proved) {
    fmt::print("{} ({}): {} {}, {}\n", proved.id, proved.step, proved.names, proved.names == 1 ? "name" : "names",
               report::proof_sentence(proved.checks, proved.deviations, std::max(proved.nodes.size(), std::size_t{1})));
    for (const proof::Deviation& row : proved.rows)
        print_line(printable(fmt::format("  {} {} {} {} {}: expected {}; got {}", row.node, row.transport, row.name,
                                         row.type, row.variant, row.expected, row.got)),
                   4);
    if (proved.deviations > proved.rows.size()) fmt::print("  and {} more\n", proved.deviations - proved.rows.size());
    for (const std::string& remark : proved.remarks) print_line("  " + session.at_site(printable(remark)), 4);
    std::fflush(stdout);
}

/// The audit trail gets fewer rows where all of them are too long together.
Status save(Session& session, const ProvedDirective& proved, const Why& why) {
    std::vector<std::string> nodes;
    for (const ProvedNode& node : proved.nodes) nodes.push_back(node.node);
    if (nodes.empty()) nodes.emplace_back("cenoted");
    Json result{{"cells", proved.checks},  {"deviations", proved.deviations}, {"nodes", nodes},
                {"digest", proved.digest}, {"names", proved.names},           {"transports", proved.transports},
                {"policy", proved.policy}, {"rows", rows_json(proved)}};
    while (result["rows"].size() > 1 && result.dump().size() > report::kProofTextMax)
        result["rows"].erase(result["rows"].size() - 1);
    Json args{{"directive", proved.id}, {"result", std::move(result)}};
    why.put_into(args);
    const auto saved = session.ask("proof", std::move(args));
    if (!saved) return Error{fmt::format("the proof of {} is not saved: {}", proved.id, saved.error().text)};
    return Done{};
}

struct Totals {
    std::uint64_t checks = 0;
    std::uint64_t deviations = 0;
    bool ended_early = false;
    bool failed = false;  // an error was printed
    Json directives = Json::array();
};

void prove_one(Session& session, const std::string& id, const ProofWish& wish, const ProveFlags& flags,
               Totals& totals) {
    const auto proved = prove_directive(session, id, wish);
    if (!proved) {
        fail(proved.error());
        totals.failed = true;
        return;
    }
    totals.checks += proved->checks;
    totals.deviations += proved->deviations;
    totals.ended_early = totals.ended_early || proved->ended_early;
    if (flags.json)
        totals.directives.push_back(directive_json(*proved));
    else
        print_directive(session, *proved);
    if (!flags.save) return;
    const Status saved = proved->ended_early ? Status(Error{fmt::format("the proof of {} was ended early; it is not "
                                                                        "saved",
                                                                        id)})
                         : proved->checks == 0
                             ? Status(Error{fmt::format("nothing of {} was asked; nothing is saved", id)})
                             : save(session, *proved, flags.why);
    if (saved) return;
    fail(saved.error());
    totals.failed = true;
}

Exit prove(Session& session, const ProveFlags& flags) {
    const auto wish = wish_of(session, flags);
    if (!wish) return fail(wish.error());
    std::vector<std::string> ids{flags.directive};
    if (flags.directive.empty()) {
        auto in_force = directives_in_force(session);
        if (!in_force) return fail(in_force.error());
        ids = std::move(*in_force);
    }
    Totals totals;
    for (const std::string& id : ids) {
        prove_one(session, id, *wish, flags, totals);
        if (totals.ended_early) break;
    }
    if (flags.json)
        print_json({{"checks", totals.checks},
                    {"deviations", totals.deviations},
                    {"ended_early", totals.ended_early},
                    {"directives", std::move(totals.directives)}});
    else if (totals.checks != 0)
        fmt::print("{}{}\n", totals.ended_early ? "ended early: " : "",
                   report::proof_sentence(totals.checks, totals.deviations, wish->nodes.size()));
    if (totals.checks == 0 && !totals.failed)
        return fail(Error{"nothing was asked, and nothing is proved: run it on a host that the directive is for"});
    return totals.deviations == 0 && !totals.ended_early && !totals.failed ? Exit::Done : Exit::Failed;
}

Exit print_script(Session& session, const ProveFlags& flags) {
    const auto status = session.ask("status", Json::object());
    if (!status) return fail(status.error());
    const auto nodes = nodes_of(*status, flags);
    if (!nodes) return fail(nodes.error());
    std::string id = flags.directive;
    if (id.empty()) {
        const auto in_force = directives_in_force(session);
        if (!in_force) return fail(in_force.error());
        id = in_force->front();
    }
    const auto plan = plan_of(session, id, {proof::kTypes.begin(), proof::kTypes.end()});
    if (!plan) return fail(plan.error());
    const auto client = proof::own_address_to(nodes->front());
    if (!client) return fail(client.error());
    const auto script = proof_script(*plan, nodes->front(), *client,
                                     session.at_site(fmt::format("Made at {}.", format_time(wall_now()))));
    if (!script) return fail(script.error());
    fmt::print("{}", *script);
    return Exit::Done;
}

std::set<std::string> words_of_types() {
    std::set<std::string> words;
    for (const wire::RrType type : proof::kTypes) words.insert(wire::type_to_text(type));
    return words;
}

std::set<std::string> words_of_transports() {
    std::set<std::string> words;
    for (const proof::Transport transport : proof::kTransports) words.emplace(proof::transport_to_text(transport));
    return words;
}

}  // namespace

void add_prove(Verbs& verbs) {
    CLI::App* verb =
        verbs.add("prove", "Ask every name of a directive by every type and transport on every node: does it hold?");
    const auto flags = std::make_shared<ProveFlags>();
    verb->add_option("DIRECTIVE", flags->directive, "Its id; by default each one in force")->type_name("");
    verb->add_option("--node", flags->nodes,
                     "A node, as 192.0.2.53 or [2001:db8::1]:53; by default where the daemon listens")
        ->type_name("IP")
        ->allow_extra_args(false)
        ->check(check_node);
    verb->add_option("--group", flags->group, "As a client of this group")->type_name("GROUP")->check(check_group);
    verb->add_option("--type", flags->types, "Only this record type; may be given again")
        ->type_name("TYPE")
        ->allow_extra_args(false)
        ->check(CLI::IsMember(words_of_types()));
    verb->add_option("--transport", flags->transports, "Only this transport; may be given again")
        ->type_name("TRANSPORT")
        ->allow_extra_args(false)
        ->check(CLI::IsMember(words_of_transports()));
    CLI::Option* save = verb->add_flag("--save", flags->save, "Keep the result in the audit trail");
    verb->add_flag("--script", flags->script,
                   "Print a script that asks a few of them with dig, for hosts without Cenote")
        ->excludes(save);
    verb->add_flag("--json", flags->json, "Print JSON");
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) {
        return flags->script ? print_script(session, *flags) : prove(session, *flags);
    });
}

}  // namespace cenote::cli
