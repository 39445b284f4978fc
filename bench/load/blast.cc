// SPDX-License-Identifier: Apache-2.0
//
// A load generator that checks what it gets: sends A queries over UDP at a steady rate and compares every answer
// with the address that was expected for its name.
//
// The file of names has a line a query, "name address"; queries go round in its order. The result is one JSON object:
// sent, answered, wrong, lost, and latencies in microseconds.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/wire/answer.h"

namespace {

using namespace cenote;

constexpr std::size_t kBatch = 32;
constexpr milliseconds kPatience{3000};  // an answer later than this is lost

struct Query {
    std::vector<std::uint8_t> packet;
    std::array<std::uint8_t, 4> expected;
};

struct Tally {
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint64_t wrong = 0;
    std::uint64_t not_sent = 0;
    std::string first_wrong;
    std::vector<std::uint32_t> latencies_us;
};

std::vector<Query> read_queries(const std::string& path) {
    std::vector<Query> queries;
    std::ifstream file(path);
    std::string name;
    std::string address;
    while (file >> name >> address) {
        wire::Question question;
        const auto parsed = wire::Name::parse(name);
        const auto ip = IpAddress::parse(address);
        if (!parsed || !ip) continue;
        question.name = *parsed;
        question.type = wire::RrType::A;
        Query query{std::vector<std::uint8_t>(512), ip->v4_octets()};
        query.packet.resize(wire::write_upstream_query(question, 0, 0, true, query.packet));
        queries.push_back(std::move(query));
    }
    return queries;
}

/// One socket with its own ids.
class Flow {
public:
    Flow(const SocketAddress& server, const std::vector<Query>& queries, Tally& tally)
        : queries_(queries), tally_(tally), fd_(socket(server.family(), SOCK_DGRAM | SOCK_NONBLOCK, 0)), asked_(65536) {
        const int buffer = 8 << 20;
        setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        sockaddr_storage native;
        const socklen_t size = server.to_native(native);
        if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&native), size) != 0) std::perror("connect");
    }

    void send(std::size_t count, std::size_t& next, Ticks now) {
        std::array<mmsghdr, kBatch> messages{};
        std::array<iovec, kBatch> parts{};
        std::array<std::array<std::uint8_t, 512>, kBatch> packets;
        count = std::min(count, kBatch);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t index = (next + i) % queries_.size();
            const Query& query = queries_[index];
            const auto id = static_cast<std::uint16_t>(id_ + i);
            std::copy(query.packet.begin(), query.packet.end(), packets[i].begin());
            store_u16(packets[i].data(), id);
            asked_[id] = {static_cast<std::uint32_t>(index), true, now};
            parts[i] = {packets[i].data(), query.packet.size()};
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent = sendmmsg(fd_.get(), messages.data(), static_cast<unsigned>(count), 0);
        const auto done = static_cast<std::size_t>(std::max(sent, 0));
        for (std::size_t i = done; i < count; ++i) asked_[static_cast<std::uint16_t>(id_ + i)].open = false;
        id_ = static_cast<std::uint16_t>(id_ + done);
        next += done;
        tally_.sent += done;
        tally_.not_sent += count - done;
    }

    void receive(Ticks now) {
        std::array<mmsghdr, kBatch> messages{};
        std::array<iovec, kBatch> parts{};
        static std::array<std::array<std::uint8_t, 1500>, kBatch> packets;
        for (;;) {
            for (std::size_t i = 0; i < kBatch; ++i) {
                parts[i] = {packets[i].data(), packets[i].size()};
                messages[i].msg_hdr.msg_iov = &parts[i];
                messages[i].msg_hdr.msg_iovlen = 1;
            }
            const int count = recvmmsg(fd_.get(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
            for (int i = 0; i < count; ++i)
                check(
                    ByteView(packets[static_cast<std::size_t>(i)]).first(messages[static_cast<std::size_t>(i)].msg_len),
                    now);
            if (count < static_cast<int>(kBatch)) return;
        }
    }

private:
    struct Asked {
        std::uint32_t query = 0;
        bool open = false;
        Ticks at{};
    };

    void check(ByteView reply, Ticks now) {
        if (reply.size() < wire::kHeaderSize) return;
        Asked& asked = asked_[load_u16(reply.data())];
        if (!asked.open || now - asked.at > kPatience) return;
        asked.open = false;
        ++tally_.answered;
        if (tally_.latencies_us.size() < tally_.latencies_us.capacity())
            tally_.latencies_us.push_back(static_cast<std::uint32_t>(
                std::chrono::duration_cast<std::chrono::microseconds>(now - asked.at).count()));
        const Query& query = queries_[asked.query];
        bool right = (reply[2] & 0x80) != 0 && (reply[3] & 0x0f) == 0;
        bool found = false;
        if (right)
            wire::for_each_answer(reply, [&](wire::RrType type, ByteView rdata) noexcept {
                if (type == wire::RrType::A) found = std::ranges::equal(rdata, query.expected);
            });
        right = right && found;
        if (!right && ++tally_.wrong == 1)
            tally_.first_wrong =
                fmt::format("query {} rcode {} answers {}", asked.query, reply[3] & 0x0f, load_u16(&reply[6]));
    }

    const std::vector<Query>& queries_;
    Tally& tally_;
    UniqueFd fd_;
    std::vector<Asked> asked_;
    std::uint16_t id_ = 0;
};

double percentile(std::vector<std::uint32_t>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Sends queries at a steady rate and checks every answer", "blast"};
    std::string server_text;
    std::string names;
    double rate = 10000;
    double duration_s = 10;
    std::size_t flow_count = 8;
    app.add_option("--server", server_text, "ADDRESS:PORT")->required();
    app.add_option("--names", names, "file of \"name address\" lines")->required()->check(CLI::ExistingFile);
    app.add_option("--rate", rate, "queries a second");
    app.add_option("--seconds", duration_s, "for how long");
    app.add_option("--flows", flow_count, "sockets");
    CLI11_PARSE(app, argc, argv);

    const auto server = SocketAddress::parse(server_text, 53);
    const std::vector<Query> queries = read_queries(names);
    if (!server || queries.empty()) {
        fmt::print(stderr, "blast: no server address or no names\n");
        return 2;
    }
    Tally tally;
    tally.latencies_us.reserve(50'000'000);
    std::vector<Flow> flows;
    for (std::size_t i = 0; i < flow_count; ++i) flows.emplace_back(*server, queries, tally);

    const Ticks start = ticks_now();
    const Ticks end = start + std::chrono::duration_cast<Ticks::duration>(std::chrono::duration<double>(duration_s));
    std::size_t next = 0;
    std::size_t turn = 0;
    Ticks last_progress = start;
    for (;;) {
        const Ticks now = ticks_now();
        const bool sending = now < end;
        const double due = std::chrono::duration<double>(now - start).count() * rate;
        if (sending && static_cast<double>(tally.sent) < due)
            flows[turn++ % flows.size()].send(static_cast<std::size_t>(due) - tally.sent, next, now);
        const std::uint64_t before = tally.answered;
        for (Flow& flow : flows) flow.receive(ticks_now());
        if (tally.answered != before) last_progress = now;
        if (!sending && (tally.answered == tally.sent || now - std::max(end, last_progress) > kPatience)) break;
    }
    const double took_s = std::chrono::duration<double>(std::min(ticks_now(), end) - start).count();
    std::ranges::sort(tally.latencies_us);
    fmt::print(
        "{{\"sent\":{},\"answered\":{},\"wrong\":{},\"lost\":{},\"not_sent\":{},\"per_second\":{:.0f},"
        "\"p50_us\":{},\"p99_us\":{},\"p999_us\":{},\"max_us\":{},\"first_wrong\":\"{}\"}}\n",
        tally.sent, tally.answered, tally.wrong, tally.sent - tally.answered, tally.not_sent,
        static_cast<double>(tally.answered) / took_s, percentile(tally.latencies_us, 0.5),
        percentile(tally.latencies_us, 0.99), percentile(tally.latencies_us, 0.999), percentile(tally.latencies_us, 1),
        tally.first_wrong);
    return tally.wrong == 0 ? 0 : 1;
}
