// SPDX-License-Identifier: Apache-2.0
//
// export: the policy in the format of another resolver.
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/transfer/export.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct ExportFlags {
    std::string format;
    std::string group = "everyone";
};

Exit print_export(Session& session, const ExportFlags& flags) {
    const WallTime now = wall_now();
    const auto in_force = session.policy_in_force(now);
    if (!in_force) return fail(in_force.error());
    if (!in_force->remark.empty()) fmt::print(stderr, "cenote: {}\n", in_force->remark);
    const auto of = transfer::policy_of_group(*in_force->policy, flags.group, now);
    if (!of) return fail(of.error());
    const auto made = transfer::export_policy(
        *of, *transfer::parse_export_format(flags.format),
        fmt::format("Cenote: the names sinkholed for {} at {}", flags.group, format_time(now)), now);
    fmt::print("{}", made.text);
    for (const std::string& sentence : made.shortcomings())
        fmt::print(stderr, "cenote: warning: format {}: {}\n", flags.format, sentence);
    return Exit::Done;
}

}  // namespace

void add_export(Verbs& verbs) {
    CLI::App* verb = verbs.add("export", "Print the policy in force in the format of another resolver");
    const auto flags = std::make_shared<ExportFlags>();
    verb->add_option("--format", flags->format, "rpz, hosts, domains, dnsmasq or unbound")
        ->type_name("FORMAT")
        ->required()
        ->check(CLI::IsMember({"rpz", "hosts", "domains", "dnsmasq", "unbound"}));
    verb->add_option("--group", flags->group, "Whose policy")->type_name("GROUP")->capture_default_str();
    verbs.on(verb, [flags](Session& session) { return print_export(session, *flags); });
}

}  // namespace cenote::cli
