// SPDX-License-Identifier: Apache-2.0
//
// The endpoint of QUIC between a client that does anything and a daemon that sends each query back as its reply: a
// query is what its stream had, the client gets each reply once, a query that is not replied to is dropped, datagrams
// of others change nothing of it, and the client's connection ends with an error of RFC 9250 §8.4 at most.
//
// Input: actions. The lowest three bits of a byte choose an action (World::act); the highest is the end of a stream;
// what the action needs follows.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/quic/endpoint.h"
#include "tests/fuzz/input.h"
#include "tests/quic/client.h"
#include "tests/support/certificate.h"

namespace {

using namespace cenote;
using namespace cenote::quic;
using testing::Client;
using testing::ClientOptions;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kActionsMax = 24;
constexpr int kRoundsMax = 2000;  // of packets both ways, without time between them
constexpr std::size_t kStreamBytesMax = 8192;

fuzz::Goal answered("a query has its reply");
fuzz::Goal closed("a client that breaks RFC 9250 is closed");
fuzz::Goal cancelled("a query is cancelled");
fuzz::Goal foreign("a packet of no connection is answered");

std::shared_ptr<const Credentials> credentials() {
    static const auto pair = test::make_certificate_pair("dns.example", -3600, 360'000'000);
    return Credentials::create({.chain = pair.chain, .key = pair.key}).value();
}

relay::Settings settings() {
    return {.sockets = 1,
            .links = 1,
            .connections_max = 8,
            .per_client_max = 8,
            .handshakes_per_client_max = 4,
            .streams_max = 6,
            .client = {},
            .idle = milliseconds{10000},
            .handshake = milliseconds{5000},
            .stall = milliseconds{3000},
            .secret = {1, 2, 3}};
}

class World : private Outlet {
public:
    virtual ~World() = default;
    World() : endpoint_(settings(), *this) {
        static const auto kCredentials = credentials();
        endpoint_.set_credentials(kCredentials);
        exchange();
        CENOTE_CHECK(client_.complete());
    }

    void act(fuzz::Input& input) {
        const std::uint8_t choices = input.u8();
        const auto fin = (choices & 0x80U) != 0 ? Client::Fin::Yes : Client::Fin::No;
        switch (choices & 7U) {
            case 0: open(input.framed(), fin); break;
            case 1: go_on(input.framed(), fin); break;
            case 2: cancel(); break;
            case 3: deliver_foreign(input.framed()); break;
            case 4: pass(milliseconds{input.u16()}); break;
            case 5: flips_ = input.u16(); break;
            case 6: holds_ = !holds_; break;
            default: is_full_ = !is_full_; break;
        }
        exchange();
        expect_sound();
    }
    void finish() {
        holds_ = false;
        exchange();
        expect_sound();
        endpoint_.close_all(now_);
        pass(seconds{30});
        CENOTE_CHECK(asked_.empty());  // each was replied to or dropped
    }

private:
    struct Sent {
        Bytes bytes;
        bool finished = false;
        bool over = false;  // cancelled
    };
    struct Asked {
        SlabHandle connection;
        std::int64_t stream = 0;
        Bytes message;
    };

    void open(ByteView bytes, Client::Fin fin) {
        if (!client_.alive() || !client_.may_open()) return;
        const Bytes own(bytes.begin(),
                        bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), kStreamBytesMax)));
        last_ = client_.open(own, fin);
        sent_[last_] = {own, fin == Client::Fin::Yes, false};
    }
    void go_on(ByteView bytes, Client::Fin fin) {
        const auto found = sent_.find(last_);
        if (!client_.alive() || found == sent_.end() || found->second.finished || found->second.over) return;
        if (found->second.bytes.size() + bytes.size() > kStreamBytesMax) return;
        found->second.bytes.insert(found->second.bytes.end(), bytes.begin(), bytes.end());
        found->second.finished = fin == Client::Fin::Yes;
        client_.send(last_, {bytes.begin(), bytes.end()}, fin);
    }
    void cancel() {
        const auto found = sent_.find(last_);
        if (!client_.alive() || found == sent_.end() || found->second.over) return;
        found->second.over = true;
        client_.cancel(last_);
        cancelled.reach();
    }
    /// From another port of the client's address, so that the client gets no answer to it.
    void deliver_foreign(ByteView packet) {
        const Bytes own(packet.begin(), packet.end());
        SocketAddress from = client_.own();
        ++from.port;
        is_foreign_ = true;
        endpoint_.take_datagram({.peer = from, .local = ClientOptions{}.server, .socket = 0}, own, now_);
        is_foreign_ = false;
    }
    void pass(milliseconds time) {
        for (const Ticks end = now_ + time; now_ < end;) {
            now_ += milliseconds{100};
            client_.on_timer(now_);
            endpoint_.sweep(now_);
            exchange();
        }
    }
    void exchange() {
        for (int rounds = 0;; ++rounds) {
            CENOTE_CHECK(rounds < kRoundsMax);
            bool moved = false;
            for (Bytes packet : client_.packets(now_)) {
                if (const unsigned bit = std::exchange(flips_, 0U); bit != 0) fuzz::flip(packet, bit);
                endpoint_.take_datagram({.peer = client_.own(), .local = ClientOptions{}.server, .socket = 0}, packet,
                                        now_);
                moved = true;
            }
            reply_to_all();
            endpoint_.turn(now_);
            for (const Bytes& packet : std::exchange(to_client_, {})) {
                client_.receive(packet, now_);
                moved = true;
            }
            if (!moved) return;
        }
    }
    void reply_to_all() {
        while (!holds_ && !asked_.empty()) {
            const Asked query = asked_.begin()->second;
            asked_.erase(asked_.begin());
            CENOTE_CHECK(replied_.insert(query.stream).second);
            endpoint_.reply(query.connection, query.stream, query.message, now_);
        }
    }
    void expect_sound() {
        for (const auto& [stream, sent] : sent_) {
            if (sent.over || !replied_.contains(stream)) continue;
            const auto reply = client_.reply(stream);
            if (!reply) continue;  // lost on its way, or the connection has ended
            CENOTE_CHECK(std::ranges::equal(*reply, ByteView(sent.bytes).subspan(kLengthSize)));
            answered.reach();
        }
        const auto& ended = client_.ended();
        if (!ended || !ended->by_application) return;
        CENOTE_CHECK(ended->code <= 2 || ended->code == 4);
        if (ended->code == static_cast<std::uint64_t>(DoqError::Protocol)) closed.reach();
    }

    void send_datagram(const Route& route, ByteView packet) noexcept override {
        CENOTE_CHECK(packet.size() <= kPacketBytesMax);
        if (is_foreign_ && !packet.empty()) foreign.reach();
        if (route.peer == client_.own() && !packet.empty()) to_client_.emplace_back(packet.begin(), packet.end());
    }
    SlabHandle take_query(SlabHandle connection, std::int64_t stream, const Route& route, ByteView message) override {
        CENOTE_CHECK(route.peer.ip == client_.own().ip);
        const auto sent = sent_.find(stream);
        CENOTE_CHECK(sent != sent_.end() && sent->second.finished);
        CENOTE_CHECK(std::ranges::equal(sent->second.bytes, Client::framed({message.begin(), message.end()})));
        CENOTE_CHECK(may_be_sent(message));
        if (is_full_) return {};
        const std::uint32_t slot = next_++;
        asked_[slot] = {connection, stream, {message.begin(), message.end()}};
        return {.slot = slot, .generation = 1};
    }
    void drop_query(SlabHandle query) override { CENOTE_CHECK(asked_.erase(query.slot) == 1); }

    Ticks now_ = Ticks{} + std::chrono::hours{1};
    std::vector<Bytes> to_client_;
    std::map<std::uint32_t, Asked> asked_;
    std::map<std::int64_t, Sent> sent_;
    std::set<std::int64_t> replied_;
    std::int64_t last_ = -1;
    std::uint32_t next_ = 0;
    unsigned flips_ = 0;    // not 0: the bit of the client's next packet that is changed
    bool holds_ = false;    // the daemon does not reply yet
    bool is_full_ = false;  // it takes no query
    bool is_foreign_ = false;
    Client client_{ClientOptions{}, now_};
    Endpoint endpoint_;  // before what it calls ends
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    World world;
    for (std::size_t actions = 0; actions < kActionsMax && !input.empty(); ++actions) world.act(input);
    world.finish();
    return 0;
}
