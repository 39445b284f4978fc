// SPDX-License-Identifier: Apache-2.0
//
// The load of rebound.bpf.c: loads it onto an end of a veth pair, sends the first queries and counts.
//
// Names come from a file, "name address" a line as for blast; without an address the server has to be an echo. It
// writes "attached" and waits for a line, so that the kernel's threads can be pinned; sends the first queries and
// writes "ready"; then each line of its input is answered by the counts as a JSON object. At the end of its input the
// load ends, and the last object has how many queries were under way.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/queries.h"
#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/wire/types.h"

namespace {

using namespace cenote;

// As in rebound.bpf.c.
constexpr std::size_t kQueries = 65536;
constexpr std::size_t kQueuesMax = 8;
constexpr std::size_t kHeadersSize = 14 + 20 + 8;
constexpr std::uint32_t kBurst = 16;  // first queries at once; of longer bursts the kernel loses some
constexpr std::size_t kOptSize = 11;  // at the end of each query

struct Query {
    std::uint16_t size;
    std::uint16_t question;
    std::array<std::uint8_t, 4> address;
    std::array<std::uint8_t, 288> message;
};
struct Rules {
    std::array<std::uint8_t, 4> server;
    std::array<std::uint8_t, 2> port;
    bool echoes;
    bool fresh;
    std::array<std::uint8_t, 2> network;
    std::uint16_t zero;
    std::uint32_t clients;
    std::uint32_t redirected;
    std::uint32_t ended;
};
struct Counts {
    std::uint64_t next = 0;
    std::uint64_t answered = 0;
    std::uint64_t wrong = 0;
    std::uint64_t dropped = 0;
};

struct Settings {
    std::string object;
    std::string interface;
    std::string server;
    std::string mac;
    std::string network;
    std::string names;
    std::uint32_t clients = 256;
    std::uint32_t window = 256;
    std::uint32_t queues = 1;
    bool fresh = false;
    bool redirect = false;
    bool awake = false;
};

void add_options(CLI::App& app, Settings& settings) {
    app.add_option("--object", settings.object, "rebound.bpf.o")->required()->check(CLI::ExistingFile);
    app.add_option("--interface", settings.interface, "this end")->required();
    app.add_option("--server", settings.server, "ADDRESS:PORT at the other end")->required();
    app.add_option("--mac", settings.mac, "of the other end, twelve hexadecimal digits")->required();
    app.add_option("--network", settings.network, "of the clients: the address of a /16")->required();
    app.add_option("--names", settings.names, "file of names")->required()->check(CLI::ExistingFile);
    app.add_option("--clients", settings.clients, "addresses, each with a port")->check(CLI::Range(1, 65536));
    app.add_option("--window", settings.window, "how many queries are under way")->check(CLI::Range(1, 65536));
    app.add_option("--queues", settings.queues, "of the interface")->check(CLI::Range(1, 8));
    app.add_flag("--fresh", settings.fresh, "the first 16 letters of each name are made anew for each query");
    app.add_flag("--redirect", settings.redirect, "for a server's end without a native program: needs GRO there");
    app.add_flag("--awake", settings.awake,
                 "poll the first queue all the time, so that no sender has to wake this end");
}

[[noreturn]] void fail(const std::string& what, int reason) {
    fmt::print(stderr, "rebound: {}: {}\n", what, std::strerror(reason));
    std::exit(2);
}

struct ObjectCloser {
    void operator()(bpf_object* object) const noexcept { bpf_object__close(object); }
};

class Program {
public:
    explicit Program(const Settings& settings) {
        object_.reset(bpf_object__open_file(settings.object.c_str(), nullptr));
        if (object_ == nullptr) fail(settings.object, errno);
        if (const int failed = bpf_object__load(object_.get()); failed != 0) fail("the program is refused", -failed);
        program_ = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), "rebound"));
        queries_ = map("queries");
        settings_ = map("settings");
        counts_ = map("counts");
    }

    void attach(unsigned interface) {
        bpf_link_create_opts options{};
        options.sz = sizeof options;
        options.flags = XDP_FLAGS_DRV_MODE;
        const int link = bpf_link_create(program_, static_cast<int>(interface), BPF_XDP, &options);
        if (link < 0) fail("the program cannot be attached", -link);
        link_.reset(link);
    }

    /// Runs it on so many copies of the frame, as if they had come by this queue, and does what it says.
    void run(std::span<std::uint8_t> frame, unsigned interface, std::uint32_t queue, std::uint32_t times) const {
        xdp_md context{};
        context.data_end = static_cast<std::uint32_t>(frame.size());
        context.ingress_ifindex = interface;
        context.rx_queue_index = queue;
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = frame.data();
        options.data_size_in = static_cast<std::uint32_t>(frame.size());
        options.ctx_in = &context;
        options.ctx_size_in = sizeof context;
        options.repeat = static_cast<int>(times);
        options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
        if (bpf_prog_test_run_opts(program_, &options) != 0) fail("the first queries", errno);
    }

    [[nodiscard]] std::span<Query> queries() const {
        void* const at = mmap(nullptr, kQueries * sizeof(Query), PROT_READ | PROT_WRITE, MAP_SHARED, queries_, 0);
        if (at == MAP_FAILED) fail("the map of queries", errno);
        return {static_cast<Query*>(at), kQueries};
    }

    void set(const Rules& rules) const { update(settings_, 0, rules); }
    void set(std::uint32_t queue, const Counts& counts) const { update(counts_, queue, counts); }

    [[nodiscard]] Counts counts() const {
        Counts sum;
        for (std::uint32_t queue = 0; queue < kQueuesMax; ++queue) {
            Counts one;
            if (bpf_map_lookup_elem(counts_, &queue, &one) != 0) continue;
            sum.answered += one.answered;
            sum.wrong += one.wrong;
            sum.dropped += one.dropped;
        }
        return sum;
    }

private:
    [[nodiscard]] int map(const char* name) const {
        const int fd = bpf_object__find_map_fd_by_name(object_.get(), name);
        if (fd < 0) fail(name, -fd);
        return fd;
    }
    static void update(int map, std::uint32_t key, const auto& value) {
        if (bpf_map_update_elem(map, &key, &value, BPF_ANY) != 0) fail("a map", errno);
    }

    std::unique_ptr<bpf_object, ObjectCloser> object_;
    int program_ = -1;
    int queries_ = -1;
    int settings_ = -1;
    int counts_ = -1;
    UniqueFd link_;
};

/// Every id has a query; names come again where there are fewer. True: no name has an address.
bool fill(std::span<Query> space, const blast::Queries& from) {
    bool echoes = true;
    for (std::size_t i = 0; i < space.size(); ++i) {
        const blast::Query& query = from.at(i);
        const ByteView packet = from.packet(query);
        Query& to = space[i];
        to.size = query.size;
        to.question = static_cast<std::uint16_t>(query.size - wire::kHeaderSize - kOptSize);
        to.address = query.expected;
        std::memcpy(to.message.data(), packet.data(), packet.size());
        store_u16(to.message.data(), static_cast<std::uint16_t>(i));
        echoes = echoes && !query.checked;
    }
    return echoes;
}

/// What the program takes for a reply: no message, which it counts as wrong.
std::array<std::uint8_t, kHeadersSize> blank_reply(const Settings& settings, const Rules& rules) {
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM, 0));
    ifreq own{};
    settings.interface.copy(static_cast<char*>(own.ifr_name), IFNAMSIZ - 1);
    if (ioctl(fd.get(), SIOCGIFHWADDR, &own) != 0) fail(settings.interface, errno);
    std::array<std::uint8_t, kHeadersSize> frame{};
    std::memcpy(frame.data(), static_cast<const char*>(own.ifr_hwaddr.sa_data), 6);
    for (std::size_t i = 0; i < 6; ++i)
        frame[6 + i] = static_cast<std::uint8_t>(std::stoul(settings.mac.substr(2 * i, 2), nullptr, 16));
    store_u16(&frame[12], 0x0800);
    frame[14 + 9] = IPPROTO_UDP;
    std::memcpy(&frame[14 + 12], rules.server.data(), rules.server.size());
    std::memcpy(&frame[14 + 16], rules.network.data(), rules.network.size());
    std::memcpy(&frame[34], rules.port.data(), rules.port.size());
    return frame;
}

Rules rules_of(const Settings& settings, const SocketAddress& server, const IpAddress& network, bool echoes,
               unsigned interface) {
    Rules rules{
        .server = server.ip.v4_octets(), .echoes = echoes, .fresh = settings.fresh, .clients = settings.clients};
    store_u16(rules.port.data(), server.port);
    std::memcpy(rules.network.data(), network.v4_octets().data(), rules.network.size());
    if (settings.redirect) rules.redirected = interface;
    return rules;
}

void pin_to(unsigned processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) fail("a processor", errno);
}

/// Has the program turn blank replies into the first queries, for each queue on the processor with its number, because
/// veth chooses queues by that.
void send_first(const Settings& settings, const Program& program, const Rules& rules, unsigned interface) {
    auto frame = blank_reply(settings, rules);
    cpu_set_t before;
    sched_getaffinity(0, sizeof before, &before);
    for (std::uint32_t queue = 0; queue < settings.queues; ++queue) {
        if (settings.queues > 1) pin_to(queue);
        const std::uint32_t share = settings.window / settings.queues;
        for (std::uint32_t i = 0; i < share; i += kBurst)
            program.run(frame, interface, queue, std::min(kBurst, share - i));
    }
    sched_setaffinity(0, sizeof before, &before);
}

/// A socket that has had a reply of the server, so that reading it polls the queue of the interface.
UniqueFd polling_socket(const SocketAddress& server, const Query& query) {
    UniqueFd fd(socket(AF_INET, SOCK_DGRAM, 0));
    const int on = 1;
    const int poll_us = 200'000;
    const int budget = 64;
    const timeval patience{1, 0};
    const timeval shortest{0, 1};
    sockaddr_storage native;
    const socklen_t size = server.to_native(native);
    std::array<std::uint8_t, 512> reply;
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd.get(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);  // veth would hand over half of a checksum
    if (connect(fd.get(), reinterpret_cast<sockaddr*>(&native), size) != 0 ||
        send(fd.get(), query.message.data(), query.size, 0) < 0 || recv(fd.get(), reply.data(), reply.size(), 0) < 0)
        fail("a query by a socket", errno);
    int queue = 0;
    socklen_t length = sizeof queue;
    if (getsockopt(fd.get(), SOL_SOCKET, SO_INCOMING_NAPI_ID, &queue, &length) != 0 || queue == 0)
        fail("the queue cannot be polled", ENODEV);
    if (setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &shortest, sizeof shortest) != 0 ||
        setsockopt(fd.get(), SOL_SOCKET, SO_BUSY_POLL, &poll_us, sizeof poll_us) != 0 ||
        setsockopt(fd.get(), SOL_SOCKET, SO_BUSY_POLL_BUDGET, &budget, sizeof budget) != 0)
        fail("busy polling", errno);
    return fd;
}

void show(const Settings& settings, const Counts& counts, std::string_view more) {
    const auto of_replies = [&](std::uint64_t count) {
        return count - std::min<std::uint64_t>(count, settings.window);
    };
    fmt::print("{{\"answered\":{},\"wrong\":{}{}}}\n", of_replies(counts.answered), of_replies(counts.wrong), more);
    std::fflush(stdout);
}

/// Has replies dropped until all are or no more come; how many were.
std::uint64_t end(const Program& program, Rules rules, std::uint64_t window) {
    constexpr int kPatience = 500;  // of 10 ms: a server may have to wait for its processor
    rules.ended = 1;
    program.set(rules);
    std::uint64_t dropped = 0;
    for (int idle = 0; idle < kPatience && dropped < window; ++idle) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        if (const std::uint64_t now = program.counts().dropped; now != dropped) {
            dropped = now;
            idle = 0;
        }
    }
    return dropped;
}

void say(std::string_view word) {
    fmt::print("{}\n", word);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Has the kernel turn each reply into the next query", "rebound"};
    Settings settings;
    add_options(app, settings);
    CLI11_PARSE(app, argc, argv);
    const auto server = SocketAddress::parse(settings.server, 53);
    const auto network = IpAddress::parse(settings.network);
    const unsigned interface = if_nametoindex(settings.interface.c_str());
    const blast::Queries names = blast::Queries::read(settings.names);
    if (!server || !network || interface == 0 || names.size() == 0 || settings.mac.size() != 12) {
        fmt::print(stderr, "rebound: the server, its MAC, the network, the interface or the names are missing\n");
        return 2;
    }
    Program program(settings);
    const Rules rules = rules_of(settings, *server, *network, fill(program.queries(), names), interface);
    program.set(rules);
    for (std::uint32_t queue = 0; queue < settings.queues; ++queue)
        program.set(queue, {.next = queue * kQueries / settings.queues});
    program.attach(interface);
    say("attached");
    std::string line;
    std::getline(std::cin, line);

    std::atomic<bool> done = false;
    std::thread poller;
    if (settings.awake) {
        poller = std::thread([&done, fd = polling_socket(*server, program.queries().front())] {
            std::uint8_t byte = 0;
            while (!done) static_cast<void>(recv(fd.get(), &byte, 1, 0));
        });
    }
    send_first(settings, program, rules, interface);
    say("ready");
    while (std::getline(std::cin, line)) show(settings, program.counts(), "");
    const std::uint64_t under_way = end(program, rules, settings.window);
    show(settings, program.counts(), fmt::format(",\"under_way\":{}", under_way));
    done = true;
    if (poller.joinable()) poller.join();
    return 0;
}
