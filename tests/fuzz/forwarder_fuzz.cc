// SPDX-License-Identifier: Apache-2.0
//
// The state machine of a query to upstream, on real sockets: whatever a server answers, with whatever ids and
// questions, each waiter gets one end; an answer only where a datagram with the id and the question of its query came,
// and then one that is scrubbed already.
//
// Input: for each datagram a byte (1: the id is right, 2: the question, 4: it is the last one for this query), its
// length in two bytes, and the datagram; where it gets the question of the query, without one of its own.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/loop/loop.h"
#include "resolver/upstream/upstream.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::upstream;

using Bytes = std::vector<std::uint8_t>;

constexpr milliseconds kTimeout{20};
constexpr std::size_t kQuestionsMax = 2;

fuzz::Goal answered("a query is answered");
fuzz::Goal unanswered("a query ends without an answer");

/// A socket on loopback whose answers are those of the input.
class Server {
public:
    explicit Server(loop::Loop& loop) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_storage native{};
        socklen_t size = SocketAddress::parse("127.0.0.1:0", 0).value().to_native(native);
        CENOTE_CHECK(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&native), size) == 0);
        CENOTE_CHECK(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&native), &size) == 0);
        address_ = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
        poll_ = std::make_unique<loop::Poll>(loop, fd_.get(), [this](unsigned) { receive(); });
        poll_->watch(loop::Poll::kReadable);
    }
    void play(ByteView script) {
        std::uint8_t byte = 0;
        while (::recv(fd_.get(), &byte, 1, MSG_DONTWAIT) >= 0) continue;  // what the queries before have sent again
        script_ = fuzz::Input(script);
        matched_ = false;
    }
    [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }
    /// A datagram with the right id and question was sent.
    [[nodiscard]] bool matched() const noexcept { return matched_; }

private:
    void receive() {
        Bytes query(wire::kMessageMax);
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const ssize_t got =
            ::recvfrom(fd_.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got < static_cast<ssize_t>(wire::kHeaderSize)) return;
        query.resize(static_cast<std::size_t>(got));
        while (!script_.empty()) {
            const std::uint8_t choices = script_.u8();
            const Bytes datagram = next_datagram(query, choices);
            (void)::sendto(fd_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&from), size);
            if ((choices & 4U) != 0) return;
        }
    }
    Bytes next_datagram(const Bytes& query, std::uint8_t choices) {
        const ByteView rest = script_.framed();
        Bytes datagram(rest.begin(), rest.end());
        if ((choices & 2U) != 0 && rest.size() >= wire::kHeaderSize) {
            std::size_t end = wire::kHeaderSize;
            CENOTE_CHECK(wire::skip_name(query, end));
            datagram.assign(rest.begin(), rest.begin() + wire::kHeaderSize);
            datagram[2] |= 0x80;
            datagram[4] = 0, datagram[5] = 1;
            datagram.insert(datagram.end(), query.begin() + wire::kHeaderSize,
                            query.begin() + static_cast<std::ptrdiff_t>(end + 4));
            datagram.insert(datagram.end(), rest.begin() + wire::kHeaderSize, rest.end());
        }
        if ((choices & 1U) != 0 && datagram.size() >= 2) std::copy_n(query.begin(), 2, datagram.begin());
        matched_ = matched_ || wire::match_reply(datagram, query, false) == wire::MatchStatus::Match;
        return datagram;
    }

    UniqueFd fd_;
    SocketAddress address_;
    fuzz::Input script_{ByteView()};
    bool matched_ = false;
    std::unique_ptr<loop::Poll> poll_;
};

class Sink final : public AnswerSink {
public:
    Sink(loop::Loop& loop, const Server& server) : loop_(loop), server_(server) {}

    void complete(const Query& query, const Completion& completion, std::span<const Waiter> waiters,
                  Ticks) noexcept override {
        for (const Waiter waiter : waiters) CENOTE_CHECK(waiter < kQuestionsMax && !ended_[waiter]);
        for (const Waiter waiter : waiters) ended_[waiter] = true;
        CENOTE_CHECK((completion.ending == Ending::Answered) == !completion.answer.empty());
        if (completion.ending == Ending::Answered) {
            answered.reach();
            CENOTE_CHECK(server_.matched());
            expect_scrubbed(query, completion.answer, completion.shape);
        } else {
            unanswered.reach();
        }
        if (ended_[0] && ended_[1]) loop_.stop();
    }
    void on_client_response_timeout(const Query&, std::span<const Waiter>, Ticks) noexcept override {}

private:
    static void expect_scrubbed(const Query& query, ByteView answer, const wire::AnswerInfo& shape) {
        static Bytes again(wire::kMessageMax);
        std::size_t size = 0;
        wire::AnswerInfo second;
        CENOTE_CHECK(wire::scrub_answer(answer, query.question, again, size, second) == wire::AnswerStatus::Ok);
        CENOTE_CHECK(second.negative == shape.negative && second.rcode == static_cast<wire::Rcode>(answer[3] & 0x0fU));
    }

    loop::Loop& loop_;
    const Server& server_;
    std::array<bool, kQuestionsMax> ended_{};
};

Query question(const char* name, wire::RrType type) {
    Query query;
    query.question.name = wire::Name::parse(name).value();
    query.question.type = type;
    return query;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto* const loop = new loop::Loop;
    static auto* const server = new Server(*loop);
    static const std::array<Query, kQuestionsMax> kQuestions{question("a.example", wire::RrType::A),
                                                             question("b.example", wire::RrType::HTTPS)};
    server->play(ByteView(data, size));
    Options options;
    options.servers = {{server->address(), ""}};
    options.timeout = kTimeout;
    options.stale_after = kTimeout / 2;
    options.exchanges_max = 16;
    options.sockets_max = 8;
    Sink sink(*loop, *server);
    const auto forwarder = make_forwarder(*loop, sink, options);
    loop->update_now();
    for (Waiter waiter = 0; waiter < kQuestions.size(); ++waiter)
        CENOTE_CHECK(forwarder->resolve(kQuestions[waiter], waiter, loop->now()) == Ticket::Leading);
    loop->run();
    CENOTE_CHECK(forwarder->in_flight() == 0);
    return 0;
}
