// SPDX-License-Identifier: Apache-2.0
//
// A load generator that checks what it gets, fast enough not to be the limit of what it measures.
//
// Queries go round in the order of the file of names, "name" or "name address" a line; where an address stands, the
// answer must be that. The result is one JSON object: sent, answered, wrong, lost, rcodes, latencies in microseconds.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "bench/load/tcp.h"
#include "bench/load/udp.h"

int main(int argc, char** argv) {
    using namespace cenote;
    CLI::App app{"Sends queries and checks every answer", "blast"};
    std::string server_text;
    std::string names;
    double duration_s = 10;
    std::size_t flows = 8;
    std::size_t tcp_clients = 0;
    blast::Pace pace;
    app.add_option("--server", server_text, "ADDRESS:PORT")->required();
    app.add_option("--names", names, "file of names, each with the address expected or without")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--rate", pace.rate, "queries a second; 0 (default): as fast as answers come");
    app.add_option("--window", pace.window, "without a rate: how many are under way")->check(CLI::Range(1, 1 << 20));
    app.add_option("--seconds", duration_s, "for how long");
    app.add_option("--flows", flows, "UDP sockets")->check(CLI::Range(1, 1024));
    app.add_option("--tcp", tcp_clients, "TCP connections instead")->check(CLI::Range(1, 16384));
    CLI11_PARSE(app, argc, argv);

    const auto server = SocketAddress::parse(server_text, 53);
    const blast::Queries queries = blast::Queries::read(names);
    if (!server || queries.size() == 0) {
        fmt::print(stderr, "blast: no server address or no names\n");
        return 2;
    }
    blast::Tally tally;
    tally.latencies_us.reserve(50'000'000);
    pace.start = ticks_now();
    pace.end = pace.start + std::chrono::duration_cast<Ticks::duration>(std::chrono::duration<double>(duration_s));
    if (tcp_clients == 0) {
        load_over_udp(*server, queries, pace, flows, tally);
    } else if (!load_over_tcp(*server, queries, pace, tcp_clients, tally)) {
        fmt::print(stderr, "blast: the server took no connection, or closed one\n");
        return 1;
    }
    fmt::print("{}\n", tally.to_json(duration_s));
    return tally.wrong == 0 ? 0 : 1;
}
