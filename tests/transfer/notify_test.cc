// SPDX-License-Identifier: Apache-2.0
//
// NOTIFY in both directions; the secondaries are sockets on loopback, the time is an argument.
#include "resolver/transfer/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/transfer/notify_sender.h"
#include "tests/transfer/secondary_for_tests.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using testing::kSecondary;
using testing::kZone;
using testing::question;
using testing::Secondary;
using wire::Rcode;
using wire::RrType;

const std::vector<SecondaryZoneOptions> kKept{
    {.list = "nation", .zone = kZone, .primary = kSecondary, .key = {}},
    {.list = "other", .zone = *wire::Name::parse("other.example"), .primary = kSecondary, .key = {}}};

TEST(Notify, ItsSenderMustBeThePrimary) {
    const Message notify = make_notify(kZone, 99);
    const auto reply = answer_notify(kKept, *SocketAddress::parse("192.0.2.9:5", 53), notify);
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->changed.size(), 1U);
    EXPECT_EQ(reply->changed[0].list, "nation");
    const auto header = read_header(reply->message);
    EXPECT_EQ(header->id, 99);
    EXPECT_TRUE(header->is_response());
    EXPECT_EQ(header->opcode(), wire::Opcode::Notify);
    EXPECT_EQ(header->rcode(), Rcode::NoError);
    EXPECT_TRUE(read_question(reply->message)->name == kZone);

    const auto forged = answer_notify(kKept, *SocketAddress::parse("192.0.2.10:53", 53), notify);
    EXPECT_TRUE(forged->changed.empty());
    EXPECT_EQ(read_header(forged->message)->rcode(), Rcode::NotAuth);
    EXPECT_EQ(
        read_header(answer_notify(kKept, kSecondary, make_notify(*wire::Name::parse("rpz"), 1))->message)->rcode(),
        Rcode::NotAuth)
        << "a zone that is not kept";
}

TEST(Notify, WhatIsNoNotifyIsLeftToOthers) {
    EXPECT_FALSE(answer_notify(kKept, kSecondary, question(RrType::SOA)));
    EXPECT_FALSE(answer_notify(kKept, kSecondary, Message(11, 0x24)));
}

TEST(Notify, OneThatCannotBeReadIsAnsweredWithoutItsQuestion) {
    const Message whole = make_notify(kZone, 1);
    for (std::size_t size = wire::kHeaderSize; size < whole.size(); ++size) {
        const auto reply = answer_notify(kKept, kSecondary, ByteView(whole).first(size));
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->message.size(), wire::kHeaderSize);
        EXPECT_EQ(read_header(reply->message)->rcode(), Rcode::NotAuth);
        EXPECT_TRUE(reply->changed.empty());
    }
}

TEST(Notify, RecordsBehindTheQuestionAreNotRepeated) {
    Message notify = make_notify(kZone, 1);
    notify[7] = 1;
    notify.insert(notify.end(), {0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 0, 0, 0});
    const auto reply = answer_notify(kKept, kSecondary, notify);
    EXPECT_EQ(reply->changed.size(), 1U);
    EXPECT_EQ(reply->message.size(), make_notify(kZone, 1).size());
    EXPECT_EQ(read_header(reply->message)->answers, 0);
}

PrimaryZoneOptions zone_for(std::vector<SocketAddress> notify) {
    return {.zone = kZone, .group = "everyone", .keys = {}, .notify = std::move(notify)};
}

TEST(NotifySender, ASecondaryIsSentNotifyUntilItAnswers) {
    Secondary secondary;
    NotifySender sender;
    const Ticks begin{seconds(100)};
    EXPECT_FALSE(sender.next_due());
    sender.announce(zone_for({secondary.address()}), begin);
    EXPECT_EQ(sender.next_due(), begin);
    sender.send_due(begin);
    const auto first = secondary.receive();
    ASSERT_TRUE(first);
    EXPECT_EQ(read_header(*first)->opcode(), wire::Opcode::Notify);
    EXPECT_TRUE(read_question(*first)->name == kZone);
    EXPECT_EQ(sender.next_due(), begin + seconds(2));
    sender.send_due(begin + milliseconds(1999));
    EXPECT_FALSE(secondary.receive()) << "before its time";
    sender.send_due(begin + seconds(2));
    EXPECT_EQ(secondary.receive(), first) << "the same message again";

    Message foreign = *first;
    foreign[0] ^= 1;
    secondary.answer(foreign);
    sender.read_answers();
    EXPECT_TRUE(sender.next_due()) << "an answer to another message";
    secondary.answer(Message(3, 0));
    sender.read_answers();
    EXPECT_TRUE(sender.next_due());
    secondary.answer(*first);
    sender.read_answers();
    EXPECT_FALSE(sender.next_due());
}

TEST(NotifySender, AnAnswerFromElsewhereCountsForNothing) {
    Secondary secondary, other;
    NotifySender sender;
    sender.announce(zone_for({secondary.address(), other.address()}), Ticks{});
    sender.send_due(Ticks{});
    const auto message = secondary.receive();
    ASSERT_TRUE(message && other.receive());
    other.answer(*message);  // with the other's id
    sender.read_answers();
    sender.send_due(Ticks{} + seconds(2));
    EXPECT_TRUE(secondary.receive());
    EXPECT_TRUE(other.receive());
}

TEST(NotifySender, ASecondaryThatNeverAnswersIsGivenUp) {
    Secondary secondary;
    NotifySender sender;
    sender.announce(zone_for({secondary.address()}), Ticks{});
    int sent = 0;
    std::vector<seconds> times;
    while (const auto due = sender.next_due()) {
        sender.send_due(*due);
        if (!secondary.receive()) continue;
        ++sent;
        times.push_back(std::chrono::duration_cast<seconds>(*due - Ticks{}));
    }
    EXPECT_EQ(sent, 5);
    EXPECT_THAT(times, ::testing::ElementsAre(seconds(0), seconds(2), seconds(6), seconds(14), seconds(30)));
}

TEST(NotifySender, AnotherChangeTakesThePlaceOfTheOneBefore) {
    Secondary secondary;
    NotifySender sender;
    sender.announce(zone_for({secondary.address()}), Ticks{});
    sender.announce(zone_for({secondary.address()}), Ticks{});
    PrimaryZoneOptions other = zone_for({secondary.address()});
    other.zone = *wire::Name::parse("other.example");
    sender.announce(other, Ticks{});
    sender.send_due(Ticks{});
    EXPECT_TRUE(read_question(*secondary.receive())->name == kZone);
    EXPECT_TRUE(read_question(*secondary.receive())->name == other.zone);
    EXPECT_FALSE(secondary.receive());
}

TEST(NotifySender, SecondariesAtIPv6) {
    Secondary secondary(AF_INET6);
    if (!secondary.bound()) GTEST_SKIP() << "no IPv6 here";
    NotifySender sender;
    sender.announce(zone_for({secondary.address()}), Ticks{});
    sender.send_due(Ticks{});
    const auto message = secondary.receive();
    ASSERT_TRUE(message);
    secondary.answer(*message);
    sender.read_answers();
    EXPECT_FALSE(sender.next_due());
}

}  // namespace
}  // namespace cenote::transfer
