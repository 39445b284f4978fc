// SPDX-License-Identifier: Apache-2.0
//
// A load generator that checks what it gets, fast enough not to be the limit of what it measures.
//
// Queries go round in the order of the file of names, "name" or "name address" a line; where an address stands, the
// answer must be that. The result is one JSON object: sent, answered, wrong, lost, rcodes, latencies in microseconds.
// Exit 0: every answer was right; 1: one was wrong; 2: there was no load, for the reason on stderr.
//
// With --hold the connections are made first; then it writes "ready" and waits for a line before it begins, and for
// another one after the result, before it closes them: what is measured in between is the load alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "bench/load/connections.h"
#include "bench/load/udp.h"

namespace {

using namespace cenote;

struct Settings {
    std::string server;
    std::string names;
    double duration_s = 10;
    std::size_t flows = 8;
    std::size_t tcp = 0;    // clients
    std::size_t tls = 0;    // clients
    std::size_t https = 0;  // clients
    std::string handshakes;
    bool post = false;
    bool hold = false;
    blast::Pace pace;

    [[nodiscard]] std::size_t clients() const noexcept { return tcp + tls + https; }
};

void add_options(CLI::App& app, Settings& settings) {
    app.add_option("--server", settings.server, "ADDRESS:PORT")->required();
    app.add_option("--names", settings.names, "file of names, each with the address expected or without")
        ->required()
        ->check(CLI::ExistingFile);
    app.add_option("--rate", settings.pace.rate, "queries a second, over UDP; 0 (default): as fast as answers come");
    app.add_option("--window", settings.pace.window, "without a rate: how many are under way")
        ->check(CLI::Range(1, 1 << 20));
    app.add_option("--seconds", settings.duration_s, "for how long");
    app.add_option("--flows", settings.flows, "UDP sockets")->check(CLI::Range(1, 1024));
    const auto clients = CLI::Range(1, 16384);
    auto* const tcp = app.add_option("--tcp", settings.tcp, "TCP connections instead")->check(clients);
    auto* const tls = app.add_option("--tls", settings.tls, "DNS over TLS: connections")->check(clients);
    auto* const https = app.add_option("--https", settings.https, "DNS over HTTPS: connections")->check(clients);
    auto* const handshakes = app.add_option("--handshakes", settings.handshakes,
                                            "DNS over TLS: a connection for each query, one after the other")
                                 ->check(CLI::IsMember({"full", "resumed"}));
    for (auto* const one : {tcp, tls, https, handshakes})
        for (auto* const other : {tcp, tls, https, handshakes})
            if (one != other) one->excludes(other);
    app.add_flag("--post", settings.post, "HTTPS: requests by POST, not GET")->needs(https);
    app.add_flag("--hold", settings.hold, "write \"ready\" when connected, and wait for a line");
}

/// What the clients of a load are. The references must outlive it.
blast::Connect connector(const Settings& settings, const SocketAddress& server, const blast::Queries& queries,
                         blast::TlsClient& tls, blast::Tally& tally) {
    if (settings.tcp != 0)
        return [&](std::size_t number) -> std::unique_ptr<blast::Client> {
            auto wire = blast::connect_plain(server, number);
            return wire == nullptr ? nullptr : blast::make_message_client(std::move(wire), queries, tally);
        };
    return [&](std::size_t number) -> std::unique_ptr<blast::Client> {
        bool resumed = false;
        auto wire = blast::connect_tls(server, number, tls, &resumed);
        if (wire == nullptr) return nullptr;
        ++tally.connections;
        tally.resumed += resumed ? 1 : 0;
        if (settings.https == 0) return blast::make_message_client(std::move(wire), queries, tally);
        const auto method = settings.post ? blast::HttpMethod::Post : blast::HttpMethod::Get;
        return blast::make_http_client(std::move(wire), queries, tally, method);
    };
}

void wait_for_line() {
    std::string line;
    std::getline(std::cin, line);
}

void begin(Settings& settings, blast::Tally& tally) {
    if (settings.hold) {
        std::cout << "ready" << std::endl;  // NOLINT(performance-avoid-endl): it is waited for
        wait_for_line();
    }
    tally.begin();
    settings.pace.start = ticks_now();
    settings.pace.end = settings.pace.start +
                        std::chrono::duration_cast<Ticks::duration>(std::chrono::duration<double>(settings.duration_s));
}

void finish(const Settings& settings, blast::Tally& tally) {
    std::cout << tally.to_json(settings.duration_s) << std::endl;  // NOLINT(performance-avoid-endl)
    if (settings.hold) wait_for_line();
}

/// False: a connection was not served.
bool load_over_connections(Settings& settings, const SocketAddress& server, const blast::Queries& queries,
                           blast::Tally& tally) {
    blast::TlsClient tls(settings.https != 0 ? "h2" : "");
    const auto connect = connector(settings, server, queries, tls, tally);
    if (!settings.handshakes.empty()) {
        if (settings.handshakes == "resumed") tls.keep_sessions();
        blast::Clients first;  // has the session that the next one resumes
        if (!first.connect(connect, 1)) return false;
        begin(settings, tally);
        const bool done = connect_again_and_again(connect, settings.pace);
        finish(settings, tally);
        return done;
    }
    blast::Clients clients;
    if (!clients.connect(connect, settings.clients())) return false;
    begin(settings, tally);
    const bool done = settings.duration_s == 0 || clients.run(settings.pace, tally);
    finish(settings, tally);
    return done;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Sends queries and checks every answer", "blast"};
    Settings settings;
    add_options(app, settings);
    CLI11_PARSE(app, argc, argv);

    const auto server = SocketAddress::parse(settings.server, 53);
    const blast::Queries queries = blast::Queries::read(settings.names);
    if (!server || queries.size() == 0) {
        fmt::print(stderr, "blast: no server address or no names\n");
        return 2;
    }
    blast::Tally tally;
    tally.latencies_us.reserve(50'000'000);
    if (settings.clients() != 0 || !settings.handshakes.empty()) {
        if (!load_over_connections(settings, *server, queries, tally)) {
            fmt::print(stderr, "blast: the server took no connection, or closed one\n");
            return 2;
        }
    } else {
        begin(settings, tally);
        const bool connected = load_over_udp(*server, queries, settings.pace, settings.flows, tally);
        finish(settings, tally);
        if (!connected) return 2;
    }
    if (tally.sent + tally.not_sent > 0 && tally.answered == 0) {
        fmt::print(stderr, "blast: no query was answered\n");
        return 2;
    }
    return tally.wrong == 0 ? 0 : 1;
}
