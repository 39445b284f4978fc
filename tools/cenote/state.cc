// SPDX-License-Identifier: Apache-2.0
//
// state export and import, backup, restore: the rules made at the command line, between nodes and from backups.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "resolver/report/records.h"
#include "resolver/report/seals.h"
#include "resolver/report/trail.h"
#include "resolver/rules/exception_document.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/print.h"
#include "tools/cenote/state_copy.h"
#include "tools/cenote/trail.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr int kFormat = 1;
constexpr std::size_t kBatch = 50;              // rules in one request, which is one line of the control protocol
constexpr std::size_t kImportMax = 256U << 20;  // bytes

/// A record as the export has it; its number has another name there than in `cenote audit`.
Json exported_record(const std::string& node, const state::Record& record) {
    Json row = report::record_json(record, node);
    row[field::kNumber] = record.number;
    return row;
}

Result<Json> rules_of_daemon(Session& session) {
    Json rules = Json::array();
    Json args = Json::object();
    for (;;) {
        auto page = session.ask("state-export", args);
        if (!page) return page;
        for (Json& rule : (*page)["rows"]) rules.push_back(std::move(rule));
        args["after"] = page->value("next", Json(nullptr));
        if (args["after"].is_null()) return rules;
    }
}

Result<Json> rules_of_files(Session& session) {
    const auto settings = session.settings();
    if (!settings) return settings.error();
    if (auto may = check_access_to_state((*settings)->state); !may) return std::move(may).error();
    const auto owner = AsOwner::of((*settings)->state.parent_path());
    if (!owner) return owner.error();
    const auto rules = state::read_rules((*settings)->state);
    if (!rules) return rules.error();
    Json rows = Json::array();
    for (const auto& rule : *rules)
        if (rule.kind != state::RuleKind::Suspension) rows.push_back(report::rule_json(rule));
    return rows;
}

/// Directives, allows and exceptions with the records of their changes. Suspensions and edges are those of this node,
/// and not exported.
Result<Json> exported(Session& session) {
    auto rules = session.daemon_listens() ? rules_of_daemon(session) : rules_of_files(session);
    if (!rules) return rules;
    const auto trail = read_trail(session);
    if (!trail) return trail.error();
    std::map<std::string, Json> history;
    for (const auto& [node, record] : trail->records)
        if (!state::is_backup_node(node) && !report::is_edge(record) && record.action != report::kSeal)
            history.try_emplace(record.object, Json::array())
                .first->second.push_back(exported_record(node.empty() ? trail->node : node, record));
    Json out = {{"cenote_state", kFormat},
                {field::kNode, trail->node},
                {field::kRules, Json::array()},
                {field::kHistory, Json::array()}};
    for (Json& rule : *rules) {
        const auto found = history.find(rule.value(field::kId, ""));
        if (found != history.end())
            for (Json& record : found->second) out[field::kHistory].push_back(std::move(record));
        out[field::kRules].push_back(std::move(rule));
    }
    for (const auto& [node, record] : trail->records)
        if (record.action == report::kSeal && !state::is_backup_node(node))
            out[field::kHistory].push_back(exported_record(node.empty() ? trail->node : node, record));
    return out;
}

Exit export_state(Session& session) {
    const auto out = exported(session);
    if (!out) return fail(out.error());
    print_json(*out);
    return Exit::Done;
}

Result<std::string> read_input(const std::string& file) {
    if (file != "-") return read_file(file, kImportMax);
    std::ostringstream text;
    text << std::cin.rdbuf();
    return text.str();
}

/// Names the rules that the daemon did not take, each with the reason; returns their number.
std::size_t print_left_out(const Json& reply) {
    const Json rows = reply.value(field::kLeftOut, Json::array());
    for (const Json& row : rows)
        fmt::print(stderr, "cenote: left out {}: {}\n", cell(row, field::kId), cell(row, field::kWhy));
    return rows.size();
}

/// The seals of the history that an export has beside its rules.
Status import_seals(Session& session, const Json& read, const Why& why) {
    Json seals = Json::array();
    for (const Json& record : read[field::kHistory])
        if (record.value("action", "") == report::kSeal) seals.push_back(record);
    for (std::size_t first = 0; first < seals.size(); first += kBatch) {
        Json args = {{field::kNode, read.value(field::kNode, "")},
                     {field::kRules, Json::array()},
                     {field::kHistory, Json::array()}};
        why.put_into(args);
        for (std::size_t i = first; i < std::min(first + kBatch, seals.size()); ++i)
            args[field::kHistory].push_back(seals[i]);
        if (const auto done = session.ask("state-import", std::move(args)); !done) return done.error();
    }
    return Done{};
}

Exit import_state(Session& session, const std::string& file, const Why& why) {
    const auto text = read_input(file);
    if (!text) return fail(text.error());
    const Json read = Json::parse(*text, nullptr, false);
    if (!read.is_object() || read.value("cenote_state", 0) != kFormat || !read.contains(field::kRules) ||
        !read.contains(field::kHistory))
        return fail(
            Error{fmt::format("{} is not what 'cenote state export' writes", file == "-" ? "the input" : file)});
    const Json& rules = read[field::kRules];
    std::size_t taken = 0;
    std::size_t left_out = 0;
    for (std::size_t first = 0; first < rules.size(); first += kBatch) {
        Json args = {{field::kNode, read.value(field::kNode, "")},
                     {field::kRules, Json::array()},
                     {field::kHistory, Json::array()}};
        why.put_into(args);
        for (std::size_t i = first; i < std::min(first + kBatch, rules.size()); ++i) {
            args[field::kRules].push_back(rules[i]);
            for (const auto& record : read[field::kHistory])
                if (record.value(field::kObject, "") == rules[i].value(field::kId, ""))
                    args[field::kHistory].push_back(record);
        }
        const auto done = session.ask("state-import", std::move(args));
        if (!done) return fail(done.error());
        taken += done->value(field::kTaken, std::size_t{0});
        left_out += print_left_out(*done);
        for (const auto& id : done->value(field::kUnconfirmed, Json::array()))
            fmt::print("exception {} opens nothing until a person who did not import it approves it\n", cell(id));
    }
    if (auto sealed = import_seals(session, read, why); !sealed) return fail(sealed.error());
    fmt::print("{} of {} rules were new here or newer than the known ones; {}the others were known\n", taken,
               rules.size(),
               left_out == 0 ? "" : fmt::format("{} {} left out; ", left_out, left_out == 1 ? "was" : "were"));
    return left_out == 0 ? Exit::Done : Exit::Failed;
}

/// Opens a copy: the owner of the original can no longer replace what root reads from it.
Result<UniqueFd> copy_of(const Path& state) {
    const auto copy = StateCopy::of(state);
    if (!copy) return copy.error();
    UniqueFd fd(::open(copy->file().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) return Error{fmt::format("cannot read the copy of {}", state.string())};
    return fd;
}

/// Writes the copy that the daemon gives, or one of the state file where no daemon runs.
Status write_backup(Session& session, const std::string& file) {
    if (session.daemon_listens()) {
        const auto files = session.ask_files("backup");
        if (!files) return files.error();
        if (files->size() != 1) return Error{"cenoted gave no copy of its state"};
        const auto owner = AsOwner::of(Path(file).parent_path());
        if (!owner) return owner.error();
        return write_new(files->front()->get(), file);
    }
    const auto settings = session.settings();
    if (!settings) return settings.error();
    if (auto may = check_access_to_state((*settings)->state); !may) return may;
    const auto copied = copy_of((*settings)->state);
    if (!copied) return copied.error();
    const auto owner = AsOwner::of(Path(file).parent_path());
    if (!owner) return owner.error();
    return write_new(copied->get(), file);
}

Exit backup(Session& session, const std::string& file) {
    std::error_code none;
    if (std::filesystem::exists(file, none))
        return fail(Error{fmt::format("{} exists already; name another file", file)});
    if (auto written = write_backup(session, file); !written) return fail(written.error());
    const auto owner = AsOwner::of(Path(file).parent_path());
    const auto trail = owner ? state::read_audit(file) : Result<std::vector<state::Record>>(owner.error());
    if (!trail) return fail(trail.error());
    fmt::print("{}: {} audit records, head {}\n", file, trail->size(),
               trail->empty() ? state::kNoHead : trail->back().chain);
    return Exit::Done;
}

Exit accept_clock(Session& session, const Why& why) {
    Json args = Json::object();
    why.put_into(args);
    const auto done = session.ask("accept-clock", std::move(args));
    if (!done) return fail(done.error());
    fmt::print("{} is accepted as correct, although {} was seen before\n", session.at_site(cell(*done, "after")),
               session.at_site(cell(*done, "before")));
    return Exit::Done;
}

/// A copy of the backup beside the state file, where the daemon can read it even if it sees nothing else.
class Incoming {
public:
    static Result<Incoming> of(const std::string& file, const Path& state) {
        const auto copied = copy_of(file);
        if (!copied) return copied.error();
        Incoming incoming(Path(state).concat(".incoming"));
        const auto owner = AsOwner::of(state.parent_path());
        if (!owner) return owner.error();
        std::error_code ignored;
        std::filesystem::remove(incoming.path_, ignored);
        if (auto written = write_new(copied->get(), incoming.path_); !written) return std::move(written).error();
        return incoming;
    }
    Incoming(Incoming&& other) noexcept : path_(std::exchange(other.path_, Path())) {}
    Incoming& operator=(Incoming&&) = delete;
    ~Incoming() {
        if (path_.empty()) return;
        const auto owner = AsOwner::of(path_.parent_path());
        std::error_code ignored;
        if (owner) std::filesystem::remove(path_, ignored);
    }
    [[nodiscard]] const Path& path() const noexcept { return path_; }

private:
    explicit Incoming(Path path) : path_(std::move(path)) {}
    Path path_;
};

Exit restore_without_daemon(const config::Settings& settings, const Path& incoming, const Why& why) {
    state::Record record;
    record.at = wall_now();
    record.actor = control::own_actor();
    record.action = "restore";
    record.object = settings.state.string();
    record.requester = why.requester;
    record.ref = why.ref;
    record.note = why.note;
    const auto owner = AsOwner::of(settings.state.parent_path());
    if (!owner) return fail(owner.error());
    if (const auto known = state::read_audit(settings.state); known && !known->empty())
        record.before = known->back().chain;
    const auto restored =
        state::restore_state(incoming, settings.state, rules::unconfirm_exceptions, std::move(record));
    if (!restored) return fail(restored.error());
    fmt::print("restored; it is in force from the next start of cenoted\n");
    return Exit::Done;
}

Exit restore(Session& session, const std::string& file, const Why& why) {
    const auto settings = session.settings();
    if (!settings) return fail(settings.error());
    std::error_code none;
    if (!std::filesystem::exists(file, none)) return fail(Error{fmt::format("there is no file {}", file)});
    const auto incoming = Incoming::of(file, (*settings)->state);
    if (!incoming) return fail(incoming.error());
    if (!session.daemon_listens()) return restore_without_daemon(**settings, incoming->path(), why);
    Json args = {{field::kPath, incoming->path().string()}};
    why.put_into(args);
    const auto done = session.ask("restore", std::move(args));
    if (!done) return fail(done.error());
    fmt::print("restored and in force, policy version {}; the former state is kept beside {}, as .before-restore\n",
               cell(*done, field::kPolicyVersion), (*settings)->state.string());
    for (const auto& id : done->value(field::kUnconfirmed, Json::array()))
        fmt::print("exception {} opens nothing until it is approved again\n", cell(id));
    return Exit::Done;
}

}  // namespace

void add_state(Verbs& verbs) {
    CLI::App* state = verbs.add("state", "Export and import the rules made at the command line");
    state->require_subcommand(1);
    CLI::App* verb =
        state->add_subcommand("export", "Print directives, allows and exceptions with their history, as JSON")
            ->fallthrough();
    verbs.on(verb, [](Session& session) { return export_state(session); });

    verb = state->add_subcommand("import", "Import what another node exported; doing it twice changes nothing")
               ->fallthrough();
    const auto file = std::make_shared<std::string>("-");
    const auto why = std::make_shared<Why>();
    verb->add_option("FILE", *file, "The output of export; - is the standard input")->type_name("");
    why->add_to(*verb);
    verbs.on(verb, [file, why](Session& session) { return import_state(session, *file, *why); });

    verb = state->add_subcommand("accept-clock", "Accept the present time as correct although a later one was seen")
               ->fallthrough();
    why->add_to(*verb);
    verbs.on(verb, [why](Session& session) { return accept_clock(session, *why); });

    verb = verbs.add("backup", "Write everything that was made at the command line to FILE, while cenoted runs");
    verb->add_option("FILE", *file, "A file that does not exist yet")->type_name("")->required();
    verbs.on(verb, [file](Session& session) { return backup(session, *file); });

    verb = verbs.add("restore", "Return to a backup; its exceptions open nothing until they are approved again");
    verb->add_option("FILE", *file, "A file that backup wrote")->type_name("")->required();
    why->add_to(*verb);
    verbs.on(verb, [file, why](Session& session) { return restore(session, *file, *why); });
}

}  // namespace cenote::cli
