// SPDX-License-Identifier: Apache-2.0
//
// cenote-web(8): reads its command line and runs.
#include <getopt.h>
#include <sys/prctl.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "resolver/base/log.h"
#include "resolver/control/options.h"
#include "resolver/web/web.h"

namespace {

constexpr const char* kUsage =
    "cenote-web: the web page of cenoted\n"
    "Usage: cenote-web [OPTIONS]\n\n"
    "Options:\n"
    "  --socket FILE  the control socket of cenoted; by default CENOTE_SOCKET, else\n"
    "                 /run/cenote/control.sock\n"
    "  --version      print the version, and end\n"
    "  --help         print this help, and end\n";

int run(const cenote::Path& socket) try {
    return cenote::web::run(socket);
} catch (const std::exception& error) {  // a thread could not be made, or no memory is left
    cenote::log::error("cannot run: {}; raise the limits on tasks and memory (TasksMax=, MemoryMax=, ulimit)",
                       error.what());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    ::prctl(PR_SET_DUMPABLE, 0);  // memory has sessions: no core file, and no other process of this user may read it
    const char* given = std::getenv("CENOTE_SOCKET");
    cenote::Path socket = given != nullptr && *given != '\0' ? cenote::Path(given) : cenote::control::Options{}.socket;
    const std::array<option, 4> options{{{"socket", required_argument, nullptr, 's'},
                                         {"version", no_argument, nullptr, 'v'},
                                         {"help", no_argument, nullptr, 'h'},
                                         {nullptr, 0, nullptr, 0}}};
    for (int found = 0; (found = ::getopt_long(argc, argv, "", options.data(), nullptr)) != -1;) {
        switch (found) {
            case 's': socket = ::optarg; break;
            case 'v': std::puts("cenote-web " CENOTE_VERSION); return 0;
            case 'h': std::fputs(kUsage, stdout); return 0;
            default: std::fputs("cenote-web: 'cenote-web --help' shows its usage\n", stderr); return 2;
        }
    }
    if (::optind < argc) {
        std::fprintf(stderr, "cenote-web: '%s' is an argument too many; 'cenote-web --help' shows its usage\n",
                     argv[::optind]);
        return 2;
    }
    return run(socket);
}
