// SPDX-License-Identifier: Apache-2.0
//
// update: lists and catalogue into the set, and the set into the daemon.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "resolver/config/documents.h"
#include "resolver/config/list_copies.h"
#include "resolver/config/set_changes.h"
#include "resolver/domainset/publish.h"
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

/// The folder of the copies belongs to whoever owns the set's folder, also when root updates by hand.
Status make_copies_folder(const Path& folder) {
    std::error_code error;
    if (!std::filesystem::create_directory(folder, error)) {
        if (!error) return Done{};
        return Error{fmt::format("cannot make the folder {}: {}", folder.string(), error.message())};
    }
    struct stat parent {};
    if (::geteuid() == 0 && ::stat(folder.parent_path().c_str(), &parent) == 0 &&
        ::chown(folder.c_str(), parent.st_uid, parent.st_gid) != 0)
        return Error{fmt::format("cannot give {} to its owner: {}", folder.string(), std::strerror(errno))};
    return Done{};
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
Exit load_into_daemon(Session& session, const Flags& flags) {
    if (!session.daemon_listens()) {
        fmt::print("no cenoted listens; its next start takes the set\n");
        return Exit::Done;
    }
    Json args = {{"action", action_of(flags)}};
    flags.why.put_into(args);
    const auto done = session.ask("reload-set", std::move(args));
    if (!done) return fail(done.error());
    fmt::print("cenoted has it in force\n");
    return Exit::Done;
}

/// For the audit trail of a daemon that is not running now.
void note_change(const config::Settings& settings, const Flags& flags) {
    const auto set = domainset::DomainSet::open_unread(settings.set);
    if (!set) return;
    const auto noted = config::note_set_change(settings.set, {.at = wall_now(),
                                                              .actor = control::own_actor(),
                                                              .action = action_of(flags),
                                                              .set = config::digests_of(&*set).set});
    if (!noted) fail(noted.error());
}

Exit roll_back(Session& session, const config::Settings& settings, const Flags& flags) {
    if (auto done = domainset::restore_previous(settings.set); !done) return fail(done.error());
    fmt::print("{} is the previous set again; update --rollback undoes that\n", settings.set.string());
    note_change(settings, flags);
    return load_into_daemon(session, flags);
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

Exit compile_and_load(Session& session, const config::Settings& settings, const blocklists::Manifest& manifest,
                      const FetchedLists& fetching, const Flags& flags) {
    Diagnostics diagnostics;
    const auto report = blocklists::compile(manifest, settings.set, diagnostics);
    print_mistakes(diagnostics);
    if (!report) return fail(report.error());
    print_report(*report);
    Exit exit = failed_lists(*report) == 0 && !diagnostics.has_errors() ? Exit::Done : Exit::Failed;
    const Path names_path = config::catalogue_names_path(settings);
    if (auto made = make_copies_folder(names_path.parent_path()); !made)
        exit = fail(made.error());
    else if (auto kept = publish_file(names_path, bytes_of(report->services_text), kFileMode); !kept)
        exit = fail(kept.error());
    for (const auto& list : report->lists)
        if (auto kept = keep(settings, list, manifest.limits.file_bytes_max); !kept)
            exit = fail(kept.error());
        else if (auto noted = fetching.note(list); !noted)
            exit = fail(noted.error());
    note_change(settings, flags);
    return load_into_daemon(session, flags) == Exit::Done ? exit : Exit::Failed;
}

/// Compiling takes a second or more of a processor that answers queries as well: whoever answers goes first. Where
/// that is not allowed it is done all the same.
void step_back() {
    constexpr int kNicest = 19;
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kNicest));
}

Exit update(Session& session, const Flags& flags) {
    const auto settings = session.settings();
    if (!settings) return fail(settings.error());
    if ((*settings)->set.empty())
        return fail(Error{fmt::format("{} names nothing to compile; add [blocklist] services or a [[list]]",
                                      session.config.string())});
    const auto lock = domainset::lock_for_publishing((*settings)->set, kPatience);
    if (!lock) return fail(lock.error());
    if (flags.rollback) return roll_back(session, **settings, flags);
    step_back();
    auto manifest = config::manifest_of(**settings, wall_now());
    manifest.force = flags.force;
    if (!flags.popular.empty()) manifest.popular = flags.popular;
    if (manifest.popular.empty()) {
        const auto request = config::popular_names_request();
        const auto names = session.ask_if_there(request.verb, request.args);
        if (names && *names)
            manifest.popular_names = config::popular_names(**names);
        else if (names)
            fmt::print(stderr, "cenote: warning: the daemon does not say which names are popular: {}\n",
                       names->error().text);
    }
    const auto fetching = FetchedLists::fetch_all(**settings, manifest, flags.local, flags.timeout);
    if (!fetching) return fail(fetching.error());
    return flags.dry_run ? try_out(**settings, manifest)
                         : compile_and_load(session, **settings, manifest, *fetching, flags);
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
