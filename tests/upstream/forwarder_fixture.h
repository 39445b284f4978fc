// SPDX-License-Identifier: Apache-2.0
//
// A forwarder on a real loop, and a sink that records its calls.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "resolver/loop/loop.h"
#include "resolver/upstream/upstream.h"
#include "tests/support/scripted_upstream.h"
#include "tests/upstream/raw_lane.h"

namespace cenote::upstream {

using test::Action;
using test::Bytes;
using test::Script;
using test::ScriptedUpstream;
using test::SeenQuery;

using Actions = std::vector<Action>;

/// Sends the right answer after `delay`.
inline Script after(milliseconds delay) {
    return [delay](const SeenQuery& query) {
        return Actions{{Action::Kind::Send, test::right_answer(query.bytes), delay}};
    };
}

inline Query query_for(const std::string& name) {
    Query query;
    query.question.name = *wire::Name::parse(name);
    query.question.type = wire::RrType::A;
    return query;
}

inline bool contains(const Bytes& bytes, const Bytes& part) {
    return std::search(bytes.begin(), bytes.end(), part.begin(), part.end()) != bytes.end();
}

struct Reported {
    Ending ending{};
    Bytes answer;
    wire::AnswerInfo shape;
    std::vector<Waiter> waiters;
    Ticks at{};
    std::vector<Asked> asked;
};

class RecordingSink final : public AnswerSink {
public:
    explicit RecordingSink(loop::Loop& loop) : loop_(loop) {}

    void complete(const Query& query, const Completion& completion, std::span<const Waiter> waiters,
                  Ticks now) noexcept override {
        reported[query.question.name.to_string()].push_back({completion.ending,
                                                             {completion.answer.begin(), completion.answer.end()},
                                                             completion.shape,
                                                             {waiters.begin(), waiters.end()},
                                                             now,
                                                             {completion.asked.begin(), completion.asked.end()}});
        completions += waiters.size();
        if (on_complete) on_complete(query);
        if (completions >= wanted) loop_.stop();
    }
    void on_client_response_timeout(const Query& query, std::span<const Waiter> waiters, Ticks) noexcept override {
        delays[query.question.name.to_string()] += waiters.size();
    }

    bool wants_asked() const noexcept override { return asked_wanted; }

    bool asked_wanted = false;
    std::map<std::string, std::vector<Reported>> reported;
    std::map<std::string, std::size_t> delays;
    std::function<void(const Query&)> on_complete;
    std::size_t completions = 0;
    std::size_t wanted = 0;

private:
    loop::Loop& loop_;
};

class ForwarderTest : public testing::Test {
protected:
    static Options options_for(const std::vector<SocketAddress>& servers) {
        Options options;
        for (const SocketAddress& server : servers) options.servers.push_back({server, ""});
        options.timeout = milliseconds(1000);
        options.stale_after = milliseconds(700);
        options.exchanges_max = 256;
        options.sockets_max = 64;
        return options;
    }

    void start(const Options& options) {
        forwarder_.reset();  // a lane is of one forwarder
        forwarder_ = make_forwarder(loop_, sink_, options, test::raw_lane(options));
        timeout_ = options.timeout;
    }
    void start(const ScriptedUpstream& upstream) { start(options_for({upstream.address()})); }

    Ticket ask(const std::string& name) { return ask(query_for(name)); }
    Ticket ask(const Query& query) {
        loop_.update_now();
        return forwarder_->resolve(query, next_waiter_++, loop_.now());
    }

    /// Runs the loop until that many waiters have got their completion in all.
    void run_until(std::size_t completions) {
        sink_.wanted = completions;
        if (sink_.completions < completions) loop_.run();
    }
    void run_for(milliseconds time) {
        loop::Timer timer(loop_, [this] { loop_.stop(); });
        sink_.wanted = ~std::size_t{0};
        timer.start(time, milliseconds(0));
        loop_.run();
    }
    /// Asks, waits, and returns the completion. In time means: before a timer of the same loop that is due a little
    /// after the timeout, however slow the machine is.
    Reported resolve(const std::string& name) {
        bool late = false;
        const std::size_t wanted = sink_.completions + 1;
        loop::Timer limit(loop_, [&] { late = sink_.completions < wanted; });  // both may be due in one turn
        loop_.update_now();
        limit.start(timeout_ + milliseconds(50), milliseconds(0));
        EXPECT_EQ(ask(name), Ticket::Leading);
        run_until(wanted);
        EXPECT_FALSE(late);
        return sink_.reported[name].empty() ? Reported{} : sink_.reported[name].back();
    }

    static bool is_right(const Reported& reported) {
        return reported.ending == Ending::Answered && contains(reported.answer, {192, 0, 2, 1}) &&
               !contains(reported.answer, {203, 0, 113, 66});
    }

    loop::Loop loop_;
    RecordingSink sink_{loop_};
    std::unique_ptr<Forwarder> forwarder_;
    milliseconds timeout_{0};
    Waiter next_waiter_ = 1;
};

}  // namespace cenote::upstream
