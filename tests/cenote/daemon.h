// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for the daemon at its control socket, which gives prepared replies.
//
// Threads: the stand-in has one of its own; the tests have another.   Memory: the replies.   Failure: fails the test.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "resolver/control/control.h"
#include "tests/cenote/tool.h"

namespace cenote::cli {

using control::Json;
using control::Request;
using control::Response;
using testing::HasSubstr;

class DaemonTest : public ToolTest {
protected:
    void SetUp() override {
        ToolTest::SetUp();
        configure("");
        auto server = control::ControlServer::start(
            loop_, control::Options{.socket = folder_ / "control.sock"},
            [this](const control::Peer&, const Request& request, const control::ControlServer::Reply& reply) {
                const std::lock_guard lock(mutex_);
                asked_.push_back(request);
                const auto found = answers_.find(request.verb);
                reply(found != answers_.end() ? found->second : Response{});
            });
        ASSERT_TRUE(server.ok()) << server.error().text;
        server_ = std::move(*server);
        thread_ = std::thread([this] { loop_.run(); });
    }

    void TearDown() override {
        stop_.notify();
        thread_.join();
        server_.reset();
    }

    void answer(const std::string& verb, Json data) {
        const std::lock_guard lock(mutex_);
        answers_[verb] = {.ok = true, .more = false, .error = {}, .data = std::move(data)};
    }

    void refuse(const std::string& verb, std::string error) {
        const std::lock_guard lock(mutex_);
        answers_[verb] = {.ok = false, .more = false, .error = std::move(error), .data = {}};
    }

    Request last_asked() {
        const std::lock_guard lock(mutex_);
        return asked_.back();
    }

    loop::Loop loop_;
    loop::Wakeup stop_{loop_, [this] { loop_.stop(); }};
    std::unique_ptr<control::ControlServer> server_;
    std::thread thread_;
    std::mutex mutex_;
    std::map<std::string, Response> answers_;
    std::vector<Request> asked_;
};

inline const Json kStatus{
    {"version", "0.1.0"},
    {"node", "node1"},
    {"uptime_s", 90},
    {"workers", 2},
    {"policy_version", 7},
    {"set", {{"path", "/a.set"}, {"domains", 3}, {"bytes", 100}, {"built_at", "2026-11-01T00:00:00Z"}}},
    {"upstreams", Json::array({{{"server", "9.9.9.9:53"}, {"healthy", true}, {"rtt_ms", 12}}})},
    {"queries", 4},
    {"problems", Json::array()}};

}  // namespace cenote::cli
