// SPDX-License-Identifier: Apache-2.0
//
// audit: the trail of who changed what, read from a copy of the state file.
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/report/records.h"
#include "tools/cenote/print.h"
#include "tools/cenote/state_copy.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct AuditFlags {
    std::string since, until, directive, head;
    bool verify = false;
    bool json = false;
};

/// Records of a directive, and of exceptions from it.
bool is_about(const state::Record& record, const std::string& directive) {
    if (record.object == directive) return true;
    const std::string line = fmt::format("\ndirective = \"{}\"\n", directive);
    return record.action.starts_with("exception ") && record.after.find(line) != std::string::npos;
}

/// Records of other nodes are shown only with the history of one directive, records of a backup always.
bool is_wanted(const AuditFlags& flags, const std::string& origin, const state::Record& record) {
    const bool own = origin.empty() || state::is_backup_node(origin);
    if (flags.directive.empty() ? !own : !is_about(record, flags.directive)) return false;
    return (flags.since.empty() || record.at >= parse_time(flags.since).value()) &&
           (flags.until.empty() || record.at < parse_time(flags.until).value());
}

Exit verify(const Path& copy, const std::string& head) {
    const auto all = state::read_history(copy);
    if (!all) return fail(all.error());
    const auto breaks = state::find_breaks(*all, head);
    for (const auto& each : breaks) fail(Error{each});
    if (!breaks.empty()) return Exit::Failed;
    std::size_t own = 0;
    std::size_t of_backups = 0;
    std::string last = state::kNoHead;
    for (const auto& [node, record] : *all) {
        if (state::is_backup_node(node)) ++of_backups;
        if (!node.empty()) continue;
        ++own;
        last = record.chain;
    }
    fmt::print("{} records, none altered, removed or moved; head {}\n", own, last);
    if (of_backups > 0) fmt::print("also {} records from backups, as they are there\n", of_backups);
    return Exit::Done;
}

Exit audit(Session& session, const AuditFlags& flags) {
    const auto settings = session.settings();
    if (!settings) return fail(settings.error());
    const auto copy = StateCopy::of((*settings)->state);
    if (!copy) return fail(copy.error());
    if (flags.verify) return verify(copy->file(), flags.head);
    const auto records = state::read_history(copy->file());
    if (!records) return fail(records.error());
    Json rows = Json::array();
    Table table({"NUMBER", "AT", "WHO", "WHAT", "OF", "FOR", "REF", "NOTE"});
    for (const auto& [origin, record] : *records) {
        if (!is_wanted(flags, origin, record)) continue;
        const std::string& node = origin.empty() ? (*settings)->node : origin;
        Json row = report::record_json(record, node);
        row[report::field::kId] = record.number;
        rows.push_back(std::move(row));
        table.add({origin.empty() ? std::to_string(record.number) : fmt::format("{} {}", node, record.number),
                   session.at_site(format_time(record.at)), record.actor, record.action, record.object,
                   record.requester, record.ref, session.at_site(record.note)});
    }
    flags.json ? print_json(rows) : table.print();
    return Exit::Done;
}

}  // namespace

void add_audit(Verbs& verbs) {
    CLI::App* verb = verbs.add("audit", "Who changed what, when and why; --verify checks that the trail is complete");
    const auto flags = std::make_shared<AuditFlags>();
    verb->add_option("--since", flags->since, "From this time on")->type_name("TIME")->check(check_time);
    verb->add_option("--until", flags->until, "Before this time")->type_name("TIME")->check(check_time);
    verb->add_option("--directive", flags->directive, "Of this directive only")->type_name("ID");
    auto* verify = verb->add_flag("--verify", flags->verify, "Find records that were altered, removed or moved");
    verb->add_option("--head", flags->head, "A head noted earlier: finds a cut end, or a trail written anew")
        ->type_name("HASH")
        ->needs(verify);
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return audit(session, *flags); });
}

}  // namespace cenote::cli
