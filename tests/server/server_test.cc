// SPDX-License-Identifier: Apache-2.0
//
// The whole server on loopback: start, drain, stop, and the sockets that outlive it.
#include "resolver/server/server.h"

#include <fcntl.h>

#include <thread>

#include "tests/server/fixture.h"

namespace cenote::server {
namespace {

using testing::connected;
using testing::framed;
using testing::id_of;
using testing::local_query;
using testing::read_message;
using testing::read_some;
using testing::write_all;

class ServerTest : public ::testing::Test, public testing::World {
protected:
    ServerTest() {
        options.workers = 2;
        add_udp_and_tcp(options.listen, testing::address("127.0.0.1:0"));
    }
    std::unique_ptr<Server> start(std::vector<UniqueFd> inherited) {
        auto server = Server::start(options, std::move(inherited), *published, cache, hub, nullptr, tls);
        if (!server) ADD_FAILURE() << server.error().text;
        return server ? std::move(*server) : nullptr;
    }
    static void wait_drained(const Server& server) {
        while (!server.drained()) std::this_thread::yield();
    }
    static std::vector<UniqueFd> copies(const Server& server) {
        std::vector<UniqueFd> copies;
        for (const int fd : server.descriptors()) copies.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
        return copies;
    }

    Options options;
    Published<loop::TlsServer> tls{nullptr};
};

TEST_F(ServerTest, EveryWorkerAnswersUdpAndTcp) {
    const auto server = start({});
    ASSERT_NE(server, nullptr);
    EXPECT_EQ(server->size(), 2U);
    ASSERT_EQ(server->addresses().size(), 1U);
    EXPECT_EQ(server->descriptors().size(), 4U);
    EXPECT_TRUE(server->absent().empty());
    const SocketAddress where = server->addresses().front();
    for (std::uint16_t id = 0; id < 40; ++id) {  // each from a port of its own: the kernel spreads them over workers
        const UniqueFd udp = connected(where, SOCK_DGRAM);
        write_all(udp.get(), local_query(id));
        EXPECT_EQ(id_of(read_some(udp.get())), id);
        const UniqueFd tcp = connected(where, SOCK_STREAM);
        write_all(tcp.get(), framed(local_query(id)));
        EXPECT_EQ(id_of(read_message(tcp.get())), id);
    }
}

TEST_F(ServerTest, WorkersReportThatTheyLive) {
    const auto server = start({});
    ASSERT_NE(server, nullptr);
    for (std::size_t worker = 0; worker < server->size(); ++worker) {
        const auto turns = [&] { return server->reports().at(worker).turns; };
        for (const std::uint64_t before = turns(); turns() == before;) std::this_thread::yield();
    }
}

TEST_F(ServerTest, ADrainedServerHasEndedAndItsSocketsKeepTheQueries) {
    auto server = start({});
    ASSERT_NE(server, nullptr);
    const SocketAddress where = server->addresses().front();
    std::vector<UniqueFd> parked = copies(*server);
    EXPECT_FALSE(server->drained());
    server->begin_drain();
    wait_drained(*server);
    server->stop();
    server.reset();

    const UniqueFd udp = connected(where, SOCK_DGRAM);
    const UniqueFd tcp = connected(where, SOCK_STREAM);
    write_all(udp.get(), local_query(1));
    write_all(tcp.get(), framed(local_query(2)));
    const auto next = start(std::move(parked));
    ASSERT_NE(next, nullptr);
    EXPECT_EQ(next->addresses().front(), where);
    EXPECT_EQ(id_of(read_some(udp.get())), 1);
    EXPECT_EQ(id_of(read_message(tcp.get())), 2);
}

TEST_F(ServerTest, StopEndsWorkersThatWereNotDrained) {
    const auto server = start({});
    ASSERT_NE(server, nullptr);
    const UniqueFd tcp = connected(server->addresses().front(), SOCK_STREAM);
    write_all(tcp.get(), framed(local_query(1)));
    EXPECT_EQ(id_of(read_message(tcp.get())), 1);
    server->stop();
    EXPECT_TRUE(server->drained());
    EXPECT_TRUE(read_message(tcp.get()).empty()) << "the connection is closed";
    server->stop();  // once more does no harm
}

TEST_F(ServerTest, IdleWorkersReleaseTheOldSnapshot) {
    const auto server = start({});
    ASSERT_NE(server, nullptr);
    const std::weak_ptr<const engine::Snapshot> old = published->current();
    publish(std::make_shared<engine::Snapshot>(base));
    server->wake();
    while (!old.expired()) std::this_thread::yield();
    EXPECT_NE(published->current(), nullptr);
}

TEST_F(ServerTest, AnAddressInUseIsTheErrorOfStart) {
    const auto first = start({});
    ASSERT_NE(first, nullptr);
    options.listen.clear();
    add_udp_and_tcp(options.listen, first->addresses().front());
    const auto second = Server::start(options, {}, *published, cache, hub, nullptr, tls);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().text.find("cannot listen on"), std::string::npos) << second.error().text;
}

TEST(WorkerCountTest, IsWhatTheOptionsSayOrOnePerCpu) {
    Options options;
    EXPECT_GE(worker_count(options), 1U);
    options.workers = 7;
    EXPECT_EQ(worker_count(options), 7U);
}

}  // namespace
}  // namespace cenote::server
