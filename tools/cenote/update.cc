// SPDX-License-Identifier: Apache-2.0
//
// update: fetches the lists, compiles them with the catalogue, and lets the daemon load the set.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "blocklists/publisher.h"
#include "resolver/domainset/publish.h"
#include "resolver/report/fields.h"
#include "resolver/report/popular_names.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/change_flags.h"
#include "tools/cenote/compile_report.h"
#include "tools/cenote/fetched_lists.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr milliseconds kPatience{3000};  // a change of a secondary zone holds the lock for less

using blocklists::Publisher;

struct UpdateFlags {
    Why why;
    bool dry_run = false;
    bool force = false;
    bool rollback = false;
    bool local = false;
    Path popular;
    std::optional<milliseconds> timeout;
};

/// The action in the audit trail.
std::string action_of(const UpdateFlags& flags) {
    return flags.rollback ? "update --rollback" : flags.force ? "update --force" : "update";
}

/// The result of an update. The reason of a failure is noted beside the set, for the daemon's status.
struct UpdateResult {
    Exit exit = Exit::Done;
    bool published = false;
    bool noted = true;
    std::string why;  // the first failure; that of a list has a note of its own

    void fail(const Error& error) {
        exit = cli::fail(error);
        if (why.empty()) why = error.text;
    }
    void take(const Status& status) {
        if (!status) fail(status.error());
    }
};

/// Where no daemon runs, its next start takes the set.
Status load_into_daemon(Session& session, const UpdateFlags& flags) {
    if (!session.daemon_listens()) {
        fmt::print("no cenoted listens; its next start takes the set\n");
        return Done{};
    }
    Json args = {{field::kAction, action_of(flags)}};
    flags.why.put_into(args);
    const auto done = session.ask("reload-set", std::move(args));
    if (!done) return done.error();
    fmt::print("cenoted has it in force\n");
    return Done{};
}

void roll_back(const config::Settings& settings, const Publisher& publisher, UpdateResult& result) {
    const auto restored = publisher.restore_previous();
    if (!restored) return result.fail(restored.error());
    fmt::print("{} is the previous set again; update --rollback undoes that\n", settings.set.string());
    result.published = true;
    for (const Error& problem : *restored) result.fail(problem);
}

/// Prints the differences from the set in use, if there is one.
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
    fmt::print("a dry run: {} is unchanged\n", settings.set.string());
    return failed_lists(compiled->report) == 0 && !diagnostics.has_errors() ? Exit::Done : Exit::Failed;
}

void compile_and_publish(const blocklists::Manifest& manifest, const Publisher& publisher, UpdateResult& result) {
    Diagnostics diagnostics;
    const auto published = publisher.publish(manifest, diagnostics);
    print_mistakes(diagnostics);
    if (!published) return result.fail(published.error());
    result.published = true;
    print_report(published->report);
    if (failed_lists(published->report) != 0 || diagnostics.has_errors()) result.exit = Exit::Failed;
    for (const Error& problem : published->problems) result.fail(problem);
}

/// A compilation takes a second or more of a processor that answers queries as well: the resolver has priority. Failing
/// to lower our own is harmless.
void lower_priority() {
    constexpr int kNicest = 19;
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kNicest));
}

using Names = std::vector<wire::Name>;

/// The names that are queried most, from the daemon, where neither configuration nor command line names a file.
Names popular_names(Session& session, const config::Settings& settings, const UpdateFlags& flags) {
    if (flags.rollback || !flags.popular.empty() || !settings.popular.empty()) return {};
    const auto request = report::popular_names_request();
    const auto names = session.ask_if_there(request.verb, request.args);
    if (!names) return {};
    if (*names) return report::popular_names(**names);
    fmt::print(stderr, "cenote: warning: the daemon did not give its popular names: {}\n", names->error().text);
    return {};
}

blocklists::Manifest manifest_of(const config::Settings& settings, const UpdateFlags& flags, Names popular) {
    auto manifest = config::manifest_of(settings, wall_now());
    manifest.force = flags.force;
    if (!flags.popular.empty()) manifest.popular = flags.popular;
    manifest.popular_names = std::move(popular);
    return manifest;
}

void fetch_and_compile(const config::Settings& settings, blocklists::Manifest manifest, const Publisher& publisher,
                       const UpdateFlags& flags, UpdateResult& result) {
    const auto fetched = FetchedLists::fetch_all(settings, manifest, flags.local, flags.timeout);
    if (!fetched) return result.fail(fetched.error());
    if (!flags.dry_run) return compile_and_publish(manifest, publisher, result);
    result.exit = try_out(settings, manifest);
}

void note_end(const Publisher& publisher, UpdateResult& result) {
    const bool failed = !result.why.empty();
    const auto noted = publisher.note_end(result.why);
    if (failed) result.noted = noted.ok();
    result.take(noted);
}

/// For the daemon's status where nothing can be written beside the set.
void send_failure(Session& session, const std::string& why) {
    if (session.daemon_listens()) static_cast<void>(session.ask("update-failed", {{field::kWhy, why}}));
}

/// The part that works on the folder of the set, with the rights of its owner.
UpdateResult update_folder(const config::Settings& settings, Names popular, const Publisher& publisher,
                           const UpdateFlags& flags) {
    UpdateResult result;
    if (flags.rollback) {
        roll_back(settings, publisher, result);
        return result;
    }
    if (!flags.dry_run) result.take(publisher.note_begin());
    result.noted = result.why.empty();
    if (!result.noted) return result;
    lower_priority();
    fetch_and_compile(settings, manifest_of(settings, flags, std::move(popular)), publisher, flags, result);
    if (!flags.dry_run) note_end(publisher, result);
    return result;
}

/// Whether we have no rights in the folder. Its owner may have taken its own away: the update fails, and status has it.
bool is_of_others(const Path& folder) {
    if (::access(folder.c_str(), W_OK) == 0 || errno != EACCES) return false;
    struct stat info {};
    return ::stat(folder.c_str(), &info) != 0 || info.st_uid != ::geteuid();
}

/// Takes the lock and updates the folder; the daemon takes no part in it.
UpdateResult update_files(const config::Settings& settings, Names popular, const UpdateFlags& flags,
                          std::optional<Publisher>& publisher) {
    const std::string actor = control::own_actor();  // before root has the rights of the folder's owner
    const Path folder = settings.set.parent_path();
    if (is_of_others(folder)) {
        UpdateResult result;
        result.fail(
            Error{fmt::format("{} may not write to {}; run 'sudo cenote update', or 'systemctl start cenote-update'",
                              actor, folder.string())});
        result.noted = true;  // a user without the right to update causes no problem in status
        return result;
    }
    const auto owner = AsOwner::of(settings.set.parent_path());
    auto locked =
        owner ? Publisher::lock(settings.set, {actor, action_of(flags)}, kPatience) : Result<Publisher>(owner.error());
    if (!locked) {
        UpdateResult result;
        result.fail(locked.error());
        result.noted = domainset::is_being_published(settings.set);  // the other update notes its own end
        return result;
    }
    publisher = *std::move(locked);
    return update_folder(settings, std::move(popular), *publisher, flags);
}

Exit update(Session& session, const UpdateFlags& flags) {
    const auto settings = session.settings();
    if (!settings) {
        if (!flags.dry_run) send_failure(session, settings.error().text);
        return fail(settings.error());
    }
    if ((*settings)->set.empty())
        return fail(Error{fmt::format("{} names nothing to compile; add [blocklist] services or a [[list]]",
                                      session.config.string())});
    auto popular = popular_names(session, **settings, flags);
    std::optional<Publisher> publisher;  // holds the lock until the daemon has the set
    UpdateResult result = update_files(**settings, std::move(popular), flags, publisher);
    if (!result.noted && !flags.dry_run) send_failure(session, result.why);
    if (!result.published) return result.exit;
    const auto loaded = load_into_daemon(session, flags);
    if (loaded) return result.exit;
    result.fail(Error{"cenoted did not take the set: " + loaded.error().text});
    if (const auto owner = AsOwner::of((*settings)->set.parent_path())) note_end(*publisher, result);
    return result.exit;
}

}  // namespace

void add_update(Verbs& verbs) {
    CLI::App* verb = verbs.add(
        "update", "Fetch the lists, compile them with the catalogue, publish the set, have the daemon load it");
    const auto flags = std::make_shared<UpdateFlags>();
    auto* dry_run = verb->add_flag("--dry-run", flags->dry_run, "Publish nothing, print what would change");
    auto* force = verb->add_flag("--force", flags->force, "Accept names that may not be sinkholed");
    verb->add_flag("--local", flags->local, "Fetch nothing: compile the copies in the folder of the set");
    auto* rollback = verb->add_flag("--rollback", flags->rollback, "Return to the previous set");
    rollback->excludes(dry_run)->excludes(force);
    verb->add_option("--popular", flags->popular, "Queried names, most popular first")->type_name("FILE");
    verb->add_option_function<std::string>(
            "--timeout", [flags](const std::string& text) { flags->timeout = parse_duration(text).value(); },
            "Time limit for one list, 60s by default")
        ->type_name("DURATION")
        ->check(End::check_duration);
    flags->why.add_to(*verb);
    verbs.on(verb, [flags](Session& session) { return update(session, *flags); });
}

}  // namespace cenote::cli
