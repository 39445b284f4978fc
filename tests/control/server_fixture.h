// SPDX-License-Identifier: Apache-2.0
//
// A control server on a loop in a thread, and clients that keep or break the protocol.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "resolver/control/control.h"
#include "resolver/control/unix_socket.h"
#include "tests/support/temporary_folder.h"

namespace cenote::control {

/// A server with verbs for tests, on a loop in its own thread.
class ServerTest : public ::testing::Test {
protected:
    ~ServerTest() override { stop(); }

    void start(Options options) {
        options.socket = socket();
        auto server = ControlServer::start(
            loop_, options, [this](const Peer& peer, const Request& request, const ControlServer::Reply& reply) {
                handle(peer, request, reply);
            });
        ASSERT_TRUE(server.ok()) << server.error().text;
        server_ = std::move(*server);
        thread_ = std::thread([this] { loop_.run(); });
    }

    void stop() {
        if (thread_.joinable()) {
            stop_.notify();
            thread_.join();
        }
        server_.reset();
    }

    virtual void handle(const Peer& peer, const Request& request, const ControlServer::Reply& reply) {
        if (request.verb == "echo") return reply({.ok = true, .more = false, .error = {}, .data = request.args});
        if (request.verb == "who") return reply({.ok = true, .more = false, .error = {}, .data = peer.actor});
        if (request.verb == "number")
            return reply({.ok = true, .more = false, .error = {}, .data = request.args.at("n").get<int>()});
        if (request.verb == "large")
            return reply({.ok = true, .more = false, .error = {}, .data = std::string(kLineMax, 'x')});
        if (request.verb == "files") {
            Response response{.ok = true, .more = false, .error = {}, .data = 2};
            for (const char* name : {"one", "two"}) {
                std::ofstream(folder_ / name) << name;
                response.files.push_back(std::make_shared<const UniqueFd>(::open((folder_ / name).c_str(), O_RDONLY)));
                std::filesystem::remove(folder_ / name);
            }
            return reply(response);
        }
        if (request.verb == "later") {
            waiting_ = reply;
            return;
        }
        if (request.verb == "now") {
            if (waiting_) waiting_({.ok = true, .more = false, .error = {}, .data = "at last"});
            return reply({});
        }
        if (request.verb == "count") {
            for (int i = 0; i < 3; ++i) reply({.ok = true, .more = true, .error = {}, .data = i});
            reply({.ok = true, .more = false, .error = {}, .data = "end"});
            return reply({.ok = true, .more = false, .error = {}, .data = "a reply too many"});
        }
        reply({.ok = false, .more = false, .error = "no verb '" + request.verb + "'", .data = {}});
    }

    [[nodiscard]] Path socket() const { return folder_ / "control.sock"; }

    [[nodiscard]] std::unique_ptr<ControlClient> client() const {
        auto client = ControlClient::connect(socket());
        EXPECT_TRUE(client.ok()) << client.error().text;
        return client.ok() ? std::move(*client) : nullptr;
    }

    /// A socket on which a test breaks the protocol.
    [[nodiscard]] UniqueFd raw() const {
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto address = socket_address(socket());
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
        return fd;
    }

    static void send_all(const UniqueFd& fd, std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;  // the server may close before it has read everything
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// All bytes from the server until it closes.
    static std::string read_to_end(const UniqueFd& fd) {
        std::string all;
        char chunk[4096];
        for (ssize_t got = 0; (got = ::recv(fd.get(), chunk, sizeof chunk, 0)) > 0;)
            all.append(chunk, static_cast<std::size_t>(got));
        return all;
    }

    static Response call(ControlClient& client, const std::string& verb) {
        auto response = client.call({.verb = verb, .args = Json::object()}, nullptr);
        EXPECT_TRUE(response.ok()) << response.error().text;
        return response.ok() ? std::move(*response)
                             : Response{.ok = false, .more = false, .error = "no reply", .data = {}};
    }

    testing_support::TemporaryFolder folder_;
    loop::Loop loop_;
    loop::Wakeup stop_{loop_, [this] { loop_.stop(); }};
    std::unique_ptr<ControlServer> server_;
    ControlServer::Reply waiting_;
    std::thread thread_;
};

}  // namespace cenote::control
