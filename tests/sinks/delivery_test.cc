// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "resolver/sinks/syslog_export.h"
#include "tests/sinks/listener.h"

namespace cenote::sinks {
namespace {

using ::testing::HasSubstr;
using testing::Listener;
using testing::quick;
using testing::record;
using testing::Stream;

class DeliveryTest : public ::testing::Test {
protected:
    std::unique_ptr<SyslogExport> start(const Listener& listener, const Delivery::Options& delivery = quick()) {
        return std::make_unique<SyslogExport>(
            ExportOptions{
                .to = listener.destination(Channel::Tcp), .format = LogFormat::Jsonl, .what = Scope::Directives},
            LogOrigin{}, delivery);
    }
    static void send(SyslogExport& to, const std::string& name) {
        to.take(record(name));
        to.end_round({});
    }
};

TEST_F(DeliveryTest, AReceiverThatIsNotThereIsAProblemBeforeTheFirstHit) {
    auto listener = std::make_unique<Listener>();
    const Destination to = listener->destination(Channel::Tcp);
    const SocketAddress address = listener->address();
    auto sender = start(*listener);
    listener->accept();
    listener.reset();
    while (sender->problem().empty()) std::this_thread::yield();
    send(*sender, "waits.example");
    EXPECT_EQ(sender->lost(), 0U);
    const Listener again(SOCK_STREAM, address.port);
    EXPECT_THAT(*again.accept().counted(), HasSubstr("waits.example")) << "it was kept in the queue";
}

TEST_F(DeliveryTest, AReceiverThatComesBackGetsTheRestAndIsNoProblemAnyMore) {
    const Listener listener;
    const auto sender = start(listener);
    {
        send(*sender, "one.example");
        EXPECT_THAT(*listener.accept().counted(), HasSubstr("one.example"));
    }
    Stream second = listener.accept();  // it connects without anything to send
    send(*sender, "two.example");
    EXPECT_THAT(*second.counted(), HasSubstr("two.example"));
    while (!sender->problem().empty()) std::this_thread::yield();
}

TEST_F(DeliveryTest, TheQueueHasALimitWhenTheReceiverNeverReads) {
    const Listener listener;
    Delivery::Options delivery = quick();
    delivery.limits.answer = milliseconds{1};
    delivery.limits.drain = milliseconds{1};
    auto sender = start(listener, delivery);
    const Stream stream = listener.accept();
    while (sender->lost() == 0 || sender->problem().empty()) send(*sender, "name.example");
    EXPECT_THAT(sender->problem(), HasSubstr("it has taken nothing for 0.001 s"));
    const std::uint64_t before = sender->lost();
    sender->stop();
    sender->join();
    const std::uint64_t queued = sender->lost() - before;
    EXPECT_GT(queued, 0U) << "what could not be sent is counted";
    EXPECT_LE(queued * 300, delivery.queue_max) << "a line has more than 300 bytes";
}

TEST_F(DeliveryTest, AReceiverThatReadsAgainLosesNothingOfTheQueue) {
    const Listener listener;
    Delivery::Options delivery = quick();
    delivery.limits.answer = milliseconds{1};
    auto sender = start(listener, delivery);
    Stream stream = listener.accept();
    std::uint64_t sent = 0;
    for (; sender->problem().empty(); ++sent) send(*sender, "name.example");
    send(*sender, "last.example");
    const std::uint64_t lost = sender->lost();
    std::uint64_t got = 0;
    std::string message;
    std::thread end([&] { sender.reset(); });
    while (auto next = stream.counted()) {
        message = *next;
        ++got;
    }
    end.join();
    EXPECT_EQ(got + lost, sent + 1);
}

TEST_F(DeliveryTest, AFrameThatWasCutIsSentWholeAgain) {
    const Listener listener;
    auto sender = start(listener);
    const std::string long_name(60'000, 'n');
    {
        Stream first = listener.accept();
        const int small = 1;
        ::setsockopt(first.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        send(*sender, long_name);
        EXPECT_TRUE(first.bytes(10));
    }
    // The kernel may have taken all of it before the end; then nothing comes again.
    send(*sender, "last.example");
    Stream second = listener.accept();
    const auto next = second.counted();
    ASSERT_TRUE(next);
    EXPECT_THAT(*next, ::testing::AnyOf(HasSubstr(long_name), HasSubstr("last.example")));
    EXPECT_THAT(*next, ::testing::StartsWith("<134>1 ")) << "no frame begins in its middle";
}

}  // namespace
}  // namespace cenote::sinks
