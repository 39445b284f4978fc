// SPDX-License-Identifier: Apache-2.0
//
// cenote: the tool that people and scripts use.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "resolver/base/printable.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

constexpr int kWrongCommandLine = 2;

void describe(CLI::App& app, Session& session) {
    app.name("cenote");
    app.description("Cenote: what AI services are asked for, and by whom; and what they get as an answer");
    app.set_version_flag("--version", "cenote " CENOTE_VERSION);
    app.add_option("--config", session.config, "The configuration")
        ->envname("CENOTE_CONFIG")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--socket", session.socket, "The daemon's control socket, as the configuration says by default")
        ->envname("CENOTE_SOCKET")
        ->type_name("PATH");
    app.require_subcommand(1);
}

/// The parser only says that a verb is missing where one is misspelt.
std::string what_is_wrong(CLI::App& app, const CLI::ParseError& mistake) {
    const auto rest = app.remaining();
    if (!app.get_subcommands().empty() || rest.empty() || rest.front().starts_with('-')) return mistake.what();
    std::vector<std::string> known;
    for (const CLI::App* verb : app.get_subcommands({})) known.push_back(verb->get_name());
    const std::string near = nearest(rest.front(), known);
    return fmt::format("there is no verb '{}'{}", rest.front(),
                       near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near));
}

/// "cenote exception request": as far as the line named verbs.
std::string verb_of(const CLI::App& app) {
    std::string words = app.get_name();
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        words += " " + at->get_name();
    }
    return words;
}

int run(int argc, char** argv) {
    CLI::App app;
    Session session;
    describe(app, session);
    Verbs verbs(app);
    for (const auto add : {add_explain, add_services, add_listings, add_status, add_operations, add_update, add_sets,
                           add_rules, add_exceptions, add_state, add_audit, add_export, add_completion})
        add(verbs);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help, --version
        return app.exit(asked);
    } catch (const CLI::ParseError& mistake) {
        fmt::print(stderr, "cenote: {}; '{} --help' shows how it is written\n", printable(what_is_wrong(app, mistake)),
                   verb_of(app));
        return kWrongCommandLine;
    }
    const auto done = verbs.chosen()(session);
    if (done == Exit::Done && session.files_spoke())
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
