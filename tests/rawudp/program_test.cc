// SPDX-License-Identifier: Apache-2.0
//
// The verdicts of the program, from the kernel itself (BPF_PROG_TEST_RUN), which needs root. It is attached to nothing.
#include "resolver/rawudp/program.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "resolver/rawudp/lane.h"
#include "tests/support/capabilities.h"

namespace cenote::rawudp {
namespace {

SocketAddress at(const char* text) { return SocketAddress::parse(text, 0).value(); }

std::uint64_t cookie_of(const UniqueFd& socket) {
    std::uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    EXPECT_EQ(getsockopt(socket.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
    return cookie;
}

bpf_sk_lookup lookup_of(const SocketAddress& from, const SocketAddress& to, std::uint32_t protocol = IPPROTO_UDP) {
    bpf_sk_lookup lookup{};
    lookup.family = static_cast<std::uint32_t>(from.family());
    lookup.protocol = protocol;
    lookup.remote_port = htons(from.port);
    lookup.local_port = to.port;
    if (from.ip.is_v4()) {
        std::memcpy(&lookup.remote_ip4, from.ip.v4_octets().data(), 4);
        std::memcpy(&lookup.local_ip4, to.ip.v4_octets().data(), 4);
    } else {
        std::memcpy(lookup.remote_ip6, from.ip.octets().data(), 16);
        std::memcpy(lookup.local_ip6, to.ip.octets().data(), 16);
    }
    return lookup;
}

class ProgramTest : public ::testing::Test {
protected:
    void SetUp() override {
        test::keep_capabilities_of_the_unit();
        auto loaded = Program::load(6);
        if (!loaded && !is_built()) GTEST_SKIP() << "built without programs for the kernel";
        if (!loaded && (loaded.error() == EPERM || loaded.error() == EACCES))
            GTEST_SKIP() << "the kernel takes programs from root only";
        ASSERT_TRUE(loaded.ok()) << std::strerror(loaded.error());
        program = std::move(*loaded);
        for (std::uint32_t owner = 0; owner < 3; ++owner)
            for (const int family : {AF_INET, AF_INET6}) {
                ways.push_back(open_way(family));
                if (!ways.back().usable()) GTEST_SKIP() << "needs IPv6: " << std::strerror(errno);
                ASSERT_EQ(program->set_socket(2 * owner + (family == AF_INET6), ways.back().in.get()), 0);
            }
        ASSERT_EQ(program->add_server(at("192.0.2.53:53")), 0);
        ASSERT_EQ(program->add_server(at("[2001:db8::53]:53")), 0);
    }

    /// The socket that gets the datagram: an index into `ways`, or -1: the one that the kernel finds.
    [[nodiscard]] int verdict(bpf_sk_lookup lookup) const {
        bpf_attr run{};
        run.test.prog_fd = static_cast<std::uint32_t>(program->descriptor());
        run.test.ctx_in = reinterpret_cast<std::uintptr_t>(&lookup);
        run.test.ctx_size_in = sizeof lookup;
        run.test.ctx_out = run.test.ctx_in;
        run.test.ctx_size_out = sizeof lookup;
        EXPECT_EQ(::syscall(SYS_bpf, BPF_PROG_TEST_RUN, &run, sizeof run), 0) << std::strerror(errno);
        EXPECT_EQ(run.test.retval, static_cast<std::uint32_t>(SK_PASS));
        for (std::size_t i = 0; i < ways.size(); ++i)
            if (lookup.cookie == cookie_of(ways[i].in)) return static_cast<int>(i);
        EXPECT_EQ(lookup.cookie, 0U);
        return -1;
    }
    [[nodiscard]] int verdict(const char* from, const char* to) const { return verdict(lookup_of(at(from), at(to))); }

    std::unique_ptr<Program> program;
    std::vector<Way> ways;  // of strays, of the first worker, of the second: IPv4 and IPv6
};

TEST_F(ProgramTest, TheOwnerOfThePortDecides) {
    const Ports ports(program->owners());
    for (const std::uint16_t port :
         std::array<std::uint16_t, 9>{1024, 1025, 1026, 1027, 5000, 40004, 40005, 40006, 65535}) {
        const SocketAddress own4{.ip = at("192.0.2.1:0").ip, .port = port};
        const SocketAddress own6{.ip = at("[2001:db8::1]:0").ip, .port = port};
        const auto both = [&] {
            return std::pair(verdict(lookup_of(at("192.0.2.53:53"), own4)),
                             verdict(lookup_of(at("[2001:db8::53]:53"), own6)));
        };
        EXPECT_EQ(both(), std::pair(0, 1)) << port;
        ASSERT_TRUE(ports.take(port, kFirstWorker));
        EXPECT_EQ(both(), std::pair(2, 3)) << port;
        ports.give_back(port);
        ASSERT_TRUE(ports.take(port, kFirstWorker + 1));
        EXPECT_EQ(both(), std::pair(4, 5)) << port;
        ports.give_back(port);
        ASSERT_TRUE(ports.take(port, kAnotherProgram));
        EXPECT_EQ(both(), std::pair(-1, -1)) << port;
    }
}

TEST_F(ProgramTest, OthersAreTheKernels) {
    EXPECT_EQ(verdict("192.0.2.54:53", "192.0.2.1:5000"), -1);
    EXPECT_EQ(verdict("192.0.2.53:54", "192.0.2.1:5000"), -1);
    EXPECT_EQ(verdict("192.0.2.53:53", "192.0.2.1:1023"), -1);
    EXPECT_EQ(verdict("[2001:db8::54]:53", "[2001:db8::1]:5000"), -1);
    EXPECT_EQ(verdict("[2001:db8::53]:853", "[2001:db8::1]:5000"), -1);
    EXPECT_EQ(verdict(lookup_of(at("192.0.2.53:53"), at("192.0.2.1:5000"), IPPROTO_TCP)), -1);
    EXPECT_EQ(verdict("192.0.2.53:53", "192.0.2.1:5000"), 0);
}

TEST_F(ProgramTest, ServersComeAndGo) {
    EXPECT_EQ(verdict("198.51.100.7:5353", "192.0.2.1:5000"), -1);
    ASSERT_EQ(program->add_server(at("198.51.100.7:5353")), 0);
    EXPECT_EQ(verdict("198.51.100.7:5353", "192.0.2.1:5000"), 0);
    ASSERT_EQ(program->remove_server(at("198.51.100.7:5353")), 0);
    EXPECT_EQ(verdict("198.51.100.7:5353", "192.0.2.1:5000"), -1);
    EXPECT_EQ(program->remove_server(at("198.51.100.7:5353")), ENOENT);
}

TEST_F(ProgramTest, AWorkerWithoutASocketLeavesThePort) {
    const Ports ports(program->owners());
    ASSERT_TRUE(ports.take(5000, 200));
    EXPECT_EQ(verdict("192.0.2.53:53", "192.0.2.1:5000"), -1);
}

}  // namespace
}  // namespace cenote::rawudp
