// SPDX-License-Identifier: Apache-2.0
//
// The verdicts of the filter, from the kernel itself (BPF_PROG_TEST_RUN), which needs root.
#include "resolver/xdp/filter.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <random>

#include "resolver/base/fd.h"
#include "resolver/xdp/frame.h"
#include "resolver/xdp/socket.h"
#include "tests/support/capabilities.h"
#include "tests/xdp/frames.h"

namespace cenote::xdp {
namespace {

using testing::Bytes;
using testing::kQuery4;
using testing::kQuery6;

constexpr Mac kMac{2, 0, 0, 0, 0, 0x0b};

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

class FilterTest : public ::testing::Test {
protected:
    void SetUp() override {
        test::keep_capabilities_of_the_unit();
        auto loaded = Filter::load(2);
        if (!loaded && !is_built()) GTEST_SKIP() << "built without AF_XDP";
        if (!loaded && (loaded.error() == EPERM || loaded.error() == EACCES))
            GTEST_SKIP() << "the kernel takes filters from root only";
        ASSERT_TRUE(loaded.ok()) << std::strerror(loaded.error());
        filter = std::move(*loaded);
        socket.reset(::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
        ASSERT_EQ(filter->set_socket(0, socket.get()), 0);
        ASSERT_EQ(filter->set_mac(kMac), 0);
        ASSERT_EQ(filter->set_places({{ip("192.0.2.53"), 53}, {ip("2001:db8::53"), 53}},
                                     {ip("192.0.2.53"), ip("192.0.2.54"), ip("2001:db8::53"), ip("2001:db8::54")}),
                  0);
    }

    [[nodiscard]] std::uint32_t verdict(const Bytes& frame) const {
        Bytes out(4096);
        bpf_attr run{};
        run.test.prog_fd = static_cast<std::uint32_t>(filter->program());
        run.test.data_in = reinterpret_cast<std::uintptr_t>(frame.data());
        run.test.data_size_in = static_cast<std::uint32_t>(frame.size());
        run.test.data_out = reinterpret_cast<std::uintptr_t>(out.data());
        run.test.data_size_out = static_cast<std::uint32_t>(out.size());
        EXPECT_EQ(::syscall(SYS_bpf, BPF_PROG_TEST_RUN, &run, sizeof run), 0) << std::strerror(errno);
        return run.test.retval;
    }
    [[nodiscard]] std::uint32_t verdict_changed(Bytes frame, std::size_t at,
                                                std::initializer_list<std::uint8_t> bytes) const {
        std::copy(bytes.begin(), bytes.end(), frame.begin() + static_cast<std::ptrdiff_t>(at));
        return verdict(frame);
    }

    std::unique_ptr<Filter> filter;
    UniqueFd socket;
};

TEST_F(FilterTest, PlainQueriesAreRedirected) {
    EXPECT_EQ(verdict(kQuery4), XDP_REDIRECT);
    EXPECT_EQ(verdict(kQuery6), XDP_REDIRECT);
    Bytes padded = kQuery4;
    padded.resize(kFrameMax);
    EXPECT_EQ(verdict(padded), XDP_REDIRECT);
    padded.push_back(0);
    EXPECT_EQ(verdict(padded), XDP_PASS);
    EXPECT_EQ(filter->counts(0).redirected, 3U);
    EXPECT_EQ(filter->counts(0).passed, 1U);
}

TEST_F(FilterTest, OtherThingsArePassed) {
    EXPECT_EQ(verdict_changed(kQuery4, 14, {0x46}), XDP_PASS);        // options
    EXPECT_EQ(verdict_changed(kQuery4, 20, {0x20}), XDP_PASS);        // the first fragment
    EXPECT_EQ(verdict_changed(kQuery4, 20, {0x00, 0x05}), XDP_PASS);  // a later one
    EXPECT_EQ(verdict_changed(kQuery4, 23, {6}), XDP_PASS);           // TCP
    EXPECT_EQ(verdict_changed(kQuery4, 12, {0x81, 0x00}), XDP_PASS);  // VLAN
    EXPECT_EQ(verdict_changed(kQuery4, 12, {0x08, 0x06}), XDP_PASS);  // ARP
    EXPECT_EQ(verdict_changed(kQuery4, 16, {0x00, 0xff}), XDP_PASS);  // longer than the frame
    EXPECT_EQ(verdict_changed(kQuery4, 36, {0x00, 0x36}), XDP_PASS);  // another port
    EXPECT_EQ(verdict_changed(kQuery4, 33, {54}), XDP_PASS);          // another address
    EXPECT_EQ(verdict_changed(kQuery4, 34, {0, 0}), XDP_PASS);        // from port 0
    EXPECT_EQ(verdict_changed(kQuery4, 38, {0, 0x22}), XDP_PASS);     // the lengths differ
    EXPECT_EQ(verdict_changed(kQuery6, 20, {0}), XDP_PASS);           // hop-by-hop options
    EXPECT_EQ(verdict_changed(kQuery6, 20, {44}), XDP_PASS);          // a fragment
    EXPECT_EQ(verdict_changed(kQuery6, 20, {58}), XDP_PASS);          // ICMPv6
    EXPECT_EQ(verdict_changed(kQuery6, 18, {0, 0xff}), XDP_PASS);
    EXPECT_EQ(verdict_changed(kQuery6, 56, {0, 0x36}), XDP_PASS);
}

TEST_F(FilterTest, ForeignMacAddressesArePassed) {
    for (const Bytes& whole : {kQuery4, kQuery6}) {
        EXPECT_EQ(verdict_changed(whole, 5, {0x0c}), XDP_PASS);  // to another machine
        EXPECT_EQ(verdict_changed(whole, 0, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), XDP_PASS);
        EXPECT_EQ(verdict_changed(whole, 6, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), XDP_PASS);  // the reply went to all
        EXPECT_EQ(verdict_changed(whole, 6, {0x01}), XDP_PASS);
    }
}

TEST_F(FilterTest, SourcesThatNoNetworkHasArePassed) {
    for (const std::initializer_list<std::uint8_t>& from : {std::initializer_list<std::uint8_t>{127, 0, 0, 1},
                                                            {0, 0, 0, 0},
                                                            {224, 0, 0, 1},
                                                            {255, 255, 255, 255},
                                                            {192, 0, 2, 53},
                                                            {192, 0, 2, 54}})
        EXPECT_EQ(verdict_changed(kQuery4, 26, from), XDP_PASS);
    EXPECT_EQ(verdict_changed(kQuery4, 26, {192, 0, 2, 55}), XDP_REDIRECT);
    EXPECT_EQ(verdict_changed(kQuery6, 22, {0xfe, 0x80}), XDP_PASS);
    EXPECT_EQ(verdict_changed(kQuery6, 22, {0xff, 0x02}), XDP_PASS);
    EXPECT_EQ(verdict_changed(kQuery6, 37, {0x54}), XDP_PASS);
    EXPECT_EQ(verdict_changed(kQuery6, 37, {0x55}), XDP_REDIRECT);
    EXPECT_EQ(verdict_changed(kQuery6, 22, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), XDP_PASS);  // IPv4-mapped
    EXPECT_EQ(verdict_changed(kQuery6, 22, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), XDP_PASS);
}

TEST_F(FilterTest, QueueWithoutSocketIsPassed) {
    auto other = Filter::load(1);
    ASSERT_TRUE(other.ok());
    filter = std::move(*other);
    ASSERT_EQ(filter->set_mac(kMac), 0);
    ASSERT_EQ(filter->set_places({{ip("192.0.2.53"), 53}}, {}), 0);
    EXPECT_EQ(verdict(kQuery4), XDP_PASS);
    EXPECT_EQ(filter->counts(0).passed, 1U);
}

TEST_F(FilterTest, PlacesAreReplaced) {
    ASSERT_EQ(filter->set_places({{ip("192.0.2.99"), 5300}}, {}), 0);
    EXPECT_EQ(verdict(kQuery4), XDP_PASS);
    EXPECT_EQ(verdict(kQuery6), XDP_PASS);
    ASSERT_EQ(filter->set_places({{ip("2001:db8::53"), 53}, {ip("2001:db8::53"), 53}}, {}), 0);
    EXPECT_EQ(verdict(kQuery6), XDP_REDIRECT);
}

/// Random changes: nothing is redirected that read_frame() does not take for plain, and nothing is passed that it
/// takes.
TEST_F(FilterTest, AgreesWithTheReaderOfFrames) {
    std::mt19937 random(20260101);  // NOLINT(cert-msc51-cpp): the same each time
    int redirected = 0;
    for (int i = 0; i < 20000; ++i) {
        Bytes frame = i % 2 == 0 ? kQuery4 : kQuery6;
        for (unsigned changes = random() % 4; changes > 0; --changes)
            frame[random() % (changes == 1 ? frame.size() : 64)] = static_cast<std::uint8_t>(random());
        if (random() % 8 == 0) frame.resize(14 + random() % (frame.size() - 13));
        FrameQuery query;
        const FrameRead read = read_frame(frame, query);
        const bool to_us = std::equal(kMac.begin(), kMac.end(), frame.begin()) && query.local.port == 53 &&
                           (query.local.ip == ip("192.0.2.53") || query.local.ip == ip("2001:db8::53"));
        const bool taken = verdict(frame) == XDP_REDIRECT;
        const bool own = query.peer.ip == ip("192.0.2.54") || query.peer.ip == ip("2001:db8::54");
        EXPECT_FALSE(taken && read == FrameRead::NotPlain) << i;
        EXPECT_FALSE(!taken && read == FrameRead::Ok && to_us && !own) << i;
        redirected += taken ? 1 : 0;
    }
    EXPECT_GT(redirected, 2000);
}

}  // namespace
}  // namespace cenote::xdp
