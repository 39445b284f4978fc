// SPDX-License-Identifier: Apache-2.0
//
// cenote: the command-line tool for people and scripts.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "tools/cenote/candidates.h"
#include "tools/cenote/help.h"
#include "tools/cenote/print.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

void describe(CLI::App& app, Session& session) {
    app.name("cenote");
    set_help_format(app);
    app.description("Cenote: shows the state of cenoted, compiles its lists and changes its rules");
    app.set_version_flag("--version", "cenote " CENOTE_VERSION);
    app.add_option("--config", session.config, "The configuration")
        ->envname("CENOTE_CONFIG")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--socket", session.socket,
                   "The control socket of the daemon; by default the one in the configuration")
        ->envname("CENOTE_SOCKET")
        ->type_name("PATH");
    app.add_flag_callback("--header", print_headers_everywhere,
                          "Print the headings of tables in a pipe, too; a terminal always shows them");
    app.require_subcommand(1);
}

/// The exit code of a command line that cannot be parsed.
int refuse(const CLI::App& app, const CLI::ParseError& mistake) {
    wrong_command_line(Error{
        fmt::format("{}; '{} --help' shows its usage", printable(explain_mistake(app, mistake)), verb_words(app))});
    return static_cast<int>(Exit::WrongCommandLine);
}

/// Times without an offset are on the clock of the site: each option of type TIME gets them in UTC. A date alone is
/// the end of that day for --until, and its beginning for the others.
Status settle_times(CLI::App& app, Session& session) {
    CLI::App* verb = &app;
    while (!verb->get_subcommands().empty()) verb = verb->get_subcommands().front();
    for (CLI::Option* option : verb->get_options()) {
        if (option->get_type_name() != kTimeType || option->count() == 0) continue;
        const std::string text = option->results().front();
        auto time = parse_time(text);
        if (!time) {
            const auto times = session.site_times();
            if (!times)
                return Error{
                    fmt::format("the time zone of the site is not known; write '{}' with its offset, as in "
                                "2026-12-31T23:59:59+09:00",
                                text)};
            const bool ends = option->check_name("--until");
            time = (*times)->read(text, ends ? policy::DateAlone::End : policy::DateAlone::Begin);
        }
        if (!time) return std::move(time).error();
        option->clear();
        option->add_result(format_time(*time));
        option->run_callback();
    }
    return Done{};
}

int run(int argc, char** argv) {
    CLI::App app;
    Session session;
    describe(app, session);
    Verbs verbs(app);
    for (const auto add :
         {add_explain, add_services, add_listings,   add_holds,  add_status,  add_bypass, add_tail,
          add_log,     add_report,   add_operations, add_update, add_sets,    add_rules,  add_exceptions,
          add_state,   add_audit,    add_privacy,    add_prove,  add_history, add_web,    add_export,
          add_dnr,     add_profile,  add_completion, add_help})
        add(verbs);
    if (argc > 1 && std::string_view(argv[1]) == kCompleteWord)
        return print_candidates(app, session, {argv + 2, argv + argc});
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& asked) {
        return names_unknown_verb(app) ? refuse(app, asked) : app.exit(asked);
    } catch (const CLI::Success& asked) {  // --version
        return app.exit(asked);
    } catch (const CLI::ParseError& mistake) {
        return refuse(app, mistake);
    }
    if (const auto settled = settle_times(app, session); !settled)
        return static_cast<int>(wrong_command_line(settled.error()));
    const auto done = verbs.chosen()(session);
    if (done == Exit::Done && session.used_files())
        fmt::print(stderr, "cenote: no cenoted runs: this is what the files say\n");
    if (std::fflush(stdout) != 0) return static_cast<int>(fail(Error{"cannot write the output"}));
    return static_cast<int>(done);
}

}  // namespace
}  // namespace cenote::cli

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_DFL);  // `cenote services | head` ends quietly
    return cenote::cli::run(argc, argv);
}
