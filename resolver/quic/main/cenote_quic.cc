// SPDX-License-Identifier: Apache-2.0
//
// cenote-quic: reads its command line and runs; `cenoted --quic` becomes it.
#include <getopt.h>
#include <sys/prctl.h>

#include <array>
#include <cstdio>
#include <exception>

#include "resolver/base/log.h"
#include "resolver/quic/quic.h"

namespace {

constexpr const char* kUsage =
    "cenote-quic: ends DNS over QUIC for cenoted\n"
    "Usage: cenote-quic [OPTIONS]\n\n"
    "Options:\n"
    "  --socket FILE  the control socket of cenoted, beside which this program\n"
    "                 connects; by default /run/cenote/control.sock\n"
    "  --version      print the version, and end\n"
    "  --help         print this help, and end\n";

int run(const cenote::Path& socket) try { return cenote::quic::run(socket); } catch (const std::exception& error) {
    cenote::log::error("cannot run: {}; raise the limit on memory (MemoryMax=, ulimit)", error.what());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    ::prctl(PR_SET_DUMPABLE, 0);  // memory has the key of the certificate (prctl(2))
    cenote::Path socket = "/run/cenote/control.sock";
    const std::array<option, 4> options{{{"socket", required_argument, nullptr, 's'},
                                         {"version", no_argument, nullptr, 'v'},
                                         {"help", no_argument, nullptr, 'h'},
                                         {nullptr, 0, nullptr, 0}}};
    for (int found = 0; (found = ::getopt_long(argc, argv, "", options.data(), nullptr)) != -1;) {
        switch (found) {
            case 's': socket = ::optarg; break;
            case 'v': std::puts("cenote-quic " CENOTE_VERSION); return 0;
            case 'h': std::fputs(kUsage, stdout); return 0;
            default: std::fputs("cenote-quic: 'cenote-quic --help' shows its usage\n", stderr); return 2;
        }
    }
    if (::optind < argc) {
        std::fprintf(stderr, "cenote-quic: '%s' is an argument too many; 'cenote-quic --help' shows its usage\n",
                     argv[::optind]);
        return 2;
    }
    return run(socket);
}
