// SPDX-License-Identifier: Apache-2.0
//
// cenoted(8): reads its command line and runs.
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "resolver/base/diagnostics.h"
#include "resolver/base/log.h"
#include "resolver/base/printable.h"
#include "resolver/daemon/daemon.h"
#include "resolver/daemon/quic_program.h"
#include "resolver/daemon/transfer_process.h"
#include "resolver/daemon/version.h"

namespace {

constexpr std::size_t kOptionColumn = 16;  // of the help, whose lines then have at most 80 columns

/// Called on any thread when an allocation fails: one line instead of a core dump, and an exit code after which systemd
/// restarts the daemon.
void out_of_memory() {
    cenote::log::write(cenote::log::Level::Error,
                       "no memory is left: the limit on this process (MemoryMax=, ulimit -v) is below what the set, "
                       "[cache].size and [limits] need; raise it, or lower those");
    ::_exit(1);
}

/// Ahead of the objects of CLI11, which are allocated before main().
[[gnu::constructor(101)]] void watch_memory() { std::set_new_handler(out_of_memory); }

struct Flags {
    std::string config = "/etc/cenote/cenote.toml";
    bool check = false;
    bool transfer = false;
    bool quic = false;
    bool config_given = false;
};

int run(const Flags& flags) try {
    if (flags.quic) return cenote::daemon::run_quic(flags.config_given ? flags.config : "");
    if (flags.transfer) return cenote::daemon::run_transfer(flags.config);
    return flags.check ? cenote::daemon::check(flags.config) : cenote::daemon::run(flags.config);
} catch (const std::system_error& error) {  // a thread could not be made
    cenote::log::error("cannot run: {}; raise the limits on tasks and memory (TasksMax=, MemoryMax=, ulimit)",
                       error.what());
    return 1;
}

std::string explain_mistake(const CLI::App& app, const CLI::ParseError& mistake) {
    const auto rest = app.remaining();
    if (rest.empty()) return mistake.what();
    if (!rest.front().starts_with('-')) return "'" + rest.front() + "' is an argument too many";
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    const std::string near = cenote::nearest(rest.front(), known);
    return "there is no option '" + rest.front() + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?");
}

}  // namespace

int main(int argc, char** argv) {
    // Memory has keys and queries: no core file, not even where the limit does not count because core_pattern is a
    // pipe, and no other process of this user may read it (prctl(2)).
    ::prctl(PR_SET_DUMPABLE, 0);
    CLI::App app{"cenoted: a DNS sinkhole resolver for AI services", "cenoted"};
    Flags flags;
    app.get_formatter()->column_width(kOptionColumn);
    CLI::Option* const config = app.add_option("--config", flags.config, "the configuration to run with");
    config->capture_default_str()->type_name("FILE");
    app.add_flag("--check", flags.check, "read and check the configuration, print every mistake, and end");
    app.add_flag("--transfer", flags.transfer, "only run the secondary zones of lists");
    app.add_flag("--quic", flags.quic, "only end QUIC for a daemon that runs");
    app.set_version_flag("--version", "cenoted " + std::string(cenote::daemon::kVersion));
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {
        return app.exit(done);
    } catch (const CLI::ParseError& error) {
        const std::string mistake = explain_mistake(app, error);
        std::fprintf(stderr, "cenoted: %s; 'cenoted --help' shows its usage\n", cenote::printable(mistake).c_str());
        return 2;
    }
    flags.config_given = config->count() != 0;
    return run(flags);
}
