// SPDX-License-Identifier: Apache-2.0
//
// update: lists and catalogue into the set, and the set into the daemon.
#include <fmt/format.h>
#include <sys/resource.h>

#include "resolver/config/list_copies.h"
#include "resolver/config/set_changes.h"
#include "resolver/config/update_failure.h"
#include "resolver/domainset/publish.h"
#include "resolver/report/popular_names.h"
#include "resolver/rules/policy_document.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/compile_report.h"
#include "tools/cenote/fetched_lists.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

constexpr unsigned kFileMode = 0644;
constexpr milliseconds kPatience{3000};  // with a change of a kept zone, which takes less

struct Flags {
    Why why;
    bool dry_run = false;
    bool force = false;
    bool rollback = false;
    bool local = false;
    Path popular;
    std::optional<milliseconds> timeout;
};

/// As the audit trail has it.
std::string action_of(const Flags& flags) {
    return flags.rollback ? "update --rollback" : flags.force ? "update --force" : "update";
}

/// What an update came to. The reason goes beside the set, for the daemon's status.
struct Outcome {
    Exit exit = Exit::Done;
    bool published = false;
    bool noted = true;
    std::string why;  // the first that went wrong; not of a list, which has its own note

    void fail(const Error& error) {
        exit = cli::fail(error);
        if (why.empty()) why = error.text;
    }
    void take(const Status& status) {
        if (!status) fail(status.error());
    }
};

Status make_folder(const Path& folder) {
    std::error_code error;
    std::filesystem::create_directory(folder, error);
    if (!error) return Done{};
    return Error{fmt::format("cannot make the folder {}: {}", folder.string(), error.message())};
}

ByteView bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// Keeps the text of a list that was taken, or says beside its copy why it was not.
Status keep(const config::Settings& settings, const blocklists::ListReport& report, std::size_t bytes_max) {
    const Path error_path = config::list_error_path(settings, report.id);
    if (!report.error.empty()) return publish_file(error_path, bytes_of(report.error + "\n"), kFileMode);
    std::error_code error;
    std::filesystem::remove(error_path, error);
    if (report.path == config::list_copy_path(settings, report.id)) return Done{};  // not modified
    const auto text = read_file(report.path, bytes_max);
    if (!text) return text.error();
    if (auto kept = publish_file(config::list_copy_path(settings, report.id), bytes_of(*text), kFileMode); !kept)
        return kept;
    return config::note_signed(settings, report.id, report.signed_at);
}

/// Without a daemon the set waits for its next start.
Status load_into_daemon(Session& session, const Flags& flags) {
    if (!session.daemon_listens()) {
        fmt::print("no cenoted listens; its next start takes the set\n");
        return Done{};
    }
    Json args = {{"action", action_of(flags)}};
    flags.why.put_into(args);
    const auto done = session.ask("reload-set", std::move(args));
    if (!done) return done.error();
    fmt::print("cenoted has it in force\n");
    return Done{};
}

/// For the audit trail of a daemon that is not running now.
Status note_change(const config::Settings& settings, const Flags& flags, const std::string& actor) {
    const auto set = domainset::DomainSet::open_unread(settings.set);
    if (!set) return set.error();
    return config::note_set_change(
        settings.set,
        {.at = wall_now(), .actor = actor, .action = action_of(flags), .set = rules::digests_of(&*set).set});
}

void roll_back(const config::Settings& settings, const Flags& flags, const std::string& actor, Outcome& outcome) {
    if (auto done = domainset::restore_previous(settings.set); !done) return outcome.fail(done.error());
    fmt::print("{} is the previous set again; update --rollback undoes that\n", settings.set.string());
    outcome.published = true;
    outcome.take(note_change(settings, flags, actor));
}

/// Against the set in use, if there is one.
Status show_changes(const config::Settings& settings, const blocklists::Manifest& manifest,
                    const std::vector<std::uint8_t>& bytes) {
    const auto before = domainset::DomainSet::open(settings.set);
    if (!before) return Done{};
    const auto after = domainset::DomainSet::from_bytes(bytes);
    if (!after) return after.error();
    const auto popular = blocklists::Popular::of(manifest);
    if (!popular) return popular.error();
    print_changes(blocklists::diff(*before, *after, *popular));
    return Done{};
}

Exit try_out(const config::Settings& settings, const blocklists::Manifest& manifest) {
    Diagnostics diagnostics;
    const auto compiled = blocklists::compile_in_memory(manifest, diagnostics);
    print_mistakes(diagnostics);
    if (!compiled) return fail(compiled.error());
    print_report(compiled->report);
    if (auto shown = show_changes(settings, manifest, compiled->bytes); !shown) return fail(shown.error());
    fmt::print("a dry run: {} is as it was\n", settings.set.string());
    return failed_lists(compiled->report) == 0 && !diagnostics.has_errors() ? Exit::Done : Exit::Failed;
}

void compile_and_publish(const config::Settings& settings, const blocklists::Manifest& manifest,
                         const FetchedLists& fetching, Outcome& outcome) {
    Diagnostics diagnostics;
    const auto report = blocklists::compile(manifest, settings.set, diagnostics);
    print_mistakes(diagnostics);
    if (!report) return outcome.fail(report.error());
    outcome.published = true;
    print_report(*report);
    if (failed_lists(*report) != 0 || diagnostics.has_errors()) outcome.exit = Exit::Failed;
    const Path names_path = config::catalogue_names_path(settings);
    auto kept = make_folder(names_path.parent_path());
    if (kept) kept = publish_file(names_path, bytes_of(report->services_text), kFileMode);
    outcome.take(kept);
    for (const auto& list : report->lists) {
        auto noted = keep(settings, list, manifest.limits.file_bytes_max);
        if (noted) noted = fetching.note(list);
        outcome.take(noted);
    }
}

/// Compiling takes a second or more of a processor that answers queries as well: whoever answers goes first. Where
/// that is not allowed it is done all the same.
void step_back() {
    constexpr int kNicest = 19;
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kNicest));
}

using Names = std::vector<wire::Name>;

/// What the daemon sees asked for, where neither configuration nor command line names a file.
Names popular_names(Session& session, const config::Settings& settings, const Flags& flags) {
    if (flags.rollback || !flags.popular.empty() || !settings.popular.empty()) return {};
    const auto request = report::popular_names_request();
    const auto names = session.ask_if_there(request.verb, request.args);
    if (!names) return {};
    if (*names) return report::popular_names(**names);
    fmt::print(stderr, "cenote: warning: the daemon does not say which names are popular: {}\n", names->error().text);
    return {};
}

blocklists::Manifest manifest_of(const config::Settings& settings, const Flags& flags, Names popular) {
    auto manifest = config::manifest_of(settings, wall_now());
    manifest.force = flags.force;
    if (!flags.popular.empty()) manifest.popular = flags.popular;
    manifest.popular_names = std::move(popular);
    return manifest;
}

void fetch_and_compile(const config::Settings& settings, blocklists::Manifest manifest, const Flags& flags,
                       Outcome& outcome) {
    const auto fetching = FetchedLists::fetch_all(settings, manifest, flags.local, flags.timeout);
    if (!fetching) return outcome.fail(fetching.error());
    if (!flags.dry_run) return compile_and_publish(settings, manifest, *fetching, outcome);
    outcome.exit = try_out(settings, manifest);
}

void note_failure(const config::Settings& settings, Outcome& outcome) {
    const auto noted = config::note_update_failure(settings.set, {wall_now(), outcome.why});
    outcome.noted = noted.ok();
    outcome.take(noted);
}

/// The daemon's status has it all the same where nothing can be written beside the set.
void tell_failure(Session& session, const std::string& why) {
    if (session.daemon_listens()) static_cast<void>(session.ask("update-failed", {{"why", why}}));
}

/// What is done in the folder of the set, with the rights of its owner, under `lock`.
Outcome work(const config::Settings& settings, Names popular, const Flags& flags, const std::string& actor) {
    Outcome outcome;
    if (flags.rollback) {
        roll_back(settings, flags, actor, outcome);
        return outcome;
    }
    if (!flags.dry_run) outcome.take(config::note_update_begins(settings.set, wall_now()));
    outcome.noted = outcome.why.empty();
    if (!outcome.noted) return outcome;
    step_back();
    fetch_and_compile(settings, manifest_of(settings, flags, std::move(popular)), flags, outcome);
    if (outcome.published) outcome.take(note_change(settings, flags, actor));
    if (flags.dry_run) return outcome;
    if (outcome.why.empty())
        outcome.take(config::clear_update_failure(settings.set));
    else
        note_failure(settings, outcome);
    return outcome;
}

/// Takes the lock and works; no daemon is spoken to.
Outcome update_files(const config::Settings& settings, Names popular, const Flags& flags, UniqueFd& lock) {
    Outcome outcome;
    const std::string actor = control::own_actor();  // before root has the rights of the folder's owner
    const auto owner = AsOwner::of(settings.set.parent_path());
    auto locked = owner ? domainset::lock_for_publishing(settings.set, kPatience) : Result<UniqueFd>(owner.error());
    if (!locked) {
        outcome.fail(locked.error());
        outcome.noted = domainset::is_being_published(settings.set);  // the other one notes its own end
        return outcome;
    }
    lock = *std::move(locked);
    return work(settings, std::move(popular), flags, actor);
}

Exit update(Session& session, const Flags& flags) {
    const auto settings = session.settings();
    if (!settings) {
        if (!flags.dry_run) tell_failure(session, settings.error().text);
        return fail(settings.error());
    }
    if ((*settings)->set.empty())
        return fail(Error{fmt::format("{} names nothing to compile; add [blocklist] services or a [[list]]",
                                      session.config.string())});
    auto popular = popular_names(session, **settings, flags);
    UniqueFd lock;
    Outcome outcome = update_files(**settings, std::move(popular), flags, lock);
    if (!outcome.noted && !flags.dry_run) tell_failure(session, outcome.why);
    if (!outcome.published) return outcome.exit;
    const auto loaded = load_into_daemon(session, flags);
    if (loaded) return outcome.exit;
    outcome.fail(Error{"cenoted did not take the set: " + loaded.error().text});
    if (const auto owner = AsOwner::of((*settings)->set.parent_path())) note_failure(**settings, outcome);
    return outcome.exit;
}

}  // namespace

void add_update(Verbs& verbs) {
    CLI::App* verb = verbs.add(
        "update", "Fetch the lists, compile them with the catalogue, publish the set, have the daemon load it");
    const auto flags = std::make_shared<Flags>();
    auto* dry_run = verb->add_flag("--dry-run", flags->dry_run, "Publish nothing, only tell what would come of it");
    auto* force = verb->add_flag("--force", flags->force, "Take names that may not be sinkholed all the same");
    verb->add_flag("--local", flags->local, "Fetch nothing: compile what is here");
    auto* rollback = verb->add_flag("--rollback", flags->rollback, "Go back to the set before this one");
    rollback->excludes(dry_run)->excludes(force);
    verb->add_option("--popular", flags->popular, "Names that people ask for, most popular first")->type_name("FILE");
    verb->add_option_function<std::string>(
            "--timeout", [flags](const std::string& text) { flags->timeout = parse_duration(text).value(); },
            "How long a list is waited for, 60s by default")
        ->type_name("DURATION")
        ->check(End::check_duration);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) { return update(session, *flags); });
}

}  // namespace cenote::cli
