// SPDX-License-Identifier: Apache-2.0
//
// audit: the trail of who changed what.
#include <fmt/format.h>

#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "resolver/report/records.h"
#include "resolver/report/trail.h"
#include "tools/cenote/listings.h"
#include "tools/cenote/print.h"
#include "tools/cenote/trail.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

struct AuditFlags {
    std::uint64_t number = 0;  // 0: all
    std::string since, until, directive, head;
    bool verify = false;
    bool access = false;
    bool json = false;
};

bool is_in_time(const AuditFlags& flags, const state::Record& record) {
    return (flags.since.empty() || record.at >= parse_time(flags.since).value()) &&
           (flags.until.empty() || record.at < parse_time(flags.until).value());
}

/// Records of other nodes are shown only with the history of one directive, records of a backup always.
bool is_of_this_node(const std::string& origin) { return origin.empty() || state::is_backup_node(origin); }

Exit verify(Session& session, const AuditFlags& flags) {
    const auto found = verify_trail(session, flags.head);
    if (!found) return fail(found.error());
    const Json breaks = found->value("breaks", Json::array());
    for (const Json& each : breaks) fail(Error{cell(each)});
    if (!breaks.empty()) return Exit::Failed;
    fmt::print("{} records, none altered, removed or moved; head {}\n", cell(*found, "records"), cell(*found, "head"));
    if (found->value("of_backups", 0) > 0)
        fmt::print("also {} records from backups, as they are there\n", cell(*found, "of_backups"));
    return Exit::Done;
}

/// What a record says beside its sentence: who asked for it, by which letter, and why.
std::string reasons_of(const state::Record& record) {
    std::string text;
    for (const auto& [word, value] : {std::pair("for ", &record.requester), {"ref ", &record.ref}, {"", &record.note}})
        if (!value->empty()) text += fmt::format("{}{}{}", text.empty() ? "" : ", ", word, *value);
    return text.empty() ? text : fmt::format(" ({})", text);
}

Exit print_whole(Session& session, const Trail& trail, bool json) {
    const state::Record& record = trail.records.front().second;
    const Json row = report::numbered_json(record, trail.node);
    if (json) {
        print_json(Json::array({row}));
        return Exit::Done;
    }
    Json shown = row;
    shown["at"] = session.at_site(format_time(record.at));
    shown["sentence"] = session.at_site(report::sentence_of(record));
    shown["note"] = session.at_site(record.note);
    print_fields(shown, {{"record", "id"},
                         {"node", "node"},
                         {"at", "at"},
                         {"who", "actor"},
                         {"what", "sentence"},
                         {"action", "action"},
                         {"of", "object"},
                         {"for", "requester"},
                         {"ref", "ref"},
                         {"note", "note"},
                         {"policy", "policy"},
                         {"chain", "chain"}});
    for (const char* side : {"before", "after"})
        if (!row.value(side, "").empty()) fmt::print("\n{}:\n{}", side, session.toml_at_site(lines(row, side)));
    return Exit::Done;
}

Exit audit(Session& session, const AuditFlags& flags) {
    if (flags.verify) return verify(session, flags);
    const auto trail = flags.number > 0 ? read_record(session, flags.number) : read_trail(session);
    if (!trail) return fail(trail.error());
    if (flags.number > 0) return print_whole(session, *trail, flags.json);
    Json rows = Json::array();
    Table table({"NUMBER", "AT", "WHO", "WHAT"});
    const bool of_one = !flags.directive.empty();
    const auto records = of_one ? report::records_about(trail->records, flags.directive) : trail->records;
    if (of_one && records.empty())
        return fail(no_such_word("record about", flags.directive, report::rule_ids(trail->records)));
    for (const auto& [origin, record] : records) {
        if (!is_in_time(flags, record) || (flags.access && record.action != report::kLook) ||
            (!of_one && !is_of_this_node(origin)))
            continue;
        const std::string& node = origin.empty() ? trail->node : origin;
        rows.push_back(report::numbered_json(record, node));
        table.add({origin.empty() ? std::to_string(record.number) : fmt::format("{} {}", node, record.number),
                   session.at_site(format_time(record.at)), record.actor,
                   session.at_site(report::sentence_of(record) + reasons_of(record))});
    }
    flags.json ? print_json(rows) : table.print();
    return Exit::Done;
}

}  // namespace

void add_audit(Verbs& verbs) {
    CLI::App* verb = verbs.add("audit", "Who changed what, when and why; --verify checks that the trail is complete");
    const auto flags = std::make_shared<AuditFlags>();
    auto* number = verb->add_option("NUMBER", flags->number, "This record, whole")
                       ->type_name("")
                       ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53U));
    verb->add_option("--since", flags->since, "From this time on")->type_name("TIME")->check(check_time);
    verb->add_option("--until", flags->until, "Before this time")->type_name("TIME")->check(check_time);
    verb->add_option("--directive", flags->directive, "Of this directive only")->type_name("ID");
    verb->add_flag("--access", flags->access, "Who looked at clients or single queries")->excludes(number);
    auto* verify = verb->add_flag("--verify", flags->verify, "Find records that were altered, removed or moved");
    verify->excludes(number);
    verb->add_option("--head", flags->head, "A head noted earlier: finds a cut end, or a trail written anew")
        ->type_name("HASH")
        ->needs(verify);
    verb->add_flag("--json", flags->json, "Print JSON");
    verbs.on(verb, [flags](Session& session) { return audit(session, *flags); });
}

}  // namespace cenote::cli
